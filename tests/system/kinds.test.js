/** What people take for the same is found, whoever sent it in whichever form. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { http } from '../lib/http.js';
import { startStack, until } from '../lib/stack.js';

/** @typedef {{text: string, nickname: string, snippet: {text: string, match?: true}[]}} Hit */

const ENOUGH_TO_INDEX = 600;

/** A row of the vectors is looked for in both directions. */
const rows = readFileSync(new URL('../vectors/search-kinds.tsv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .flatMap((line) => {
    const [what = '', text = '', query = ''] = line.split('\t');
    const row = { what, text, query, found: !what.startsWith('!') };
    return what.startsWith('>') ? [row] : [row, { ...row, text: query, query: text }];
  });

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** @type {import('mqtt').MqttClient} */
let client;

/** @param {string} q @returns {Promise<Hit[]>} */
async function search(q) {
  const answer = await http(stack.port, `/api/search?${new URLSearchParams({ q })}`);
  assert.equal(answer.status, 200, answer.body);
  return answer.json();
}

/** @param {string} room @param {string} nickname @param {string} text */
const say = (room, nickname, text) =>
  client.publishAsync(`chat/${room}`, JSON.stringify({ nickname, text }), { qos: 1 });

before(async () => {
  stack = await startStack();
  client = await stack.client();
  for (const [i, { text }] of rows.entries()) await say(`row-${i}`, text, text);
  await say('messages', 'Ann', 'the last one');
  await until(async () => (await search('last')).length === 1);
});
after(() => stack?.close());

async function findsAll() {
  for (const [i, { what, text, query, found }] of rows.entries()) {
    for (const q of [query, `"${query}"`, `from:"${query}"`]) {
      const hits = await search(`in:row-${i} ${q}`);
      assert.equal(hits.length, found ? 1 : 0, `${what}: ${text} by ${q}`);
    }
  }
}

test('every kind is found before it is indexed', async () => {
  assert.ok(rows.length > 150);
  await findsAll();
});

test('a snippet is what was said, with what matched in it', async () => {
  for (const [i, { what, text, query, found }] of rows.entries()) {
    if (!found) continue;
    const [hit] = await search(`in:row-${i} ${query}`);
    assert.equal(hit?.snippet.map((part) => part.text).join(''), text, what);
    assert.ok(
      hit?.snippet.some(({ match }) => match),
      what,
    );
  }
});

test('every kind is found in the index', async () => {
  for (let n = 0; n < ENOUGH_TO_INDEX; n++) await say('messages', 'Ann', `${n}`);
  const indexed = () => Number(stack.sql('SELECT indexed_id FROM search_state')[0]?.indexed_id);
  await until(() => indexed() >= rows.length, undefined, 'the logger indexes what waits');
  await findsAll();
});
