// What the page says, in the language of its reader.

import { chooseLanguage, isKnown } from './language.js';
import { wanted } from './preferences.js';
import { UNREAD_MAX } from './room.js';
import { firstSite } from './site.js';
import { english } from './texts-en.js';

/** @typedef {import('./texts-en.js').Texts} Texts */

/**
 * Only the one that is read is loaded.
 * @type {Record<import('./language.js').Language, () => Promise<Catalogue>>}
 */
const catalogues = {
  en: async () => /** @type {Catalogue} */ (english),
  fi: async () => (await import('./texts-fi.js')).finnish,
  de: async () => (await import('./texts-de.js')).german,
  ar: async () => (await import('./texts-ar.js')).arabic,
};

/** @typedef {(tools: Tools) => Texts} Catalogue */
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
    /**
     * A count and its noun, in one of the forms that Unicode has: some languages know six.
     * @param {number} count
     * @param {{other: string} & Partial<Record<Intl.LDMLPluralRule, string>>} forms
     */
    plural(count, forms) {
      const form = forms[rules().select(count)] ?? forms.other;
      return `${numbers().format(count)} ${form}`;
    },
  };
}

/** The site's language is for who reads none of the others. */
const otherwise = wanted().some(isKnown) ? '' : (await firstSite()).language;

export const { language, locale } = chooseLanguage(wanted(), otherwise);

const tools = toolsFor(locale);

export const texts = (await catalogues[language]())(tools);

/**
 * English comes in two parts; the other languages have all in one.
 * @param {(tools: Tools) => Partial<Texts>} later
 */
export function addEnglish(later) {
  if (language === 'en') Object.assign(texts, later(tools));
}
