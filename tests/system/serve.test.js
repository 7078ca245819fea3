/**
 * How the responder waits, ends and comes back: connections that are kept cost it nothing, a reload
 * drops no request, and who dies is followed at once.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended, exchange, messages, output, request } from '../lib/fastcgi.js';
import { http } from '../lib/http.js';
import { build, startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
let socket = '';

before(async () => {
  stack = await startStack();
  socket = join(stack.dataDir, 'socket/api');
  const client = await stack.client();
  await client.publishAsync('chat/messages', 'Hi', { qos: 1 });
  await until(async () => (await stack.history()).length === 1);
});
after(() => stack?.close());

/** multiwatch's child. */
function responder() {
  const pid = stack.pid('api');
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
}

const threads = () =>
  Number(
    /^threads = (\d+)$/m.exec(readFileSync(join(stack.dataDir, 'etc/mqtt-chat.conf'), 'utf8'))?.[1],
  );

/**
 * Asks through nginx from several sides until it is told to stop; counts what was answered.
 * @param {number} [clients]
 */
function flow(clients = 8) {
  let going = true;
  /** @type {Map<string, number>} */
  const counts = new Map();
  const ask = async () => {
    while (going) {
      const what = await http(stack.port, '/api/messages').then(
        ({ status, headers }) => `${status}${headers['retry-after'] ? ' later' : ''}`,
        (error) => String(error),
      );
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  };
  const all = Promise.all(Array.from({ length: clients }, ask));
  return {
    answered: () => counts.get('200') ?? 0,
    async stop() {
      going = false;
      await all;
      return Object.fromEntries(counts);
    },
  };
}

test('a reload under load, twenty times, drops no request', async () => {
  const asking = flow();
  for (let n = 0; n < 20; n++) {
    const [old, before] = [responder(), asking.answered()];
    process.kill(stack.pid('api') ?? 0, 'SIGUSR2');
    await until(() => responder() && responder() !== old, undefined, 'another responder');
    await until(() => asking.answered() > before + 20, undefined, 'answers flow');
  }
  assert.deepEqual(Object.keys(await asking.stop()), ['200']);
});

test('a responder that is killed under load: answered by the next one, or told to come again', async () => {
  const asking = flow();
  for (let n = 0; n < 10; n++) {
    const [old, before] = [responder(), asking.answered()];
    process.kill(old, 'SIGKILL');
    await until(() => responder() && responder() !== old, undefined, 'another responder');
    await until(() => asking.answered() > before + 20, undefined, 'answers flow');
  }
  const counts = await asking.stop();
  delete counts['200'];
  delete counts['503 later'];
  assert.deepEqual(counts, {});
});

test('connections that are idle, or silent from the start, hold up nobody', async (t) => {
  const idle = Array.from({ length: threads() * 8 }, () => connect({ path: socket }));
  t.after(() => {
    for (const connection of idle) connection.destroy();
  });
  for (const [n, connection] of idle.entries()) {
    if (n % 2 === 0) continue;
    let received = Buffer.alloc(0);
    connection.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
    });
    connection.write(request(messages, { keep: true }));
    await until(() => ended(received), undefined, `the answer on connection ${n}`);
  }
  // A thread that waited for one of them would close it before it answered anybody else.
  let closed = 0;
  for (const connection of idle) connection.once('close', () => closed++);
  for (let n = 0; n < 20; n++) assert.equal((await http(stack.port, '/api/messages')).status, 200);
  assert.equal(closed, 0);
});

test('readers of large pages who take none of them hold up nobody', async (t) => {
  const client = await stack.client();
  for (let n = 0; n < 200; n++)
    await client.publishAsync('chat/long', '🦆'.repeat(4000), { qos: 1 });
  await until(async () => (await stack.history('room=long&limit=200')).length === 200);
  const readers = Array.from({ length: threads() * 8 }, () => {
    const reader = connect({ port: stack.port, host: '127.0.0.1' });
    // Several, since the kernel takes megabytes for a reader who takes none.
    const ask = 'GET /api/messages?room=long&limit=200 HTTP/1.1\r\nHost: localhost\r\n\r\n';
    reader.write(ask.repeat(8));
    return reader;
  });
  t.after(() => {
    for (const reader of readers) reader.destroy();
  });
  await Promise.all(readers.map((r) => new Promise((begun) => r.once('readable', begun))));
  await sleep(1000); // until all is full
  for (let n = 0; n < 20; n++) assert.equal((await http(stack.port, '/api/messages')).status, 200);
  assert.ok(readers.every(({ closed }) => !closed));
});

test('a kept connection serves one request after the other', async () => {
  const connection = connect({ path: socket });
  for (let n = 0; n < 50; n++) {
    let received = Buffer.alloc(0);
    /** @param {Buffer} chunk */
    const onData = (chunk) => {
      received = Buffer.concat([received, chunk]);
    };
    connection.on('data', onData);
    connection.write(request(messages, { keep: true, id: n + 1 }));
    await until(() => ended(received));
    connection.off('data', onData);
    assert.match(output(received), /^Status: 200 OK\r\n/);
  }
  connection.destroy();
});

test('half a request holds a thread for a few seconds at most', async () => {
  const half = request(messages).subarray(0, 40);
  const begun = Date.now();
  const all = await Promise.all(
    Array.from({ length: threads() }, () => exchange(socket, half, { ms: 60_000 })),
  );
  assert.deepEqual(
    all.map(({ length }) => length),
    Array(threads()).fill(0),
  );
  assert.ok(Date.now() - begun < 30_000, 'the responder has ended them, not this test');
  assert.equal((await http(stack.port, '/api/messages')).status, 200);
});

test('SIGTERM ends it with status 0, also while a request is half here', async () => {
  const old = responder();
  const waiting = exchange(socket, request(messages).subarray(0, 40), { ms: 60_000 });
  await sleep(100);
  const { code } = await stack.stop('api');
  assert.equal(code, 0);
  assert.throws(() => process.kill(old, 0));
  await waiting;
  await stack.start('api');
  assert.equal((await http(stack.port, '/api/messages')).status, 200);
});

test('a responder that cannot start is tried again each second, not a thousand times in one', async () => {
  const bad = spawn('spawn-fcgi', [
    ...['-n', '-s', join(stack.dataDir, 'bad.socket'), '--', '/usr/bin/multiwatch', '-f', '1'],
    ...['-t', '0', '--', join(build, 'cgi-bin/chat.fcgi'), '--colour'],
  ]);
  let said = '';
  bad.stderr.on('data', (chunk) => {
    said += chunk;
  });
  await until(() => said.includes('--colour'), 30_000, 'it says so');
  const begun = Date.now();
  await until(() => said.split('--colour').length > 3, 30_000, 'it is tried again, and again');
  bad.kill('SIGTERM');
  assert.ok(Date.now() - begun > 1000, said);
});
