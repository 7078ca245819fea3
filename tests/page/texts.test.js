// The catalogues: complete, alike, and chosen by what the browser asks for.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chooseLanguage, LANGUAGES, wantedLanguages } from '../../web/chat/language.js';
import { toolsFor } from '../../web/chat/texts.js';
import { arabic as inArabic } from '../../web/chat/texts-ar.js';
import { german as inGerman } from '../../web/chat/texts-de.js';
import { english as inEnglish } from '../../web/chat/texts-en.js';
import { englishLater } from '../../web/chat/texts-en-later.js';
import { finnish as inFinnish } from '../../web/chat/texts-fi.js';

/** @typedef {(tools: import('../../web/chat/texts.js').Tools) => object} Part of a catalogue */

/** @param {Part} catalogue @param {string} locale */
const said = (catalogue, locale) => new Map(Object.entries(catalogue(toolsFor(locale))));

const first = said(inEnglish, 'en');
const later = said(englishLater, 'en');
const english = new Map([...first, ...later]);
const finnish = said(inFinnish, 'fi');
const german = said(inGerman, 'de');
const arabic = said(inArabic, 'ar');
const others = Object.entries({ fi: finnish, de: german, ar: arabic });

test('all languages have the same keys, in the same order, and no empty text', () => {
  assert.deepEqual(['en', ...others.map(([language]) => language)], [...LANGUAGES]);
  for (const [language, texts] of others) {
    assert.deepEqual([...texts.keys()], [...english.keys()], language);
    for (const [key, text] of texts) assert.notEqual(text, '', `${language}: ${key}`);
  }
});

/** What reads the same in English: words that both have, and signs. */
const ALIKE = /^(site|offline|size\w*|hours\w*|keysHint|textCount|in|title\w*|notificationTitle)$/;

test('no text was left in English', () => {
  for (const [language, texts] of others) {
    for (const [key, text] of texts) {
      if (typeof text !== 'string' || ALIKE.test(key)) continue;
      assert.notEqual(text, english.get(key), `${language}: ${key}`);
      if (language === 'ar') assert.match(text, /\p{Script=Arabic}/u, key);
    }
  }
});

/** Values that can be told in whatever is made of them. */
const VALUES = [71, 83, 97];

/**
 * Which of the arguments show in what the text says of them.
 * @param {unknown} text
 */
function placeholders(text) {
  if (typeof text !== 'function') return null;
  const list = /names/.test(String(text));
  const values = VALUES.slice(0, text.length).map((value) => (list ? [`name${value}`] : value));
  const said = String(text(...values));
  return VALUES.slice(0, text.length).map((value) => said.includes(String(value)));
}

test('all languages say all that they are given', () => {
  for (const [key, text] of english) {
    for (const [language, texts] of others) {
      assert.deepEqual(placeholders(texts.get(key)), placeholders(text), `${language}: ${key}`);
    }
    assert.ok(placeholders(text)?.every(Boolean) ?? true, `${key} leaves out an argument`);
  }
});

const folder = new URL('../../web/chat/', import.meta.url);
const read = (/** @type {string} */ name) => readFileSync(new URL(name, folder), 'utf8');
const uses = (/** @type {string} */ key) => new RegExp(`texts\\.${key}\\b|["']${key}["']`);

test('every text is used, and every text that index.html names exists', () => {
  const files = readdirSync(folder).filter((name) => /^(?!mqtt|texts-).*\.(js|html)$/.test(name));
  const source = files.map(read).join('\n');
  for (const [, key] of read('index.html').matchAll(/data-(?:text|label)="(\w+)"/g)) {
    assert.equal(typeof english.get(key), 'string', key);
  }
  for (const key of english.keys()) assert.match(source, uses(key), `${key} is not used`);
});

test('what the page says before extras.js has come is in the first part of English', () => {
  const needed = new Set(['main.js', 'first-visit.js', 'token.js']);
  for (const name of needed) {
    const imports = read(name).matchAll(
      /^(?:import|export)\b(?:[^;]*? from)? '\.\/([\w-]+\.js)'/gm,
    );
    for (const [, other] of imports) needed.add(other);
  }
  assert.ok(needed.has('row.js') && !needed.has('extras.js'));
  const source = [...needed].map(read).join('\n') + read('index.html');
  for (const key of later.keys()) {
    assert.doesNotMatch(source, new RegExp(`texts\\.${key}\\b|data-\\w+="${key}"`), key);
  }
});

test('one and many are told apart', () => {
  const say = (/** @type {typeof english} */ catalogue, /** @type {number} */ count) =>
    /** @type {(count: number) => string} */ (catalogue.get('matches'))(count);
  assert.equal(say(english, 1), '1 match');
  assert.equal(say(english, 0), '0 matches');
  assert.equal(say(english, 12_345), '12,345 matches');
  assert.equal(say(finnish, 1), '1 osuma');
  assert.equal(say(finnish, 12_345), '12\u00a0345 osumaa');
  assert.equal(say(german, 12_345), '12.345 Treffer');
});

test('Arabic has six forms: one and two say their number, and others follow it', () => {
  const people = /** @type {(count: number) => string} */ (arabic.get('peopleCount'));
  const counts = [0, 1, 2, 3, 11, 100];
  assert.deepEqual(counts.map(people), [
    '0 شخص هنا',
    'شخص واحد هنا',
    'شخصان هنا',
    '3 أشخاص هنا',
    '11 شخصًا هنا',
    '100 شخص هنا',
  ]);
});

test('a language that lacks a form has its other one', () => {
  const { plural } = toolsFor('ar');
  assert.equal(plural(2, { other: 'x' }), '2 x');
  assert.equal(plural(0, { zero: 'none', other: 'x' }), '0 none');
});

test('a name that is written from right to left stays where it belongs', () => {
  const typing = /** @type {(names: string[]) => string} */ (english.get('typing'));
  assert.equal(typing(['שלום', 'Bob']), '\u2068שלום\u2069 and \u2068Bob\u2069 are typing…');
  assert.equal(typing(['Aino']), '\u2068Aino\u2069 is typing…');
});

test('the first language of the browser that is known is chosen, else English', () => {
  assert.deepEqual(chooseLanguage(['sv', 'fi-FI', 'en']), { language: 'fi', locale: 'fi-FI' });
  assert.deepEqual(chooseLanguage(['en-US', 'fi']), { language: 'en', locale: 'en-US' });
  assert.deepEqual(chooseLanguage(['FI']), { language: 'fi', locale: 'FI' });
  assert.deepEqual(chooseLanguage(['ar-EG']), { language: 'ar', locale: 'ar-EG' });
  assert.equal(chooseLanguage(['fil', 'de']).language, 'de');
  assert.equal(chooseLanguage(['fil', 'sv']).language, 'en');
  assert.equal(chooseLanguage([]).language, 'en');
});

test("the site's language is for who reads none of the others", () => {
  assert.equal(chooseLanguage(['sv'], 'de').language, 'de');
  assert.equal(chooseLanguage(['fi'], 'de').language, 'fi');
  assert.equal(chooseLanguage(['sv'], 'xx').language, 'en');
});

test('the language of the settings wins, with the region that the browser names', () => {
  const browser = ['en-US', 'ar-EG', 'fi'];
  assert.deepEqual(wantedLanguages('system', browser), browser);
  assert.equal(chooseLanguage(wantedLanguages('ar', browser)).locale, 'ar-EG');
  assert.equal(chooseLanguage(wantedLanguages('de', browser)).locale, 'de');
  assert.equal(chooseLanguage(wantedLanguages('de')).language, 'de');
});
