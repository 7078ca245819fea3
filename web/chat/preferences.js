// What the user has set for this browser: read before the page is painted, applied as attributes of
// the root element, which the style sheet knows. Whatever storage holds, only known values come out.

import { chooseLanguage, directionOf, LANGUAGES, wantedLanguages } from './language.js';
import { site } from './site.js';
import { readItem, writeItem } from './storage.js';

const STORAGE_KEY = 'chat.preferences';

/** The first value of each is its default. */
export const CHOICES = /** @type {const} */ ({
  theme: ['system', 'light', 'dark'],
  size: ['normal', 'small', 'large', 'huge'],
  hours: ['system', '12', '24'],
  density: ['roomy', 'compact'],
  announce: ['on', 'off'],
  sound: ['off', 'on'],
  keys: ['on', 'off'],
  notify: ['off', 'mentions', 'all'],
  language: ['system', ...LANGUAGES],
});

/** @typedef {keyof typeof CHOICES} Name */
/** @typedef {{[K in Name]: (typeof CHOICES)[K][number]}} Preferences */

const NAMES = /** @type {Name[]} */ (Object.keys(CHOICES));

/** @param {string} stored @returns {Record<string, unknown>} */
function parseObject(stored) {
  try {
    return Object(JSON.parse(stored));
  } catch {
    return {};
  }
}

/**
 * @param {string} stored
 * @returns {Preferences}
 */
export function parsePreferences(stored) {
  const values = parseObject(stored);
  const pick = (/** @type {Name} */ name) =>
    CHOICES[name].find((choice) => choice === values[name]) ?? CHOICES[name][0];
  return /** @type {Preferences} */ (Object.fromEntries(NAMES.map((name) => [name, pick(name)])));
}

let current = parsePreferences(readItem(STORAGE_KEY));

/** @type {Set<(preferences: Preferences) => void>} */
const listeners = new Set();

export const preferences = () => current;

/** @param {(preferences: Preferences) => void} listener called now and after each change */
export function onPreferences(listener) {
  listeners.add(listener);
  listener(current);
}

/** @param {Preferences} next */
function apply(next) {
  current = next;
  for (const listener of listeners) listener(current);
}

/**
 * @param {Name} name
 * @param {string} value
 * @returns {boolean} whether it is kept for the next visit
 */
export function setPreference(name, value) {
  apply(parsePreferences(JSON.stringify({ ...current, [name]: value })));
  return writeItem(STORAGE_KEY, JSON.stringify(current));
}

/** The colour of the browser's own frame follows the theme. @param {Preferences} preferences */
function applyFrame({ theme }) {
  for (const meta of document.querySelectorAll('meta[name=theme-color]')) {
    if (!(meta instanceof HTMLMetaElement)) continue;
    const { scheme } = meta.dataset;
    const system = `(prefers-color-scheme: ${scheme})`;
    const media = theme === 'system' ? system : theme === scheme ? 'all' : 'not all';
    if (meta.media !== media) meta.media = media;
  }
}

/** The languages that the reader wants, the first one most. */
export const wanted = () => wantedLanguages(current.language, globalThis.navigator?.languages);

if (globalThis.document) {
  const { language: lang } = chooseLanguage(wanted(), site().language);
  Object.assign(document.documentElement, { lang, dir: directionOf(lang) });
  onPreferences(({ theme, size, density }) => {
    Object.assign(document.documentElement.dataset, { theme, size, density });
  });
  onPreferences(applyFrame);
  addEventListener('storage', ({ key, newValue }) => {
    if (key === STORAGE_KEY) apply(parsePreferences(newValue ?? ''));
  });
}
