/** since=, /api/rooms and /api/metrics, through nginx. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { http } from '../lib/http.js';
import { readMetrics } from '../lib/prometheus.js';
import { startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** @type {import('mqtt').MqttClient} */
let client;
before(async () => {
  stack = await startStack();
  client = await stack.client();
});
after(() => stack?.close());

/** @param {string} room @param {string} text */
const say = (room, text) => client.publishAsync(`chat/${room}`, text, { qos: 1 });

/** @param {string} room @param {number} count */
const waitFor = (room, count) =>
  until(async () => (await stack.history(`room=${room}&limit=200`)).length === count);

const rooms = async () => (await http(stack.port, '/api/rooms')).json();

async function scrape() {
  const answer = await http(stack.port, '/api/metrics');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(answer.headers['cache-control'], 'no-store');
  return readMetrics(answer.body);
}

test('since= gives what came since then, in a shell', async () => {
  await say('door', 'long ago');
  await waitFor('door', 1);
  spawnSync('sqlite3', [stack.database, 'UPDATE messages SET ts = ts - 7200000']);
  const before = new Date().toISOString();
  for (const text of ['open', 'closed', 'open again']) await say('door', text);
  await waitFor('door', 4);
  /** @param {string} since */
  const texts = (since) => {
    const run = spawnSync(
      'curl',
      [
        '-sG',
        `${stack.root}/api/messages`,
        '-d',
        'room=door',
        '--data-urlencode',
        `since=${since}`,
      ],
      { encoding: 'utf8' },
    );
    return JSON.parse(run.stdout).map((/** @type {{text: string}} */ m) => m.text);
  };
  const new3 = ['open', 'closed', 'open again'];
  assert.deepEqual(texts('1h'), new3);
  assert.deepEqual(texts('3600s'), new3);
  assert.deepEqual(texts(before), new3);
  assert.deepEqual(texts(before.replace('Z', '+00:00')), new3);
  assert.deepEqual(texts('3h'), ['long ago', ...new3]);
  assert.deepEqual(texts('1d'), ['long ago', ...new3]);
  const page = await http(stack.port, '/api/messages?room=door&since=1h&limit=2');
  const [first, second] = page.json();
  const link = String(page.headers.link);
  assert.ok(link.startsWith(`<?room=door&limit=2&before=${first.id}>; rel="prev", <?`), link);
  const next = /<(\?room=door&limit=2&since=[^&]+&after=(\d+))>; rel="next"$/.exec(link);
  assert.equal(Number(next?.[2]), second.id);
  const rest = (await http(stack.port, `/api/messages${next?.[1]}`)).json();
  assert.deepEqual(
    rest.map((/** @type {{text: string}} */ m) => m.text),
    ['open again'],
  );
});

test('rooms are told with what is in them, the liveliest first', async () => {
  await say('quiet', 'one');
  await waitFor('quiet', 1);
  for (const text of ['one', 'two', 'three']) await say('lively', text);
  await waitFor('lively', 3);
  const { id, ts } = (await stack.history('room=lively&limit=1'))[0];
  const [first, second] = await rooms();
  assert.deepEqual(first, { room: 'lively', messages: 3, lastId: id, lastTs: ts });
  assert.deepEqual([second.room, second.messages], ['quiet', 1]);
  for (const { room, messages, lastId, lastTs } of await rooms()) {
    const [row] = stack.sql(
      `SELECT count(*) AS n, max(id) AS id, ts FROM messages WHERE room = '${room}'`,
    );
    assert.deepEqual([messages, lastId, Date.parse(lastTs)], [row.n, row.id, row.ts], room);
  }
});

test('rooms stay right when the logger is killed amid a flood', async () => {
  for (let n = 0; n < 500; n++) client.publish(`chat/flood${n % 3}`, `${n}`, { qos: 1 }, () => {});
  await until(async () => (await stack.history('room=flood0&limit=1')).length > 0);
  await stack.kill('logger');
  await stack.start('logger');
  const sum = () =>
    stack.sql("SELECT count(*) AS n FROM messages WHERE room GLOB 'flood*'")[0].n === 500;
  await until(sum, 30_000, 'all of the flood is stored');
  for (const { room, messages } of await rooms())
    assert.equal(
      messages,
      stack.sql(`SELECT count(*) AS n FROM messages WHERE room = '${room}'`)[0].n,
      room,
    );
});

test('metrics keep the format and count what the logger did', async () => {
  const before = await scrape();
  for (const text of ['one', 'two', 'three']) await say('counted', text);
  const twice = JSON.stringify({ nickname: 'Ann', text: 'Hi', clientId: 'c', msgId: 'm' });
  for (const payload of [twice, twice, 'x'.repeat(5000)]) await say('counted', payload);
  await waitFor('counted', 4);
  await until(() => stack.sql('SELECT count(*) AS n FROM rejected')[0].n === 1);
  const now = await scrape();
  /** @param {string} name */
  const grown = (name) => Number(now.get(name)) - Number(before.get(name));
  assert.equal(grown('mqtt_chat_messages_stored_total'), 4);
  assert.equal(grown('mqtt_chat_messages_repeated_total'), 1);
  assert.equal(grown('mqtt_chat_messages_rejected_total'), 1);
  assert.ok(grown('mqtt_chat_batches_total') >= 1);
  assert.ok(grown('mqtt_chat_commit_seconds_count') >= 1);
  assert.ok(grown('mqtt_chat_commit_seconds_sum') > 0);
  assert.equal(now.get('mqtt_chat_database_up'), 1);
  assert.ok(Number(now.get('mqtt_chat_wal_bytes')) > 0);
  const alive = Number(now.get('mqtt_chat_logger_alive_timestamp_seconds'));
  assert.ok(Math.abs(alive - Date.now() / 1000) < 60);
  const [row] = stack.sql('SELECT stored, repeated, rejected FROM logger_figures');
  assert.deepEqual(
    Object.entries(row).map(([name, n]) => now.get(`mqtt_chat_messages_${name}_total`) === n),
    [true, true, true],
  );
});

test('metrics count each answer by route and status, from all threads', async () => {
  const before = await scrape();
  await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      http(stack.port, ['/api/messages?limit=3', '/api/messages?limit=0', '/api/x/y'][n % 3]),
    ),
  );
  const now = await scrape();
  for (const [labels, count] of /** @type {[string, number][]} */ ([
    ['route="/messages",status="200"', 20],
    ['route="/messages",status="400"', 20],
    ['route="other",status="404"', 20],
    ['route="/metrics",status="200"', 1],
  ])) {
    const name = `mqtt_chat_http_requests_total{${labels}}`;
    assert.equal(Number(now.get(name)) - (before.get(name) ?? 0), count, name);
  }
});

test('metrics are for the machine itself alone', async () => {
  const outgoing = request({
    host: '127.0.0.1',
    port: stack.port,
    path: '/api/metrics',
    localAddress: '127.0.0.2',
    agent: false,
  });
  outgoing.end();
  const [answer] = await once(outgoing, 'response');
  const body = (await answer.toArray()).join('');
  assert.equal(answer.statusCode, 403);
  assert.equal(JSON.parse(body).error.code, 'operator_only');
});

test('without a database the metrics say so, and go on', async () => {
  const bare = await startStack({ start: ['api', 'nginx'] });
  try {
    const samples = readMetrics((await http(bare.port, '/api/metrics')).body);
    assert.equal(samples.get('mqtt_chat_database_up'), 0);
    assert.equal(samples.get('mqtt_chat_messages_stored_total'), undefined);
    assert.equal(samples.get('mqtt_chat_exports_running'), 0);
  } finally {
    await bare.close();
  }
});
