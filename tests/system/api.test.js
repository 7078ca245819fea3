/** The HTTP contract of /api/messages, through nginx. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { http } from '../lib/http.js';
import { startStack, until } from '../lib/stack.js';

const COUNT = 25;

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** @type {number[]} ids of the messages in the room `api`, oldest first */
let ids;

before(async () => {
  stack = await startStack();
  const client = await stack.client();
  for (let n = 1; n <= COUNT; n++) {
    await client.publishAsync('chat/api', `message ${n}`, { qos: 1 });
    await client.publishAsync('chat/other', `not this one ${n}`, { qos: 1 });
  }
  await until(async () => (await stack.history('room=other&limit=200')).length === COUNT);
  ids = (await stack.history('room=api&limit=200')).map(({ id }) => id);
  assert.equal(ids.length, COUNT);
});
after(() => stack?.close());

/**
 * @param {string} query
 * @param {{method?: string, headers?: Record<string, string>}} [options]
 */
const get = (query, options) => http(stack.port, `/api/messages${query}`, options);

/** @param {string} query */
const idsOf = async (query) => (await stack.history(`room=api&${query}`)).map(({ id }) => id);

/**
 * Where the answer's Link header leads, by relation.
 * @param {import('../lib/http.js').Answer} answer
 * @param {string} query that was asked
 */
function links({ headers }, query) {
  const base = `${stack.root}/api/messages${query}`;
  const found = String(headers.link ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g);
  return Object.fromEntries([...found].map(([, to, rel]) => [rel, new URL(to, base).search]));
}

/** @param {import('../lib/http.js').Answer} answer */
function assertError(answer, /** @type {number} */ status, /** @type {string} */ code) {
  assert.equal(answer.status, status);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  const { error } = answer.json();
  assert.equal(error.code, code);
  assert.ok(error.message.length > 5);
}

test('without a selector it gives the newest page, ten messages, oldest first', async () => {
  const answer = await get('?room=api');
  assert.equal(answer.status, 200);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  assert.deepEqual(
    answer.json().map((/** @type {{id: number}} */ m) => m.id),
    ids.slice(-10),
  );
  assert.deepEqual(Object.keys(answer.json()[0]), [
    'id',
    'room',
    'nickname',
    'text',
    'clientId',
    'msgId',
    'ts',
  ]);
});

test('each selector gives its page, oldest first', async () => {
  const [at, here] = [12, ids[12]];
  assert.deepEqual(await idsOf('limit=3'), ids.slice(-3));
  assert.deepEqual(await idsOf('limit=200'), ids);
  assert.deepEqual(await idsOf(`limit=5&before=${here}`), ids.slice(at - 5, at));
  assert.deepEqual(await idsOf(`limit=5&after=${here}`), ids.slice(at + 1, at + 6));
  const around = await idsOf(`limit=5&around=${here}`);
  assert.equal(around.length, 5);
  assert.ok(around.includes(here));
  assert.deepEqual(around, ids.slice(ids.indexOf(around[0]), ids.indexOf(around[0]) + 5));
  assert.deepEqual(await idsOf(`before=${ids[0]}`), []);
  assert.deepEqual(await idsOf(`after=${ids[COUNT - 1]}`), []);
  assert.deepEqual(await idsOf('after=0&limit=4'), ids.slice(0, 4));
  assert.deepEqual(await stack.history('room=nobody-was-here'), []);
});

test('Link leads through the whole room, backward and forward, and ends where it ends', async () => {
  for (const [rel, first] of [
    ['prev', '?room=api&limit=10'],
    ['next', '?room=api&limit=10&after=0'],
  ]) {
    /** @type {number[][]} */
    const pages = [];
    for (let query = first; query; ) {
      const answer = await get(query);
      pages.push(answer.json().map((/** @type {{id: number}} */ m) => m.id));
      const to = links(answer, query);
      assert.equal(rel === 'prev' ? 'next' in to : 'prev' in to, pages.length > 1, query);
      query = to[rel];
    }
    assert.equal(pages.length, 3);
    assert.deepEqual(
      pages.flat().sort((a, b) => a - b),
      ids,
    );
  }
  assert.deepEqual(links(await get('?room=api&limit=200'), ''), {});
});

test('a malformed, repeated, contradictory or unknown parameter is 400 in JSON', async () => {
  for (const [query, code] of [
    ['?limit=0', 'bad_limit'],
    ['?limit=201', 'bad_limit'],
    ['?limit=ten', 'bad_limit'],
    ['?limit=', 'bad_limit'],
    ['?limit=+5', 'bad_limit'],
    ['?limit=5%00', 'bad_limit'],
    ['?before=-1', 'bad_before'],
    ['?after=99999999999999999999', 'bad_after'],
    ['?around=1x', 'bad_around'],
    ['?room=Bad.Room', 'bad_room'],
    ['?room=', 'bad_room'],
    ['?room=%zz', 'bad_room'],
    ['?limit=1&limit=1', 'repeated_parameter'],
    ['?before=5&after=3', 'contradictory_parameters'],
    ['?page=2', 'unknown_parameter'],
    ['?Limit=2', 'unknown_parameter'],
    [`?${'x'.repeat(2000)}=2`, 'unknown_parameter'],
  ]) {
    assertError(await get(query), 400, code);
  }
});

test('what does not exist is 404, what is not for reading 405 with Allow, in JSON', async () => {
  for (const path of ['/api', '/api/', '/api/nothing', '/api/messages/', '/api/messages/1'])
    assertError(await http(stack.port, path), 404, 'not_found');
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const answer = await get('', { method });
    assertError(answer, 405, 'method_not_allowed');
    assert.equal(answer.headers.allow, 'GET, HEAD');
  }
  const large = await http(stack.port, '/api/messages', { method: 'POST', body: 'x'.repeat(5000) });
  assertError(large, 413, 'body_too_large');
});

test('HEAD gives the headers of GET and no body', async () => {
  const [full, head] = [await get('?room=api'), await get('?room=api', { method: 'HEAD' })];
  assert.equal(head.status, 200);
  assert.equal(head.body, '');
  for (const name of ['etag', 'link', 'content-type', 'content-length'])
    assert.equal(head.headers[name], full.headers[name], name);
});

test('an unchanged page is 304, also where nginx compressed it', async () => {
  const { headers } = await get('?room=api');
  assert.ok(headers.etag);
  for (const etag of [headers.etag, `W/${headers.etag}`, `"other", ${headers.etag}`, '*']) {
    const again = await get('?room=api', { headers: { 'If-None-Match': String(etag) } });
    assert.equal(again.status, 304, String(etag));
    assert.equal(again.body, '');
  }
  const other = await get('?room=api&limit=9', { headers: { 'If-None-Match': headers.etag } });
  assert.equal(other.status, 200);
  const small = await get('?room=api', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(small.headers['content-encoding'], 'gzip');
  const revalidated = await get('?room=api', {
    headers: { 'Accept-Encoding': 'gzip', 'If-None-Match': String(small.headers.etag) },
  });
  assert.equal(revalidated.status, 304);
});

test('a changed page has another ETag', async () => {
  const client = await stack.client();
  await client.publishAsync('chat/etag', 'one', { qos: 1 });
  await until(async () => (await stack.history('room=etag')).length === 1);
  const { headers } = await get('?room=etag');
  await client.publishAsync('chat/etag', 'two', { qos: 1 });
  await until(async () => (await stack.history('room=etag')).length === 2);
  const answer = await get('?room=etag', { headers: { 'If-None-Match': String(headers.etag) } });
  assert.equal(answer.status, 200);
});

test('while no responder runs, nginx says so in the same shape, with Retry-After', async () => {
  await stack.kill('api');
  const answer = await get('');
  assertError(answer, 503, 'api_down');
  assert.ok(Number(answer.headers['retry-after']) >= 1);
  assert.equal(answer.headers['cache-control'], 'no-store');
  await stack.start('api');
  assert.equal((await get('')).status, 200);
});

test('a responder that is killed is back at once', async () => {
  await until(() => responders().length === 1);
  const [before] = responders();
  process.kill(before, 'SIGKILL');
  await until(() => responders().some((pid) => pid !== before), undefined, 'multiwatch starts one');
  await until(async () => (await get('')).status === 200);
});

/** The process that answers requests: multiwatch's child. */
function responders() {
  const pid = stack.pid('api');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

test('a missing database is 503 with Retry-After, never an empty list; so is another schema', async () => {
  const bare = await startStack({ start: ['api', 'nginx'] });
  try {
    const missing = await http(bare.port, '/api/messages');
    assertError(missing, 503, 'database_missing');
    assert.ok(Number(missing.headers['retry-after']) >= 1);
    spawnSync('sqlite3', [
      bare.database,
      'PRAGMA application_id = 1297171272; PRAGMA user_version = 999',
    ]);
    const { uid, gid } = statSync(dirname(bare.database));
    chownSync(bare.database, uid, gid);
    assertError(await http(bare.port, '/api/messages'), 503, 'database_version');
    rmSync(bare.database);
    await bare.start('broker');
    await bare.start('logger');
    const answer = await http(bare.port, '/api/messages');
    assert.deepEqual([answer.status, answer.json()], [200, []]);
  } finally {
    await bare.close();
  }
});
