/** What nginx keeps of the API's answers: while nothing new is stored, and no longer. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
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

test('a logger that was killed leaves no number that counts', async () => {
  const file = join(stack.dataDir, 'generation/number');
  const before = statSync(file).size;
  await say('one more');
  assert.ok(statSync(file).size > before);
  await stack.kill('logger');
  const left = statSync(file).size;
  await stack.start('logger');
  await until(() => statSync(file).size !== left);
  assert.equal(statSync(file).blocks, 0);
});

test('without the number nothing is kept, and all is answered', async (t) => {
  const folder = join(stack.dataDir, 'generation');
  renameSync(folder, `${folder}.away`);
  t.after(() => renameSync(`${folder}.away`, folder));
  await stack.stop('nginx');
  await stack.start('nginx');
  assert.equal(await reached(() => page('limit=21')), ASKED);
  await client.publishAsync('chat/messages', 'without', { qos: 1 });
  await until(async () => (await stack.history('limit=1'))[0]?.text === 'without');
  assert.doesNotMatch(stack.log('nginx'), /generation/);
});

const LOGIN = { Authorization: `Basic ${Buffer.from('tester:secret').toString('base64')}` };

/** Lets nginx serve the chat in more sites: `site0` with the first of these rules, and so on. @param {string[]} rules @param {string} [common] of the http block */
async function addSites(rules, common = '') {
  const file = join(stack.dataDir, 'etc/nginx.conf');
  const text = readFileSync(file, 'utf8');
  const chat = `listen 127.0.0.1:${stack.port}; include ${stack.dataDir}/etc/nginx-server.conf;`;
  const servers = rules.map((rule, n) => `server { server_name site${n}; ${chat} ${rule} }`);
  writeFileSync(file, text.replace(/\}\s*$/, `${common} ${servers.join('\n')}\n}\n`));
  await stack.stop('nginx');
  await stack.start('nginx');
  writeFileSync(file, text);
}

/** A rule that asks for the password of LOGIN. */
function password() {
  const users = join(stack.dataDir, 'etc/users');
  writeFileSync(users, 'tester:{PLAIN}secret\n');
  return `auth_basic "chat"; auth_basic_user_file ${users};`;
}

test("the site's own rules say who may read what is kept", async () => {
  const secret = password();
  const gate = (/** @type {number} */ code) =>
    `auth_request /gate; location = /gate { return ${code}; }`;
  const sites =
    /** @type {[string, number[]][]} what is answered without and with the password */ ([
      [secret, [401, 200]],
      ['deny all;', [403, 403]],
      [gate(403), [403, 403]],
      [gate(204), [200, 200]],
      ['if ($uri !~ ^/(chat|mqtt|api)(/|$)) { return 404; }', [200, 200]],
      [`satisfy all; allow 127.0.0.1; deny all; ${secret}`, [401, 200]],
      [`satisfy any; allow 127.0.0.1; deny all; ${secret}`, [200, 200]],
      [`satisfy any; deny all; ${secret}`, [401, 200]],
      [`satisfy any; ${gate(403)} ${secret}`, [401, 200]],
      [`limit_req zone=site; error_page 401 503 = /else; ${secret}`, [401, 200]],
    ]);
  const zone = 'limit_req_zone $server_name zone=site:1m rate=1r/m;';
  await addSites(
    sites.map(([rules]) => rules),
    zone,
  );
  for (const [n, [rules, [without, withPassword]]] of sites.entries()) {
    const Host = `site${n}`;
    const stranger = () => page('limit=20', 'GET', { Host });
    const friend = () => page('limit=20', 'GET', { Host, ...LOGIN });
    if (withPassword === 200) assert.ok((await reached(friend)) < ASKED, rules);
    assert.equal((await friend()).status, withPassword, rules);
    assert.equal((await stranger()).status, without, rules);
  }
});

test("no rewrite of the site's leads past its rules", async () => {
  await addSites([`${password()} rewrite ^/en(/.*)$ $1 last;`]);
  const ask = (/** @type {string} */ path, headers = {}) =>
    http(stack.port, `/en/api/messages${path}`, { headers: { Host: 'site0', ...headers } });
  assert.ok((await ask('?limit=20', LOGIN)).json().length > 0);
  assert.equal((await ask('?limit=20')).status, 401);
  assert.equal((await ask('/kept?limit=20')).status, 404);
  assert.equal((await ask('/generation')).status, 204);
});

test('neither the number nor what is kept can be asked for', async () => {
  for (const path of ['kept', 'kept?limit=20', 'generation']) {
    const { status, body } = await http(stack.port, `/api/messages/${path}`);
    assert.equal(status, path === 'generation' ? 204 : 404, path);
    assert.ok(body.length < 100, path);
  }
});
