/**
 * What nginx allows one address. This machine's own address is not limited, but 127.0.0.2, from
 * where a process may speak as well, is as foreign as any.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { http } from '../lib/http.js';
import { startStack, until } from '../lib/stack.js';

const HERE = '127.0.0.1';
const FOREIGN = '127.0.0.2';
const OTHER = '127.0.0.3';
const CALM = '127.0.0.4';
const SOCKETS = 50;
const HEAVY_MESSAGES = 60_000;

/** @type {import('../lib/stack.js').Stack} */
let stack;

before(async () => {
  stack = await startStack();
});
after(() => stack?.close());

/**
 * @param {string} from
 * @param {string} [path]
 * @param {{method?: string, body?: string, headers?: Record<string, string>}} [options]
 */
const ask = (from, path = '/api/messages', options = {}) =>
  http(stack.port, path, { ...options, localAddress: from });

/**
 * Sends `count` requests, `atOnce` at a time, and counts the answers by status.
 * @param {string} from
 * @param {number} count
 * @param {number} atOnce
 */
async function flood(from, count, atOnce, path = '/api/messages') {
  /** @type {Record<number, number>} */
  const counts = {};
  let left = count;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) {
        const { status } = await ask(from, path);
        counts[status] = (counts[status] ?? 0) + 1;
      }
    }),
  );
  return counts;
}

test('thirty pages of a school reload at once: all of them open', async () => {
  const page = ['/chat/', '/chat/main.js', '/api/messages', '/api/messages?after=0', '/api/health'];
  const all = await Promise.all(
    Array.from({ length: 30 }, () => Promise.all(page.map((path) => ask(FOREIGN, path)))),
  );
  assert.deepEqual(new Set(all.flat().map(({ status }) => status)), new Set([200]));
});

test('who floods it is told to come again later, in JSON, and nobody else is', async () => {
  const [foreign, here] = await Promise.all([flood(FOREIGN, 3000, 100), flood(HERE, 1000, 20)]);
  assert.deepEqual(Object.keys(foreign), ['200', '429']);
  assert.deepEqual(here, { 200: 1000 });
  const refused = await until(async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(FOREIGN)));
    return answers.find(({ status }) => status === 429);
  });
  assert.match(String(refused.headers['content-type']), /^application\/json/);
  assert.equal(refused.json().error.code, 'too_many_requests');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  assert.equal(refused.headers['cache-control'], 'no-store');
  await until(async () => (await ask(FOREIGN)).status === 200, 20_000, 'it may come again');
});

test('searches are fewer than pages', async () => {
  const other = await flood(OTHER, 200, 20, '/api/search?q=a');
  assert.ok(other[429] > 0);
  assert.equal((await ask(OTHER)).status, 200);
  assert.equal((await flood(HERE, 200, 20, '/api/search?q=a'))[429], undefined);
});

test('an address searches twice at once, and reads meanwhile; another address is not held up', async () => {
  const group = -Number(stack.pid('api'));
  process.kill(group, 'SIGSTOP');
  /** @type {Promise<import('../lib/http.js').Answer>[]} */
  let held;
  try {
    held = [CALM, CALM, FOREIGN].map((from) => ask(from, '/api/search?q=a'));
    const refused = await until(async () => {
      const searching = ask(CALM, '/api/search?q=b');
      const answer = await Promise.race([searching, sleep(200, null)]);
      if (answer === null) held.push(searching);
      return answer;
    });
    assert.deepEqual([refused.status, refused.json().error.code], [429, 'too_many_requests']);
    held.push(ask(CALM), ask(HERE, '/api/search?q=a'));
  } finally {
    process.kill(group, 'SIGCONT');
  }
  const statuses = (await Promise.all(held)).map(({ status }) => status);
  assert.ok(!statuses.includes(429), String(statuses));
});

/** Puts in messages that take a second to look through for `HEAVY`, and waits until they are indexed. */
async function fillHeavily() {
  const { status, stderr } = spawnSync('sqlite3', [
    stack.database,
    `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${HEAVY_MESSAGES})
     INSERT INTO messages (ts, room, nickname, text)
     SELECT 1795455665123 + i, 'heavy', 'Ann', replace(hex(zeroblob(100)), '00', 'a b ') FROM n`,
  ]);
  assert.equal(status, 0, String(stderr));
  const client = await stack.client();
  await client.publishAsync('chat/heavy', 'a commit wakes the index', { qos: 1 });
  const indexed = () => Number(stack.sql('SELECT indexed_id FROM search_state')[0]?.indexed_id);
  await until(() => indexed() >= HEAVY_MESSAGES - 600, 60_000);
}
const HEAVY = `/api/search?q=${encodeURIComponent(`"${'a b '.repeat(7)}a a"`)}`;

test('while heavy searches are under way, pages are answered', async () => {
  await fillHeavily();
  /** @type {string[]} */
  const order = [];
  const searches = Array.from({ length: 10 }, async () => {
    const { status, headers, body } = await ask(HERE, HEAVY);
    const refused = status === 503 && body.includes('too_many_searches');
    if (refused) assert.equal(headers['retry-after'], '1');
    order.push(refused ? 'refused' : 'searched');
  });
  await until(() => order.length > 0, 30_000);
  assert.equal((await ask(HERE)).status, 200);
  order.push('page');
  await Promise.all(searches);
  const before = order.slice(0, order.indexOf('page'));
  assert.ok(!before.includes('searched'), `the page waited for a search: ${order}`);
  assert.equal(order.filter((one) => one === 'searched').length, 2, 'half of four threads');
});

test('what is too long in an address is refused in JSON, up to 8 KB, where nginx itself ends it', async () => {
  const long = await ask(HERE, `/api/search?q=${'x'.repeat(8000)}`);
  assert.deepEqual([long.status, long.json().error.code], [400, 'bad_query']);
  const longer = await ask(HERE, `/api/search?q=${'x'.repeat(10_000)}`);
  assert.equal(longer.status, 414);
  assert.match(String(longer.headers['content-type']), /^text\/html/);
});

test('a body is ignored, a large one is refused', async () => {
  /** @param {number} size */
  const sized = (size) => ({
    body: 'x'.repeat(size),
    headers: /** @type {Record<string, string>} */ ({ 'Content-Length': `${size}` }),
  });
  const ignored = await ask(HERE, '/api/messages', sized(1000));
  assert.equal(ignored.status, 200);
  assert.deepEqual(ignored.json(), []);
  const chunked = { 'Transfer-Encoding': 'chunked' };
  const alike = await ask(HERE, '/api/messages', { body: '{"room":"x"}', headers: chunked });
  assert.equal(alike.status, 200);
  for (const body of [sized(5000), { ...sized(5000), headers: chunked }]) {
    const refused = await ask(HERE, '/api/messages', body);
    assert.equal(refused.status, 413);
    assert.equal(refused.json().error.code, 'body_too_large');
  }
});

/**
 * A WebSocket from an address: its socket and the first line of the answer.
 * @param {string} from
 * @param {string[]} [headers]
 */
function openSocket(from, headers = []) {
  const socket = connect({ port: stack.port, host: HERE, localAddress: from });
  const lines = [
    'GET /mqtt HTTP/1.1',
    `Host: 127.0.0.1:${stack.port}`,
    `Origin: ${stack.origin}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: mqtt',
    ...headers,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.on('error', () => {});
  return /** @type {Promise<{socket: import('node:net').Socket, answer: string}>} */ (
    new Promise((resolve, reject) => {
      socket.once('data', (chunk) => resolve({ socket, answer: chunk.toString() }));
      socket.once('close', () => reject(new Error('closed')));
    })
  );
}

test('one address has so many WebSockets, and gets more when it closes some', async (t) => {
  /** @type {import('node:net').Socket[]} */
  const open = [];
  t.after(() => {
    for (const socket of open) socket.destroy();
  });
  const all = await Promise.all(Array.from({ length: SOCKETS + 3 }, () => openSocket(FOREIGN)));
  open.push(...all.map(({ socket }) => socket));
  const refused = all.filter(({ answer }) => !answer.startsWith('HTTP/1.1 101 '));
  assert.equal(refused.length, 3);
  for (const { answer } of refused)
    assert.match(answer, /^HTTP\/1.1 429 [\s\S]*Retry-After: 1\r\n[\s\S]*"too_many_sockets"/);
  const asked = await ask(FOREIGN, '/mqtt');
  assert.deepEqual([asked.status, asked.json().error.code], [429, 'too_many_sockets']);
  assert.equal((await ask(OTHER, '/mqtt')).status, 426);
  const here = await openSocket(HERE);
  open.push(here.socket);
  assert.match(here.answer, /^HTTP\/1.1 101 /);
  all.find((one) => !refused.includes(one))?.socket.destroy();
  await until(async () => {
    const { socket, answer } = await openSocket(FOREIGN);
    open.push(socket);
    return answer.startsWith('HTTP/1.1 101 ');
  });
});

test('of IPv6 64 bits are an address, and IPv4 is the same in either form', async (t) => {
  /** @type {import('node:net').Socket[]} */
  const open = [];
  t.after(() => {
    for (const socket of open) socket.destroy();
  });
  const conf = join(stack.dataDir, 'etc/nginx.conf');
  const told = 'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;';
  await stack.stop('nginx');
  writeFileSync(conf, readFileSync(conf, 'utf8').replace('http {', `http { ${told}`));
  await stack.start('nginx');
  /** @param {string} address */
  const status = async (address) => {
    const { socket, answer } = await openSocket(HERE, [`X-Forwarded-For: ${address}`]);
    open.push(socket);
    return Number(answer.split(' ')[1]);
  };
  /** @param {(i: number) => string} address */
  const fill = async (address) => {
    const all = await Promise.all(
      Array.from({ length: SOCKETS }, (_, i) => status(address(i + 1))),
    );
    assert.deepEqual(new Set(all), new Set([101]));
  };
  // The bytes of the second are those of line ends and NUL.
  for (const net of ['2001:db8:1:2', '2001:db8:a0a:a00']) {
    await fill((i) => `${net}::${i}`);
    assert.equal(await status(`${net}:ffff::a`), 429);
  }
  assert.equal(await status('2001:db8:1:3::1'), 101);
  await fill(() => '::ffff:192.0.2.1');
  assert.equal(await status('192.0.2.1'), 429);
  assert.equal(await status('::ffff:192.0.2.2'), 101);
  assert.equal(await status('192.0.2.3'), 101);
});
