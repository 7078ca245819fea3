/** What nginx keeps of the API's answers: while nothing new is stored, and no longer. */
import assert from 'node:assert/strict';
import { readdirSync, realpathSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { http } from '../lib/http.js';
import { startStack, until } from '../lib/stack.js';

const ASKED = 50;

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** @type {import('mqtt').MqttClient} */
let client;
before(async () => {
  stack = await startStack();
  client = await stack.client();
  await say('the first');
});
after(async () => {
  client?.end(true);
  await stack?.close();
});

/** @param {string} text */
async function say(text) {
  await client.publishAsync('chat/messages', text, { qos: 1 });
  await until(async () => (await stack.history('limit=1'))[0]?.text === text);
}

/** @param {string} query @param {string} [method] @param {Record<string, string>} [headers] */
const page = (query, method = 'GET', headers = {}) =>
  http(stack.port, `/api/messages?${query}`, { method, headers });

/** How many requests for messages the responder has answered. */
async function answered() {
  const { body } = await http(stack.port, '/api/metrics');
  const lines = body.matchAll(/^mqtt_chat_http_requests_total\{.*"\/messages".*\} (\d+)/gm);
  return Array.from(lines, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
}

/** How many of so many equal requests, one after the other, got to the responder. @param {() => Promise<{status: number}>} ask */
async function reached(ask) {
  const earlier = await answered();
  for (let n = 0; n < ASKED; n++) assert.equal((await ask()).status, 200);
  return (await answered()) - earlier;
}

test('a page that many ask for is asked of the responder a few times', async () => {
  const count = await reached(() => page('limit=20'));
  assert.ok(count < ASKED, `${count} of ${ASKED}`);
});

test('a kept page has what a fresh one has', async () => {
  const fresh = await page('limit=2&room=messages');
  await page('limit=2&room=messages');
  const kept = await page('limit=2&room=messages');
  assert.deepEqual({ ...kept.headers, date: '' }, { ...fresh.headers, date: '' });
  assert.deepEqual(kept.json(), fresh.json());
  const etag = String(kept.headers.etag);
  const unchanged = await page('limit=2&room=messages', 'GET', { 'If-None-Match': etag });
  assert.equal(unchanged.status, 304);
  const head = await page('limit=2&room=messages', 'HEAD');
  assert.equal(head.status, 200);
  assert.equal(head.headers['content-length'], kept.headers['content-length']);
  assert.equal(head.body.length, 0);
  assert.deepEqual((await page('limit=2&room=messages')).json(), fresh.json());
});

test('errors are not kept', async () => {
  const earlier = await answered();
  for (let n = 0; n < 5; n++) assert.equal((await page('limit=0')).status, 400);
  assert.equal((await answered()) - earlier, 5);
});

test('pages within the history, which are many, are not kept', async () => {
  assert.equal(await reached(() => page('around=1')), ASKED);
  assert.equal(await reached(() => page('room=messages&before=2')), ASKED);
});

test('a large page is not kept', async () => {
  for (let n = 0; n < 30; n++) await client.publishAsync('chat/long', 'x'.repeat(4000), { qos: 1 });
  await until(async () => (await stack.history('room=long&limit=200')).length === 30);
  assert.equal(await reached(() => page('room=long&limit=200')), ASKED);
});

test('one link stands for each commit, and a logger that was killed leaves none that counts', async () => {
  const folder = join(stack.dataDir, 'generation');
  for (let n = 0; n < 40; n++) await say(`message ${n}`);
  assert.ok(readdirSync(folder).length < 20, readdirSync(folder).join());
  await stack.kill('logger');
  const targets = () => readdirSync(folder).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const left = targets();
  assert.ok(left.length > 0);
  await stack.start('logger');
  await say('after the kill');
  assert.ok(targets().every((name) => !left.includes(name)));
});

test('without the link nothing is kept, and all is answered', async (t) => {
  const folder = realpathSync(join(stack.dataDir, 'generation'));
  await stack.stop('nginx');
  renameSync(folder, `${folder}.away`);
  t.after(() => renameSync(`${folder}.away`, folder));
  await stack.start('nginx');
  assert.equal(await reached(() => page('limit=21')), ASKED);
  await client.publishAsync('chat/messages', 'without', { qos: 1 });
  await until(async () => (await stack.history('limit=1'))[0]?.text === 'without');
  assert.doesNotMatch(stack.log('nginx'), /realpath/);
});
