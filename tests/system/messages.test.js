/** What is said reaches the history: on real parts, as the MQTT contract has it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Sender } from '../lib/sender.js';
import { asShipped, startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack();
});
after(() => stack?.close());

/**
 * The original's command line, on the ports of this stack.
 * @param {string} command
 */
function shell(command) {
  const script = command.replace('1883', `${stack.mqttPort}`).replace('8080', `${stack.port}`);
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' });
}

/**
 * @param {string} room
 * @param {number} count
 */
const waitFor = (room, count) =>
  until(async () => {
    const page = await stack.history(`room=${room}&limit=200`);
    return page.length >= count ? page : undefined;
  });

test("the original's commands, word for word, post a message and show it last", async () => {
  const said = '{"nickname":"Tester","text":"Earlier","clientId":"cli-001"}';
  shell(`mosquitto_pub -h localhost -p 1883 -t "chat/messages" -m '${said}'`);
  await waitFor('messages', 1);
  shell(
    'mosquitto_pub -h localhost -p 1883 -t "chat/messages" -m "{\\"nickname\\":\\"Tester\\",' +
      '\\"text\\":\\"Hello from terminal\\",\\"clientId\\":\\"cli-001\\"}"',
  );
  await waitFor('messages', 2);
  const page = JSON.parse(shell("curl -s 'http://127.0.0.1:8080/api/messages?limit=10'"));
  assert.deepEqual(
    page.map((/** @type {{text: string}} */ m) => m.text),
    ['Earlier', 'Hello from terminal'],
  );
  const { id, ts, ...last } = page[1];
  assert.deepEqual(last, {
    room: 'messages',
    nickname: 'Tester',
    text: 'Hello from terminal',
    clientId: 'cli-001',
    msgId: null,
  });
  assert.ok(id > page[0].id);
  assert.match(ts, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(Math.abs(Date.parse(ts) - Date.now()) < 60_000);
});

test('a browser behind nginx and a device on native MQTT see what the other says', async () => {
  const page = await stack.client({ over: 'web' });
  const device = await stack.client({ protocolVersion: 4 });
  /** @type {string[]} */
  const seen = [];
  for (const [name, client] of /** @type {const} */ ([
    ['page', page],
    ['device', device],
  ])) {
    client.on('message', (_, payload) => seen.push(`${name}: ${payload}`));
    await client.subscribeAsync('chat/lounge', { qos: 1 });
  }
  await page.publishAsync('chat/lounge', 'from the page', { qos: 1 });
  await device.publishAsync('chat/lounge', 'from the device', { qos: 1 });
  await until(() => seen.length === 4);
  assert.deepEqual(seen.sort(), [
    'device: from the device',
    'device: from the page',
    'page: from the device',
    'page: from the page',
  ]);
  await waitFor('lounge', 2);
});

test("a device's plain text is a message of `mqtt` in its room", async () => {
  shell('mosquitto_pub -h localhost -p 1883 -t chat/lab -m "door open"');
  const [message] = await waitFor('lab', 1);
  assert.equal(message.room, 'lab');
  assert.equal(message.nickname, 'mqtt');
  assert.equal(message.text, 'door open');
});

test('letters of every script come back from the history as they were sent, raw or as escapes', async () => {
  const client = await stack.client();
  const said = {
    nickname: 'Päivi Ω',
    text: 'Größe ß, Привет, 日本, مرحبا, e\u0301, 👩‍💻',
    clientId: 'ä',
  };
  const payloads = ['raw', 'escaped'].map((msgId) => JSON.stringify({ ...said, msgId }));
  const escapes = payloads[1].replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  assert.match(escapes, /^[ -~]+$/);
  for (const payload of [payloads[0], escapes])
    await client.publishAsync('chat/letters', payload, { qos: 1 });
  const page = await waitFor('letters', 2);
  assert.deepEqual(
    page.map(({ nickname, text, clientId, msgId }) => ({ nickname, text, clientId, msgId })),
    [
      { ...said, msgId: 'raw' },
      { ...said, msgId: 'escaped' },
    ],
  );
});

test('a receipt comes after storing, and names the id that the history has', async () => {
  const sender = await Sender.open(stack, 'promised', { room: 'receipts' });
  for (let i = 0; i < 20; i++) {
    const msgId = sender.send();
    const receipt = await until(() => sender.receipts.get(msgId));
    const [stored] = await stack.history(`room=receipts&after=${receipt.id - 1}&limit=1`);
    assert.deepEqual([stored.id, stored.msgId, stored.ts], [receipt.id, msgId, receipt.ts]);
  }
  await sender.settle();
});

test('a repeated msgId is stored once, and for another text it is rejected', async () => {
  const client = await stack.client();
  /** @type {import('../lib/sender.js').Receipt[]} */
  const receipts = [];
  /** @type {{msgId: string, reason: string}[]} */
  const rejected = [];
  client.on('message', (topic, payload) => {
    const said = JSON.parse(payload.toString());
    if (topic.endsWith('/stored')) receipts.push(...said);
    else rejected.push(said);
  });
  await client.subscribeAsync(['chat/twice/stored', 'chat/twice/rejected'], { qos: 1 });
  const said = { nickname: 'a', text: 'first', clientId: 'c', msgId: 'm' };
  await client.publishAsync('chat/twice', JSON.stringify(said), { qos: 1 });
  await until(() => receipts.length === 1);
  await client.publishAsync('chat/twice', JSON.stringify(said), { qos: 1 });
  await until(() => receipts.length === 2);
  await client.publishAsync('chat/twice', JSON.stringify({ ...said, text: 'other' }), { qos: 1 });
  await until(() => rejected.length === 1);
  assert.equal(receipts.length, 2);
  assert.equal(rejected[0]?.msgId, 'm');
  assert.match(rejected[0]?.reason ?? '', /^msgId used before/);
  assert.deepEqual(receipts[1], receipts[0]);
  const page = await stack.history('room=twice');
  assert.deepEqual(
    page.map(({ id, text }) => [id, text]),
    [[receipts[0].id, 'first']],
  );
});

test('a retained message that is replayed to the logger is not a new one', async () => {
  const client = await stack.client();
  await client.publishAsync('chat/pinned', 'once', { qos: 1, retain: true });
  await waitFor('pinned', 1);
  await stack.stop('logger');
  await stack.start('logger');
  await client.publishAsync('chat/pinned', 'after', { qos: 1 });
  const page = await waitFor('pinned', 2);
  assert.deepEqual(
    page.map(({ text }) => text),
    ['once', 'after'],
  );
});

test('what cannot be stored lands in `rejected`, tells its sender, and holds up nothing', async () => {
  const client = await stack.client();
  /** @type {{msgId: string, clientId: string, reason: string}[]} */
  const told = [];
  client.on('message', (_, payload) => told.push(JSON.parse(payload.toString())));
  await client.subscribeAsync('chat/poison/rejected', { qos: 1 });

  const named = { nickname: 'n', text: 't', clientId: 'c' };
  /** @type {[string, string | Buffer, string][]} topic, payload, told msgId */
  const poison = [
    ['chat/poison', Buffer.from([0x7b, 0x22, 0xff, 0xfe]), ''],
    ['chat/poison', 'a\0b', ''],
    ['chat/poison', '   ', ''],
    ['chat/poison', 'x'.repeat(69_000), ''],
    ['chat/poison', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, ''],
    ['chat/poison', JSON.stringify({ ...named, msgId: 'long', text: 'x'.repeat(4001) }), 'long'],
    ['chat/poison', JSON.stringify({ ...named, msgId: 'type', nickname: 7 }), 'type'],
    ['chat/Bad.Room', JSON.stringify(named), ''],
  ];
  for (const [i, [topic, payload]] of poison.entries()) {
    await client.publishAsync('chat/poison', `good ${i}`, { qos: 1 });
    await client.publishAsync(topic, payload, { qos: 1 });
  }
  await client.publishAsync('chat/poison', 'the end', { qos: 1 });

  const page = await waitFor('poison', poison.length + 1);
  assert.deepEqual(
    page.map(({ text }) => text),
    [...poison.map((_, i) => `good ${i}`), 'the end'],
  );
  const rows = stack.sql(
    "SELECT topic, reason, size, length(head) AS head FROM rejected WHERE topic <> 'chat/twice'",
  );
  assert.deepEqual(
    rows.map(({ topic, size }) => [topic, size]),
    poison.map(([topic, payload]) => [topic, Buffer.byteLength(payload)]),
  );
  for (const row of rows) {
    assert.ok(String(row.reason).length > 3, 'it has a reason');
    assert.ok(Number(row.head) <= 256, 'only its first bytes are kept');
  }
  const msgIds = poison.map(([, , msgId]) => msgId).filter(Boolean);
  await until(() => told.filter(({ msgId }) => msgIds.includes(msgId)).length === msgIds.length);
  assert.ok(told.every(({ reason }) => reason.length > 3));
});

test('nobody but the logger can publish receipts, whichever way he comes', async () => {
  const listener = await stack.client();
  /** @type {string[]} */
  const heard = [];
  listener.on('message', (topic) => heard.push(topic));
  await listener.subscribeAsync('chat/forged/+', { qos: 1 });
  for (const over of /** @type {const} */ ([undefined, 'web'])) {
    const forger = await stack.client({ over });
    for (const kind of ['stored', 'rejected']) {
      const receipt = '[{"id":1,"msgId":"m","clientId":"c","ts":""}]';
      await assert.rejects(
        forger.publishAsync(`chat/forged/${kind}`, receipt, { qos: 1 }),
        /Not authorized/,
      );
    }
    await forger.publishAsync('chat/forged/typing', '{}', { qos: 1 });
  }
  await until(() => heard.length === 2);
  assert.deepEqual(heard, ['chat/forged/typing', 'chat/forged/typing']);
});

// The sanitizers and valgrind keep what is freed.
const testMemory = asShipped ? test : () => {};

/** The logger's memory that is nobody else's, in kB. */
function own() {
  const rollup = readFileSync(`/proc/${stack.pid('logger')}/smaps_rollup`, 'utf8');
  return Number(/^Private_Dirty:\s+(\d+) kB$/m.exec(rollup)?.[1]);
}

testMemory('in a quiet moment the logger gives back the memory that a flood took', async () => {
  const count = 20_000;
  const before = own();
  const input = Array.from({ length: count }, (_, n) => `message ${n}`).join('\n');
  execFileSync('mosquitto_pub', ['-p', `${stack.mqttPort}`, '-t', 'chat/flood', '-q', '1', '-l'], {
    input,
  });
  await until(
    async () => (await stack.history('room=flood&limit=1'))[0]?.text === `message ${count - 1}`,
  );
  // SQLite's cache alone is 2 MB.
  await until(() => own() < before + 1000, 10_000, `less than ${before} kB and 1 MB`);
});
