/** What has its receipt is in the next answer, although answers are kept and revalidated. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { http } from '../lib/http.js';
import { startStack } from '../lib/stack.js';

const TIMES = 300;
const QUERIES = ['room=newest', 'room=newest&limit=1', 'room=newest&limit=200'];

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack();
});
after(() => stack?.close());

/** @param {string} target @param {Record<string, string>} [headers] */
const get = (target, headers) => http(stack.port, `/api/${target}`, { headers });

test('after each receipt the next page, from whichever thread, has the message', async () => {
  const client = await stack.client();
  /** @type {(receipt: {id: number}) => void} */
  let arrived = () => {};
  client.on('message', (_, payload) => arrived(JSON.parse(payload.toString()).at(-1)));
  await client.subscribeAsync('chat/newest/stored', { qos: 1 });

  // Others ask for the same pages all the time, so that every thread has them.
  let asking = true;
  const crowd = QUERIES.flatMap((query) => [query, query]).map(async (query) => {
    while (asking) await fetch(`${stack.root}/api/messages?${query}`).then((a) => a.arrayBuffer());
  });
  let etag = '';
  for (let n = 0; n < TIMES; n++) {
    const receipt = new Promise((resolve) => {
      arrived = resolve;
    });
    await client.publishAsync('chat/newest', `message ${n}`, { qos: 1 });
    const { id } = await receipt;
    const [page, rooms, again] = await Promise.all([
      get(`messages?${QUERIES[n % QUERIES.length]}`),
      get('rooms'),
      get(`messages?${QUERIES[0]}`, { 'If-None-Match': etag }),
    ]);
    assert.equal(page.json().at(-1).id, id);
    assert.equal(rooms.json()[0].lastId, id);
    assert.equal(rooms.json()[0].messages, n + 1);
    assert.equal(again.status, 200);
    assert.notEqual(again.headers.etag, etag);
    etag = String(again.headers.etag);
    const still = await get(`messages?${QUERIES[0]}`, { 'If-None-Match': etag });
    assert.equal(still.status, 304);
  }
  asking = false;
  await Promise.all(crowd);
});
