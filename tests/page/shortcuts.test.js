// Shortcuts on keyboards that write other letters.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latinKey } from '../../web/chat/shortcuts.js';

/** @type {[string, string, string, boolean?][]} what it is, what the key writes, where it is, with Shift */
const KEYS = [
  ['k', 'k', 'KeyK'],
  ['k', 'K', 'KeyK'],
  ['k', 'k', 'KeyV'], // Dvorak
  ['t', 't', 'KeyK'], // Dvorak
  ['k', 'л', 'KeyK'], // Cyrillic
  ['k', 'κ', 'KeyK'], // Greek
  ['w', 'ς', 'KeyW'],
  ['k', 'ן', 'KeyK'], // Hebrew
  ['/', 'ظ', 'Slash'], // Arabic
  ['?', '؟', 'Slash', true],
  [',', 'و', 'Comma'],
  ['/', '/', 'Digit7', true], // Nordic
  [',', ',', 'Slash', true], // Russian: what it writes
  ['ö', 'ö', 'Semicolon'],
  ['End', 'End', 'End'],
  ['ArrowUp', 'ArrowUp', 'ArrowUp'],
];

for (const [wanted, key, code, shiftKey = false] of KEYS) {
  test(`${key} at ${code} is ${wanted}`, () => {
    assert.equal(latinKey({ key, code, shiftKey }), wanted);
  });
}
