/** What was said is found: /api/search through nginx, from the receipt on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { http } from '../lib/http.js';
import { Sender } from '../lib/sender.js';
import { startStack, until } from '../lib/stack.js';

/** @typedef {{id: number, room: string, nickname: string, text: string, ts: string}} Message */
/** @typedef {Message & {snippet: {text: string, match?: true}[]}} Hit */

const said = /** @type {const} */ ([
  ['messages', 'Ann', 'The front door is open'],
  ['messages', 'Bob', 'Open the door at the Mökki, near the café'],
  ['lab', 'Ann Lee', 'door-bell AND <b>doorman</b>'],
  ['lab-2', '小明', '我爱聊天 door'],
  ['messages', 'Yuki', '今日は東京で会いましょう'],
  ['messages', 'Kim', '한국어 좋아요 👍🎉'],
  ['messages', 'Som', 'สวัสดีครับ'],
]);
const MANY = 700;

/** @type {import('../lib/stack.js').Stack} */
let stack;

/**
 * @param {string | Record<string, string>} query
 * @param {Record<string, string>} [headers]
 */
function ask(query, headers = {}) {
  const encoded = typeof query === 'string' ? query : `?${new URLSearchParams(query)}`;
  return http(stack.port, `/api/search${encoded}`, { headers });
}

/**
 * @param {string} q
 * @param {Record<string, string>} [more]
 * @returns {Promise<Hit[]>}
 */
async function search(q, more = {}) {
  const answer = await ask({ q, limit: '200', ...more });
  assert.equal(answer.status, 200, answer.body);
  return answer.json();
}

/** @param {string} q */
const texts = async (q) => (await search(q)).map(({ text }) => text);

/** The texts in `said` at these places. */
const told = (/** @type {number[]} */ ...at) => at.map((i) => said[i]?.[2]);

/** @param {{text: string, match?: true}[]} snippet */
const marked = (snippet) => snippet.map(({ text, match }) => (match ? `[${text}]` : text)).join('');

before(async () => {
  stack = await startStack();
  const client = await stack.client();
  for (const [room, nickname, text] of said) {
    await client.publishAsync(`chat/${room}`, JSON.stringify({ nickname, text }), { qos: 1 });
  }
  await until(async () => (await search('สวัสดี')).length === 1);
});
after(() => stack?.close());

/** Every kind of query, on the messages of `said`. */
async function findsAll() {
  for (const [q, ...at] of /** @type {[string, ...number[]][]} */ ([
    ['door', 0, 1, 2, 3],
    ['open DOOR', 0, 1],
    ['"front door"', 0],
    ['doorm*', 2],
    ['door -open', 2, 3],
    ['door -"front door" -from:bob', 2, 3],
    ['mokki', 1],
    ['CAFE', 1],
    ['and door', 2],
    ['from:"Ann Lee"', 2],
    ['from:ann', 0, 2],
    ['from:小明 door', 3],
    ['door in:lab', 2],
    ['in:lab-2', 3],
    ['聊天', 3],
    ['爱', 3],
    ['天聊'],
    ['東京', 4],
    ['会', 4],
    ['국어', 5],
    ['좋', 5],
    ['👍', 5],
    ['วัส', 6],
    ['ค', 6],
  ])) {
    assert.deepEqual(await texts(q), told(...at), q);
  }
}

test('it finds words, phrases, prefixes, people, rooms and every script', findsAll);

test('a hit is a message and a snippet that marks what matched, as plain text', async () => {
  const [hit] = await search('doorman');
  const { snippet, ...message } = /** @type {Hit} */ (hit);
  assert.deepEqual([message], await stack.history('room=lab'));
  assert.deepEqual(snippet, [
    { text: 'door-bell AND <b>' },
    { text: 'doorman', match: true },
    { text: '</b>' },
  ]);
  const snippets = async (/** @type {string} */ q) =>
    (await search(q)).map((h) => marked(h.snippet));
  assert.deepEqual(await snippets('聊天'), ['我爱[聊天] door']);
  assert.deepEqual(await snippets('mokki cafe'), ['Open the door at the [Mökki], near the [café]']);
  assert.deepEqual(await snippets('from:bob'), [said[1][2]]);
});

test('room narrows a search, and all rooms are looked through without it', async () => {
  const rooms = async (/** @type {Record<string, string>} */ more) =>
    (await search('door', more)).map(({ room }) => room);
  assert.deepEqual(await rooms({}), ['messages', 'messages', 'lab', 'lab-2']);
  assert.deepEqual(await rooms({ room: 'lab' }), ['lab']);
  assert.deepEqual((await search('door in:lab', { room: 'lab' })).length, 1);
  assert.equal((await ask({ q: 'door in:lab', room: 'messages' })).status, 400);
});

test('times bound a search', async () => {
  const all = await search('door');
  const [first, second] = all.map(({ ts }) => ts);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  assert.deepEqual(await search(`door before:${tomorrow} after:2020-01-01`), all);
  assert.deepEqual(await search(`door before:2020-01-01`), []);
  assert.deepEqual(await search(`door after:${tomorrow}`), []);
  assert.deepEqual(await search(`door before:${first}`), []);
  const since = await search(`door after:${second}`);
  assert.deepEqual(
    since.map(({ id }) => id),
    all.filter(({ ts }) => ts >= String(second)).map(({ id }) => id),
  );
});

/** @param {number} status @param {string} code @param {import('../lib/http.js').Answer} answer */
function assertError(status, code, answer) {
  assert.equal(answer.status, status, answer.body);
  assert.equal(answer.json().error.code, code);
  assert.ok(answer.json().error.message.length > 10);
}

test('what cannot be searched for is told', async () => {
  for (const query of ['', '?q=', '?q=%20', '?q=-door', '?q=!!!', '?q=%22', '?q=*', '?q=)']) {
    assertError(400, 'bad_query', await ask(query));
  }
  for (const q of ['do*', 'x in:Lab', 'x before:soon', 'a '.repeat(17), 'a'.repeat(1001)]) {
    assertError(400, 'bad_query', await ask({ q }));
  }
  assertError(400, 'bad_query', await ask('?q=%ff'));
  assertError(400, 'bad_query', await ask('?q=door%c3'));
  assertError(400, 'bad_query', await ask('?q=do%or'));
  assertError(400, 'bad_query', await ask('?q=do%00or'));
  assertError(400, 'repeated_parameter', await ask('?q=a&q=b'));
  assertError(400, 'unknown_parameter', await ask('?q=a&after=1'));
  assertError(400, 'bad_limit', await ask('?q=a&limit=201'));
  assertError(400, 'contradictory_parameters', await ask('?q=a+in:lab&room=lab-2'));
});

test('what is hostile is words like others', async () => {
  for (const q of [
    ...['NEAR(', 'NEAR(door, 2)', 'AND', 'OR door', 'x;--', "' OR 1=1 --", 'text:', '^door', '{a}'],
    ...['door"', '"""', 'a"b', '%s%n', '\\', 'room:lab', '-"', 'a'.repeat(1000), '一'.repeat(333)],
    ...['\u0001\u0002door\u0003', '\u202edoor', '🏳️‍🌈'],
  ]) {
    const { status, body } = await ask({ q });
    assert.ok(status === 200 || (status === 400 && /bad_query/.test(body)), `${q}: ${body}`);
  }
  const { status } = await ask({ q: 'x'.repeat(10_000) });
  assert.ok(status === 400 || status === 414, String(status));
  assert.deepEqual(await texts('OR door'), []);
  assert.deepEqual(await texts('door "'), told(0, 1, 2, 3));
});

test('a search that has not changed is 304, and HEAD has its head', async () => {
  const answer = await ask({ q: 'door' });
  const again = await ask({ q: 'door' }, { 'If-None-Match': String(answer.headers.etag) });
  assert.equal(again.status, 304);
  const head = await http(stack.port, '/api/search?q=door', { method: 'HEAD' });
  assert.equal(head.headers.etag, answer.headers.etag);
});

/** @param {string} q @param {number} limit */
async function walk(q, limit) {
  const seen = [];
  let query = `?${new URLSearchParams({ q, limit: String(limit) })}`;
  for (;;) {
    const answer = await ask(query);
    assert.equal(answer.status, 200, answer.body);
    seen.unshift(...answer.json().map((/** @type {Hit} */ { id }) => id));
    const [, to] = /^<([^>]*)>; rel="prev"$/.exec(String(answer.headers.link ?? '')) ?? [];
    if (!to) return seen;
    query = new URL(to, `${stack.root}/api/search`).search;
  }
}

test('what has its receipt is found, while the logger indexes and when it was killed', async () => {
  const sender = await Sender.open(stack, 'Carl', { room: 'flood' });
  for (let n = 1; n <= MANY; n++) {
    const msgId = sender.send();
    if (n % 50 > 0) continue;
    await until(() => sender.receipts.has(msgId));
    const id = sender.receipts.get(msgId)?.id;
    assert.deepEqual(
      (await search(`${n} in:flood`)).map((hit) => hit.id),
      [id],
    );
    if (n === 350) {
      await stack.kill('logger');
      await stack.start('logger');
    }
  }
  await sender.settle();
  const indexed = () => Number(stack.sql('SELECT indexed_id FROM search_state')[0]?.indexed_id);
  await until(() => indexed() > 0, undefined, 'the logger indexes what waits');
  assert.ok(indexed() < MANY, 'a tail is left');
  await findsAll();
});

test('following Link gives every match once', async () => {
  const ids = stack
    .sql("SELECT id FROM messages WHERE room = 'flood' ORDER BY id")
    .map(({ id }) => id);
  assert.equal(ids.length, MANY);
  for (const limit of [7, 100, 200]) assert.deepEqual(await walk('from:carl', limit), ids);
  assert.equal((await walk('door -"小明 door"', 1)).length, 4);
  const longest = `door${'\u3000'.repeat(332)}`; // three times as long in the head of the answer
  assert.equal((await walk(longest, 1)).length, 4);
});
