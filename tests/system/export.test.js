/** /api/export, through nginx: whole, bounded, in constant memory, and visibly broken off. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { begin, fill, finish } from '../lib/bulk.js';
import { http } from '../lib/http.js';
import { asShipped, startStack, until } from '../lib/stack.js';

const BIG = 200_000;

/** @type {import('../lib/stack.js').Stack} */
let stack;

before(async () => {
  stack = await startStack();
  fill(stack, 'big', BIG);
});
after(() => stack?.close());

/** @param {string} query */
const ask = (query, options = {}) => http(stack.port, `/api/export${query}`, options);

/** @param {string} body */
const lines = (body) => body.split('\n').slice(0, -1);

/** Every process of the API, without the one that starts them. */
function responders() {
  const pid = stack.pid('api');
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/** @param {number} pid */
function rss(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

test('ndjson gives every message of a room, as /messages does', async () => {
  const client = await stack.client();
  const said = [
    'plain',
    'a "quoted" one',
    'two\nlines',
    'comma, semicolon;',
    'größer 😀',
    '=1+1',
    "'-1",
  ];
  for (const text of said) await client.publishAsync('chat/export', text, { qos: 1 });
  await until(async () => (await stack.history('room=export')).length === said.length);
  const answer = await ask('?room=export');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/x-ndjson');
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers.etag, undefined);
  assert.equal(answer.headers['content-length'], undefined);
  assert.equal(
    answer.headers['content-disposition'],
    'attachment; filename="mqtt-chat-export.ndjson"',
  );
  assert.deepEqual(
    lines(answer.body).map((line) => JSON.parse(line)),
    await stack.history('room=export'),
  );
});

test('csv is what RFC 4180 says, opens harmlessly in a spreadsheet, and sqlite3 reads it back', async () => {
  const answer = await ask('?room=export&format=csv');
  assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8; header=present');
  const history = await stack.history('room=export');
  const quoted = (/** @type {string | number | null} */ field) =>
    /["\r\n,]/.test(String(field)) ? `"${String(field).replaceAll('"', '""')}"` : (field ?? '');
  const marked = (/** @type {string | number | null} */ field) =>
    /^'*[=+@-]/.test(String(field)) ? `'${field}` : field;
  const rows = [Object.keys(history[0]), ...history.map((message) => Object.values(message))];
  assert.equal(
    answer.body,
    `\ufeff${rows.map((row) => `${row.map(marked).map(quoted).join(',')}\r\n`).join('')}`,
  );
  const file = join(stack.dataDir, 'export.csv');
  writeFileSync(file, answer.body);
  const imported = spawnSync(
    'sqlite3',
    ['-json', ':memory:', `.import --csv ${file} t`, 'SELECT text FROM t ORDER BY id + 0'],
    { encoding: 'utf8' },
  );
  assert.deepEqual(
    JSON.parse(imported.stdout).map((/** @type {{text: string}} */ row) => row.text),
    history.map(({ text }) => marked(text)),
  );
});

test('without a room it gives all of them, in their order', async () => {
  const { body } = await ask('');
  const ids = lines(body).map((line) => JSON.parse(line).id);
  const [{ count, sum }] = stack.sql('SELECT count(*) AS count, sum(id) AS sum FROM messages');
  assert.ok(ids.every((id, i) => i === 0 || id > ids[i - 1]));
  assert.deepEqual([ids.length, ids.reduce((a, b) => a + b)], [count, sum]);
});

test('an empty room is an empty file, in csv with its header', async () => {
  const [empty, csv] = [await ask('?room=none'), await ask('?room=none&format=csv')];
  assert.deepEqual([empty.status, empty.body], [200, '']);
  assert.equal(csv.body, '\ufeffid,room,nickname,text,clientId,msgId,ts\r\n');
});

test('HEAD gives the head alone, and holds no place', async () => {
  for (let n = 0; n < 5; n++) {
    const head = await ask('?room=big', { method: 'HEAD' });
    assert.deepEqual([head.status, head.body], [200, '']);
    assert.match(String(head.headers['content-disposition']), /mqtt-chat-big\.ndjson/);
  }
});

test('a wrong parameter is 400 in JSON', async () => {
  for (const [query, code] of [
    ['?format=xml', 'bad_format'],
    ['?format=CSV', 'bad_format'],
    ['?room=Big', 'bad_room'],
    ['?limit=5', 'unknown_parameter'],
    ['?format=csv&format=csv', 'repeated_parameter'],
  ]) {
    const answer = await ask(query);
    assert.deepEqual([answer.status, answer.json().error.code], [400, code]);
    assert.equal(answer.headers['content-disposition'], undefined);
  }
});

test('what comes while it runs is not in it, and a slow client holds no snapshot', async () => {
  const answer = await begin(stack.port, '/api/export?room=big');
  const client = await stack.client();
  await client.publishAsync('chat/big', 'too late', { qos: 1 });
  await until(async () => (await stack.history('room=big&limit=1'))[0].text === 'too late');
  // A checkpoint that copies all and starts the -wal file anew: no reader is in its way.
  await until(() => {
    const run = spawnSync('sqlite3', [stack.database, 'PRAGMA wal_checkpoint(TRUNCATE)']);
    return String(run.stdout) === '0|0|0\n';
  });
  assert.ok(!answer.complete);
  const { text, whole } = await finish(answer);
  assert.ok(whole);
  const all = lines(text);
  assert.equal(all.length, BIG);
  assert.ok(!text.includes('too late'));
  assert.equal(JSON.parse(all[BIG - 1]).text.startsWith(`message ${BIG}`), true);
});

// AddressSanitizer keeps what was freed.
const testMemory = asShipped ? test : () => {};

testMemory(
  'the responder needs no more memory for a long export than for a short one',
  async () => {
    await ask('?room=export');
    const pids = responders();
    const before = pids.map(rss);
    await Promise.all(pids.map(() => ask('?room=big&format=csv')));
    await ask('?room=big');
    const grown = pids.map((pid, i) => rss(pid) - before[i]);
    // SQLite's page cache fills up to 2 MB a connection; the export itself is 30 MB.
    assert.ok(Math.max(...grown) < 12_000, `grown by ${grown} kB`);
  },
);

/** How many exports run, says the responder. */
async function running() {
  const { body } = await http(stack.port, '/api/metrics');
  return Number(/^mqtt_chat_exports_running (\d+)$/m.exec(body)?.[1]);
}

test('a third export at once is 503 with Retry-After; a client that goes away makes room', async () => {
  const two = [
    await begin(stack.port, '/api/export?room=big'),
    await begin(stack.port, '/api/export?format=csv'),
  ];
  const third = await ask('?room=export');
  assert.deepEqual([third.status, third.json().error.code], [503, 'too_many_exports']);
  assert.ok(Number(third.headers['retry-after']) > 0);
  assert.equal(await running(), 2);
  two[0].destroy();
  await until(async () => (await running()) === 1);
  assert.equal((await ask('?room=export')).status, 200);
  two[1].destroy();
  await until(async () => (await running()) === 0);
});

test('killed, the responder leaves an export that is visibly broken off', async () => {
  const answer = await begin(stack.port, '/api/export?room=big');
  const before = responders();
  for (const pid of before) process.kill(pid, 'SIGKILL');
  const { text, whole } = await finish(answer);
  assert.ok(!whole);
  assert.ok(lines(text).length < BIG);
  await until(async () => (await ask('?room=export')).status === 200);
});

test('curl says so with error 18 when the database is replaced meanwhile', async () => {
  const curl = spawn('curl', ['-sS', `${stack.root}/api/export?room=big`]);
  let complaint = '';
  curl.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  const ended = once(curl, 'exit');
  curl.stdout.once('data', () => {
    curl.stdout.pause();
    // The folder and all that is in it, as one who restores a backup does it.
    const folder = dirname(stack.database);
    renameSync(folder, `${folder}.old`);
    spawnSync('cp', ['-a', `${folder}.old`, folder]);
    curl.stdout.on('data', () => {});
    curl.stdout.resume();
  });
  const [code] = await ended;
  assert.equal(code, 18, complaint);
});
