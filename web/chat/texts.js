// What the page says, in the language of its reader.

import { UNREAD_MAX } from './room.js';
import { english } from './texts-en.js';

/** Only the one that is read is loaded. */
const catalogues = { en: () => english, fi: async () => (await import('./texts-fi.js')).finnish };

/** @typedef {keyof typeof catalogues} Language */
/** @typedef {ReturnType<typeof toolsFor>} Tools what a catalogue writes numbers and names with */

/**
 * Made when it is needed first: what formats takes a browser milliseconds to make, and the history
 * would have to wait for it.
 * @template T
 * @param {() => T} make
 */
export function lazy(make) {
  /** @type {T | undefined} */
  let made;
  return () => {
    made ??= make();
    return made;
  };
}

/** @param {string} locale */
export function toolsFor(locale) {
  const numbers = lazy(() => new Intl.NumberFormat(locale));
  const rules = lazy(() => new Intl.PluralRules(locale));
  const lists = lazy(() => new Intl.ListFormat(locale));
  // A name's direction must not turn the sentence around it.
  const isolate = (/** @type {string} */ name) => `\u2068${name}\u2069`;
  return {
    isolate,
    number: (/** @type {number} */ value) => numbers().format(value),
    upTo: (/** @type {number} */ value) =>
      numbers().format(Math.min(value, UNREAD_MAX)) + (value > UNREAD_MAX ? '+' : ''),
    list: (/** @type {string[]} */ names) => lists().format(names.map(isolate)),
    /** @param {number} count @param {{one: string, other: string}} forms */
    plural(count, forms) {
      const form = rules().select(count) === 'one' ? forms.one : forms.other;
      return `${numbers().format(count)} ${form}`;
    },
  };
}

/**
 * The first language that there is a catalogue for; its region, if it has one, is kept for dates.
 * @param {readonly string[]} wanted as in navigator.languages
 * @returns {{language: Language, locale: string}}
 */
export function chooseLanguage(wanted) {
  for (const locale of wanted) {
    const language = locale.toLowerCase().split('-')[0];
    if (language === 'en' || language === 'fi') return { language, locale };
  }
  return { language: 'en', locale: 'en-GB' };
}

export const { language, locale } = chooseLanguage(globalThis.navigator?.languages ?? []);

/** @type {import('./texts-en.js').Texts} */
export const texts = (await catalogues[language]())(toolsFor(locale));
