// The catalogues: complete, alike, and chosen by what the browser asks for.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { catalogues, chooseLanguage, toolsFor } from '../../web/chat/texts.js';

const english = new Map(Object.entries(catalogues.en(toolsFor('en'))));
const finnish = new Map(Object.entries(catalogues.fi(toolsFor('fi'))));

test('both languages have the same keys, and no empty text', () => {
  assert.deepEqual([...finnish.keys()], [...english.keys()]);
  for (const [key, text] of [...english, ...finnish]) assert.notEqual(text, '', key);
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

test('both languages say all that they are given', () => {
  for (const [key, text] of english) {
    assert.deepEqual(placeholders(finnish.get(key)), placeholders(text), key);
    assert.ok(placeholders(text)?.every(Boolean) ?? true, `${key} leaves out an argument`);
  }
});

test('every text is used, and every text that index.html names exists', () => {
  const folder = new URL('../../web/chat/', import.meta.url);
  const read = (/** @type {string} */ name) => readFileSync(new URL(name, folder), 'utf8');
  const files = readdirSync(folder).filter((name) => /^(?!mqtt|texts-).*\.(js|html)$/.test(name));
  const source = files.map(read).join('\n');
  for (const [, key] of read('index.html').matchAll(/data-(?:text|label)="(\w+)"/g)) {
    assert.equal(typeof english.get(key), 'string', key);
  }
  for (const key of english.keys()) {
    assert.match(source, new RegExp(`texts\\.${key}\\b|["']${key}["']`), `${key} is not used`);
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
  assert.equal(chooseLanguage(['fil', 'de']).language, 'en');
  assert.equal(chooseLanguage([]).language, 'en');
});
