// What the page makes of an answer to who it is, and of a refusal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '../../web/chat/marks.js';
import { parseMessage } from '../../web/chat/payload.js';
import { loginOf, refusalOf } from '../../web/chat/token.js';

const ANSWER = {
  mode: 'guest',
  user: '~k3aaaaaaaaaaaaaa',
  nickname: 'Aino',
  role: 'guest',
  clientId: 'page-1',
  presenceId: 'p1',
  token: 'a.b',
  connectBy: '2026-11-30T12:01:00Z',
  until: '2026-12-01T00:00:00Z',
};

test('a guest is who he said he is, under an id that the site gave', () => {
  const login = loginOf(ANSWER, 'Aino');
  assert.deepEqual(
    { ...login, goodMs: 0 },
    {
      clientId: 'page-1',
      presenceId: 'p1',
      username: '~k3aaaaaaaaaaaaaa',
      password: 'a.b',
      goodMs: 0,
      identity: { clientId: '~k3aaaaaaaaaaaaaa', own: [], nickname: 'Aino', bySite: false },
    },
  );
});

test('who has no nickname yet reads as a guest, and has none still', () => {
  assert.equal(loginOf({ ...ANSWER, nickname: 'guest' }, '')?.identity?.nickname, '');
  const site = { ...ANSWER, mode: 'site', user: '@ann', nickname: 'ann' };
  assert.deepEqual(loginOf(site, '')?.identity, {
    clientId: '@ann',
    own: [],
    nickname: 'ann',
    bySite: true,
  });
});

test('another token is there minutes before the connection ends, whatever the clock here says', () => {
  const goodFor = (/** @type {string} */ until) =>
    loginOf({ ...ANSWER, until }, 'Aino')?.goodMs ?? -1;
  const twelveHours = goodFor(ANSWER.until);
  assert.ok(twelveHours <= (12 * 60 - 6) * 60_000 && twelveHours >= (12 * 60 - 7) * 60_000);
  assert.equal(goodFor('2026-11-30T12:05:00Z'), 120_000, 'one that is short: half of it');
  assert.equal(goodFor('nonsense'), 0, 'never');
});

test('what is no such answer is none', () => {
  for (const name of ['user', 'token', 'clientId', 'presenceId', 'nickname']) {
    for (const value of [undefined, '', 7, null]) {
      assert.equal(loginOf({ ...ANSWER, [name]: value }, 'Aino'), null, name);
    }
  }
});

test('a refusal says what there is to do', () => {
  const signIn = refusalOf(401, { code: 'not_signed_in' }, null, 0);
  assert.equal(signIn.why, 'signIn');
  assert.match(String(signIn.line), /own sign-in/);
  const banned = { code: 'banned', until: null, reason: 'spam' };
  assert.equal(refusalOf(403, banned, null, 0).line, 'You are banned for good: \u2068spam\u2069.');
  const later = refusalOf(403, { ...banned, until: '2026-12-01T10:00:00Z', reason: '' }, null, 0);
  assert.match(String(later.line), /^You are banned until \u2068.*2026.*\u2069\.$/);
  const odd = refusalOf(
    403,
    { code: 'banned', until: 'x', reason: `\u202e${'a'.repeat(999)}` },
    null,
    0,
  );
  assert.ok(!odd.line?.includes('\u202e') && String(odd.line).length < 250);
});

test('too many wait as long as the server says, and not all the same', () => {
  const waits = [0, 1].map((random) => refusalOf(429, {}, '3', random).waitMs);
  assert.deepEqual(waits, [3000, 6000]);
  assert.equal(refusalOf(429, {}, 'soon', 0).waitMs, 5000);
});

test('of all else it is offline', () => {
  for (const status of [400, 403, 500, 502, 503]) {
    assert.deepEqual(refusalOf(status, { code: 'x' }, null, 0), { why: '' });
  }
});

test('the first character of an id says who has signed in and who is a guest', () => {
  const kinds = ['@ann', '~k3', 'ann@', 'a~', '', null].map(kindOf);
  assert.deepEqual(kinds, ['verified', 'guest', '', '', '', '']);
});

test("an id of a verified user's counts only where the broker vouches for it", () => {
  const bytes = (/** @type {string} */ clientId) =>
    new TextEncoder().encode(JSON.stringify({ nickname: 'Ann', text: 'hi', clientId }));
  assert.equal(parseMessage(bytes('@ann')), null);
  assert.equal(parseMessage(bytes('@ann'), true)?.clientId, '@ann');
  assert.equal(parseMessage(bytes('~k3'), true)?.clientId, '~k3');
});
