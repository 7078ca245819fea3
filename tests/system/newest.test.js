/** What has its receipt is in the next answer, although each thread of the responder has a cache. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { http } from '../lib/http.js';
import { startStack } from '../lib/stack.js';

const PAGE = 'messages?room=newest&limit=1';

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
  await client.subscribeAsync('chat/newest/stored', { qos: 1 });
  // Others ask for the same all the time, so that every thread has it in its cache.
  let asking = true;
  const crowd = Array.from({ length: 8 }, async (_, n) => {
    while (asking) await get(n % 2 ? PAGE : 'rooms');
  });
  let etag = '';
  try {
    for (let n = 1; n <= 100; n++) {
      const stored = new Promise((resolve) => client.once('message', resolve));
      await client.publishAsync('chat/newest', `message ${n}`, { qos: 1 });
      await stored;
      const [page, rooms] = await Promise.all([get(PAGE, { 'If-None-Match': etag }), get('rooms')]);
      assert.equal(page.status, 200);
      assert.equal(page.json()[0].text, `message ${n}`);
      assert.equal(rooms.json()[0].messages, n);
      etag = String(page.headers.etag);
      assert.equal((await get(PAGE, { 'If-None-Match': etag })).status, 304);
    }
  } finally {
    asking = false;
    await Promise.all(crowd);
  }
});
