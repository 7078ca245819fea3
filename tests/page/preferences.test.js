// Preferences and times: only known values, whatever is stored; and a day as people call it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { CHOICES, parsePreferences } from '../../web/chat/preferences.js';
import { locale } from '../../web/chat/texts.js';
import { dayLineText, hourText, setHours } from '../../web/chat/times.js';

const DEFAULTS = {
  theme: 'system',
  size: 'normal',
  hours: 'system',
  density: 'roomy',
  announce: 'on',
  sound: 'off',
  keys: 'on',
  notify: 'off',
  language: 'system',
};

test('without a stored value the defaults hold', () => {
  for (const stored of ['', 'null', '7', '[]', '{', '"dark"']) {
    assert.deepEqual(parsePreferences(stored), DEFAULTS);
  }
});

test('known values are kept, others and unknown names are not', () => {
  const stored = JSON.stringify({ theme: 'dark', size: '"><script>', hours: 24, more: 1 });
  assert.deepEqual(parsePreferences(stored), { ...DEFAULTS, theme: 'dark' });
});

test('whatever is stored, only known values come out', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (stored) => {
      for (const [name, value] of Object.entries(parsePreferences(stored))) {
        const known = /** @type {readonly string[]} */ (CHOICES[/** @type {'theme'} */ (name)]);
        assert.ok(known.includes(value));
      }
    }),
  );
});

test('the clock has 12 or 24 hours as set', () => {
  const evening = new Date(2026, 2, 1, 21, 5);
  setHours('12');
  assert.match(hourText(evening), /^0?9[:.]05/);
  setHours('24');
  assert.match(hourText(evening), /^21[:.]05$/);
  setHours('system');
});

test('the clock is as set also where the language has the other one', () => {
  const times = new URL('../../web/chat/times.js', import.meta.url);
  const script = `
    globalThis.navigator ??= {};
    Object.defineProperty(navigator, 'languages', { value: ['en-US'] });
    const { hourText, setHours } = await import('${times}');
    for (const hours of ['system', '12', '24']) {
      setHours(hours);
      console.log(hourText(new Date(2026, 2, 1, 21, 5)));
    }`;
  const args = ['--input-type=module', '--eval', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.match(stdout, /^9:05\sPM\n9:05\sPM\n21:05\n$/);
});

test('today and yesterday are called so, other days by their date', () => {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const now = new Date(2026, 0, 1, 0, 30);
  assert.equal(dayLineText(new Date(2026, 0, 1), now), relative.format(0, 'day'));
  assert.equal(dayLineText(new Date(2025, 11, 31, 23, 59), now), relative.format(-1, 'day'));
  assert.match(dayLineText(new Date(2025, 11, 30), now), /30.*2025/);
  assert.doesNotMatch(dayLineText(new Date(2026, 0, 1), new Date(2026, 5, 1)), /2026/);
});
