// The search, as far as it needs no browser: what is asked, and what an answer has to be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryOf, takeFilters, withFilter } from '../../web/chat/filters.js';
import { createSearch, hasPrevious, parseMatches } from '../../web/chat/search.js';

const BASE = new URL('http://chat.example/team/api/');
const MATCH = {
  id: 7,
  room: 'lab',
  nickname: 'Bo',
  text: 'the door',
  clientId: null,
  msgId: null,
  ts: '2026-01-01T00:00:00.000Z',
  snippet: [
    { text: 'the ', match: false },
    { text: 'door', match: true },
  ],
};

/** @param {Response} response */
function answering(response) {
  /** @type {string[]} */
  const asked = [];
  const search = createSearch(BASE, async (url) => {
    asked.push(String(url));
    return response;
  });
  return { search, asked };
}

test('a search asks below the prefix of the page, with what was given', async () => {
  const { search, asked } = answering(Response.json([MATCH], { headers: { Link: '' } }));
  assert.deepEqual(await search({ q: '"a b" -c', room: 'lab', before: 9 }), {
    matches: [MATCH],
    older: false,
  });
  const url = new URL(asked[0]);
  assert.equal(url.pathname, '/team/api/search');
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    q: '"a b" -c',
    room: 'lab',
    before: '9',
    limit: '20',
  });
});

test('a link to older matches is seen', () => {
  assert.ok(hasPrevious('</api/search?before=3>; rel="prev", </x>; rel="next"'));
  assert.ok(hasPrevious('</api/search>;rel=prev'));
  assert.ok(!hasPrevious('</api/search?q=prev>; rel="next"') && !hasPrevious(null));
});

test('what the server says of a bad query is passed on', async () => {
  const error = { error: { code: 'bad_q', message: 'a phrase is not closed' } };
  const { search } = answering(Response.json(error, { status: 400 }));
  await assert.rejects(search({ q: '"a' }), { message: '400, a phrase is not closed' });
});

test('an answer that is no page of matches is an error, not an empty list', async () => {
  for (const bad of [{}, [{ ...MATCH, snippet: '<b>' }], [{ ...MATCH, snippet: [{}] }]]) {
    await assert.rejects(answering(Response.json(bad)).search({ q: 'x' }), /not a page of matches/);
  }
  for (const room of ['', '../x', 'javascript:', 7]) {
    assert.equal(parseMatches([{ ...MATCH, room }]), null);
  }
  const plain = { ...MATCH, snippet: [{ text: 'x' }] };
  assert.deepEqual(parseMatches([plain])?.[0].snippet, [{ text: 'x', match: false }]);
  assert.deepEqual(parseMatches([]), []);
});

test('operators become filters; what the server would refuse stays to be mended', () => {
  assert.deepEqual(takeFilters('door from:ann -from:"Ann Lee" in:lab after:2026-01-01'), {
    filters: [
      { kind: 'from', value: 'ann' },
      { kind: 'notFrom', value: 'Ann Lee' },
      { kind: 'in', value: 'lab' },
      { kind: 'after', value: '2026-01-01' },
    ],
    words: 'door',
  });
  for (const text of [
    'in:Lab',
    '-in:lab',
    'before:yesterday',
    'after:2026-13-01',
    'from:',
    'from:"ann',
    'afrom:ann',
    'a  b',
  ]) {
    assert.deepEqual(takeFilters(text), { filters: [], words: text });
  }
});

test('one room and two days hold at a time, and several names', () => {
  const texts = ['in:lab', 'from:ann', 'in:tea', 'from:bo', 'from:ann', 'after:2026-01-01'];
  const filters = texts.flatMap((text) => takeFilters(text).filters).reduce(withFilter, []);
  const midnight = new Date(2026, 0, 1).toISOString();
  assert.equal(queryOf(filters, ' door '), `in:tea from:bo from:ann after:${midnight} door`);
  assert.equal(queryOf([{ kind: 'notFrom', value: 'Ann "A" Lee' }], ''), '-from:"Ann  A  Lee"');
});
