// Which of the page's languages its reader gets. Pure.

/** Those that there is a catalogue for. */
export const LANGUAGES = /** @type {const} */ (['en', 'fi', 'de', 'ar']);

/** @typedef {(typeof LANGUAGES)[number]} Language */

/** @param {string} locale @returns {Language | undefined} */
function languageOf(locale) {
  const [language] = locale.toLowerCase().split('-');
  return LANGUAGES.find((known) => known === language);
}

/** @param {string} locale */
export const isKnown = (locale) => languageOf(locale) !== undefined;

/**
 * What the reader wants, in order. The browser's locale of the language that was set is first, since
 * it may name a region.
 * @param {string} set in the settings, or 'system'
 * @param {readonly string[]} [browser] as in navigator.languages
 */
export function wantedLanguages(set, browser = []) {
  if (set === 'system') return browser;
  return [...browser.filter((locale) => languageOf(locale) === set), set];
}

/**
 * The first language that there is a catalogue for; its region, if it has one, is kept for dates.
 * @param {readonly string[]} wanted
 * @param {string} [otherwise] the site's, for who wants none of them
 * @returns {{language: Language, locale: string}}
 */
export function chooseLanguage(wanted, otherwise = '') {
  for (const locale of [...wanted, otherwise]) {
    const language = languageOf(locale);
    if (language) return { language, locale };
  }
  return { language: 'en', locale: 'en-GB' };
}

/** @param {Language} language */
export const directionOf = (language) => (language === 'ar' ? 'rtl' : 'ltr');
