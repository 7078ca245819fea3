// What the operator says of a site: taken where it can be used, else the page's own.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { parseSite } from '../../web/chat/site.js';

const NOTHING = { title: '', welcome: '', room: '', language: '' };

/** @param {string} text */
function parsed(text) {
  const warn = mock.method(console, 'warn', () => {});
  const site = parseSite(text);
  warn.mock.restore();
  return { site, warnings: warn.mock.callCount() };
}

test('all members are optional, and others are ignored', () => {
  assert.deepEqual(parsed('{}'), { site: NOTHING, warnings: 0 });
  const site = { title: 'Club', welcome: 'Hi\nyou', room: 'lobby', language: 'de' };
  assert.deepEqual(parsed(JSON.stringify({ ...site, more: 1 })), { site, warnings: 0 });
});

test('a file that is no object gives the defaults, and says so', () => {
  for (const text of ['', '{', '[]', 'null', '"x"', '<html>']) {
    assert.deepEqual(parsed(text), { site: NOTHING, warnings: 1 }, text);
  }
});

test('a member that cannot be used does not take the others with it', () => {
  for (const bad of [
    { room: 'Lobby' },
    { room: ['lobby'] },
    { title: 'x'.repeat(81) },
    { welcome: 7 },
    { language: 'german' },
    { room: { toString: 'lobby' } },
  ]) {
    const { site, warnings } = parsed(JSON.stringify({ title: 'Club', room: 'lobby', ...bad }));
    assert.equal(warnings, 1, JSON.stringify(bad));
    const [name] = Object.keys(bad);
    assert.deepEqual(site, { ...NOTHING, title: 'Club', room: 'lobby', [name]: '' });
  }
});
