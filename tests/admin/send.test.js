/** What `mqtt-chat send` says, and what it takes for an answer. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admin, adminStarted } from '../lib/admin.js';
import { startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack({ start: ['broker', 'logger'] });
});
after(() => stack?.close());

/**
 * Who hears all in a room.
 * @param {string} room
 */
async function listener(room) {
  const client = await stack.client();
  /** @type {any[]} */
  const heard = [];
  client.on('message', (_topic, payload) => heard.push(JSON.parse(payload.toString())));
  await client.subscribeAsync(`chat/${room}`, { qos: 1 });
  return { client, heard };
}

const last = () =>
  stack.sql('SELECT room, nickname, text, client_id FROM messages ORDER BY id DESC LIMIT 1')[0];

test('it is said in the usual room by who is logged in, if nobody says otherwise', () => {
  const say = (/** @type {string[]} */ args, /** @type {Record<string, string>} */ env) =>
    assert.match(admin(stack, ['send', ...args], { env }).stdout, /^stored as \d+\n$/);
  say(['one', 'two  three'], { USER: 'carla' });
  assert.deepEqual(last(), {
    room: 'messages',
    nickname: 'carla',
    text: 'one two  three',
    client_id: 'mqtt-chat',
  });
  say(['--nickname=Dan', '--room=lab', 'x'], { USER: 'carla' });
  assert.deepEqual([last().room, last().nickname], ['lab', 'Dan']);
  say(['x'], { USER: '' });
  assert.equal(last().nickname, 'admin');
});

test('what has no receipt is said again, as the same message', async () => {
  const { client, heard } = await listener('again');
  await stack.stop('logger');
  const { ended, output } = adminStarted(stack, ['send', '--room=again', '--timeout=20', 'Hello']);
  await until(() => heard.length === 2, 15_000, 'it is said twice');
  assert.deepEqual(heard[0], heard[1]);
  assert.match(heard[0].msgId, /^[0-9a-f]{32}$/);
  await stack.start('logger');
  assert.equal(await ended, 0, output());
  assert.equal(stack.sql("SELECT * FROM messages WHERE room = 'again'").length, 1);
  client.end();
});

test('what the logger will reject is said once, and not waited for', async () => {
  const { client, heard } = await listener('once');
  await stack.stop('logger');
  const began = Date.now();
  const run = adminStarted(stack, ['send', '--room=once', '--timeout=30', ' ']);
  assert.equal(await run.ended, 1);
  assert.match(run.output(), /rejected: text must be/);
  assert.ok(Date.now() - began < 15_000, 'it waited for the whole time');
  assert.equal(heard.length, 1);
  await stack.start('logger');
  client.end();
});

test('what no broker may take in one packet is not sent', async () => {
  const { client, heard } = await listener('large');
  const run = admin(stack, ['send', '--room=large', 'x'.repeat(70_000)]);
  assert.equal(run.status, 1);
  assert.match(run.stderr, /^mqtt-chat: it was rejected: the payload is larger than 64 KiB\n$/);
  const fits = admin(stack, ['send', '--room=large', 'y'.repeat(60_000)]);
  assert.match(fits.stderr, /^mqtt-chat: it was rejected: text must be a string/);
  await until(() => heard.length > 0);
  assert.deepEqual(
    heard.map(({ text }) => text.length),
    [60_000],
  );
  for (const wrong of ['0', '3601', 'x', ''])
    assert.match(
      admin(stack, ['send', `--timeout=${wrong}`, 'x']).stderr,
      /--timeout must be a whole number from 1 to 3600/,
    );
  client.end();
});

test('only the logger gives receipts', async () => {
  const { client, heard } = await listener('forged');
  await stack.stop('logger');
  const { ended, output } = adminStarted(stack, ['send', '--room=forged', '--timeout=1', 'Hello']);
  await until(() => heard.length > 0);
  const answer = { msgId: heard[0].msgId, id: 4711, reason: 'forged' };
  for (const payload of [answer, [answer]])
    await client.publishAsync('chat/forged/typing', JSON.stringify(payload), { qos: 1 });
  assert.equal(await ended, 1);
  assert.match(output(), /no receipt/);
  await stack.start('logger');
  client.end();
});

test("others' receipts are not taken for its own", async () => {
  const client = await stack.client();
  await stack.stop('logger');
  for (let i = 0; i < 30; i++) {
    const text = i % 3 ? `Other ${i}` : ' ';
    await client.publishAsync('chat/busy', JSON.stringify({ text, msgId: `other-${i}` }), {
      qos: 1,
    });
  }
  const { ended, output } = adminStarted(stack, ['send', '--room=busy', '--timeout=20', 'Mine']);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await stack.start('logger');
  assert.equal(await ended, 0, output());
  const [{ id }] = stack.sql("SELECT id FROM messages WHERE text = 'Mine'");
  assert.equal(output(), `stored as ${id}\n`);
  client.end();
});

test('a broker that is not there is named with its port', () => {
  const at = (/** @type {string[]} */ ...where) => admin(stack, ['send', ...where, 'x']).stderr;
  assert.match(at('--broker=127.0.0.1', '--port=1'), /broker at 127\.0\.0\.1, port 1: Connection/);
  assert.match(at('--broker=/none'), /broker at \/none: No such file or directory$/m);
});
