/** Nothing lost, nothing doubled, whoever dies and comes back. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Sender } from '../lib/sender.js';
import { services, startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
let room = '';
let rooms = 0;
before(async () => {
  stack = await startStack();
});
beforeEach(async () => {
  room = `room${++rooms}`;
  for (const name of services) if (!stack.alive(name)) await stack.start(name);
});
after(() => stack?.close());

/**
 * Waits until all is stored and no more comes, then compares: the room has to hold the texts 1 to
 * `count`, once and in order.
 * @param {number} count
 */
async function assertStoredOnce(count) {
  const texts = (await settledTexts(count)).map(Number);
  const seen = new Set();
  const doubled = texts.filter((n) => seen.size === seen.add(n).size);
  const lost = Array.from({ length: count }, (_, i) => i + 1).filter((n) => !seen.has(n));
  const late = texts.filter((n, i) => i > 0 && n < texts[i - 1]);
  const found = [lost, doubled, late].map((list) => `${list.length}: ${list.slice(0, 5)}`);
  const expected = ['0: ', '0: ', '0: '];
  assert.deepEqual(
    found,
    expected,
    `of ${count}: lost ${found[0]}; doubled ${found[1]}; late ${found[2]}`,
  );
}

/**
 * The texts of the room, once there are as many, and no more came after them.
 * @param {number} count
 */
async function settledTexts(count) {
  await until(async () => (await stack.wholeHistory(room)).length >= count, 20_000, 'all stored');
  await sleep(300);
  return (await stack.wholeHistory(room)).map(({ text }) => text);
}

/** @param {number} count */
const numbers = (count) => Array.from({ length: count }, (_, i) => String(i + 1));

/* 1500: mosquitto's own limit for an absent client, 1000, would drop the rest without a word. */
test('what is sent while the logger is dead is stored, once and in order', async () => {
  const client = await stack.client();
  await stack.kill('logger');
  const topic = `chat/${room}`;
  await Promise.all(numbers(1500).map((text) => client.publishAsync(topic, text, { qos: 1 })));
  await stack.start('logger');
  await assertStoredOnce(1500);
});

/* With per_listener_settings, 2.0.11 on a Unix socket and 2.0.12 to 2.0.2x on any refused these. */
test('what is sent after the broker came back and before the logger did is stored', async () => {
  await stack.stop('logger');
  await stack.stop('broker');
  await stack.start('broker');
  const client = await stack.client();
  for (const text of numbers(20)) await client.publishAsync(`chat/${room}`, text, { qos: 1 });
  await stack.start('logger');
  await assertStoredOnce(20);
});

test('what is queued for the logger survives that the broker ends, and that it is killed', async () => {
  await stack.stop('logger');
  let sent = 0;
  const send = async (/** @type {import('mqtt').MqttClient} */ client) => {
    for (let i = 0; i < 100; i++)
      await client.publishAsync(`chat/${room}`, String(++sent), { qos: 1 });
  };
  await send(await stack.client());
  await stack.stop('broker');
  await stack.start('broker');
  await send(await stack.client());
  const snapshot = join(stack.dataDir, 'broker/mosquitto.db');
  const before = statSync(snapshot).mtimeMs;
  process.kill(Number(stack.pid('broker')), 'SIGUSR1'); // as each 10 s: a snapshot
  await until(() => statSync(snapshot).mtimeMs > before, 5000, 'a snapshot');
  await stack.kill('broker');
  await stack.start('broker');
  await send(await stack.client());
  await stack.start('logger');
  await assertStoredOnce(300);
});

test('what was sent at QoS 0 while the logger is dead is stored as well', async () => {
  const client = await stack.client();
  await stack.kill('logger');
  for (const text of numbers(50)) client.publish(`chat/${room}`, text, { qos: 0 });
  await client.publishAsync(`chat/${room}`, '51', { qos: 1 });
  await stack.start('logger');
  await assertStoredOnce(51);
});

/**
 * Publishes numbers as fast as the broker takes them, while `during` runs; returns how many.
 * @param {(text: string) => string} payloadOf
 * @param {() => Promise<void>} during
 */
async function stream(payloadOf, during) {
  const client = await stack.client();
  let count = 0;
  let speaking = true;
  const all = (async () => {
    while (speaking) {
      const texts = Array.from({ length: 50 }, () => String(++count));
      const topic = `chat/${room}`;
      await Promise.all(
        texts.map((text) => client.publishAsync(topic, payloadOf(text), { qos: 1 })),
      );
    }
  })();
  await during().finally(() => {
    speaking = false;
  });
  await all;
  return count;
}

/** Waits until the room has grown by some more messages. */
async function moreStored() {
  const last = (await stack.history(`room=${room}&limit=1`))[0]?.id ?? 0;
  await until(
    async () => (await stack.history(`room=${room}&after=${last}&limit=200`)).length > 99,
  );
}

test('SIGTERM in the middle of a stream loses and doubles nothing, even without msgId', async () => {
  const count = await stream(String, async () => {
    for (let i = 0; i < 5; i++) {
      await moreStored();
      assert.deepEqual(await stack.stop('logger'), { code: 0, signal: null });
      await stack.start('logger');
    }
  });
  await assertStoredOnce(count);
});

test('SIGKILL in the middle of a stream loses and doubles nothing that has a msgId', async () => {
  const payloadOf = (/** @type {string} */ text) =>
    JSON.stringify({ nickname: 'n', text, clientId: room, msgId: text });
  const count = await stream(payloadOf, async () => {
    for (let i = 0; i < 5; i++) {
      await moreStored();
      await stack.kill('logger');
      await stack.start('logger');
    }
  });
  await assertStoredOnce(count);
});

test('every service is killed in turn while senders speak: all is stored once', async () => {
  const senders = [
    await Sender.open(stack, 'native', { room }),
    await Sender.open(stack, 'web-1', { room, over: 'web' }),
    await Sender.open(stack, 'web-2', { room, over: 'web' }),
  ];
  const stop = new AbortController();
  const speaking = senders.map((sender) => sender.sendUntil(stop.signal, 5));
  for (const name of services) {
    await sleep(200);
    await stack.kill(name);
    await sleep(200);
    await stack.start(name);
  }
  const all = () => senders.flatMap((sender) => [...sender.receipts.values()]);
  await until(() => all().length > 300, 60_000, 'they have said something');
  stop.abort();
  await Promise.all(speaking);
  await Promise.all(senders.map((sender) => sender.settle()));

  const receipts = all();
  const promised = receipts.map(({ id, msgId }) => `${id} ${msgId}`).sort();
  const stored = (await stack.wholeHistory(room)).map(({ id, msgId }) => `${id} ${msgId}`).sort();
  assert.deepEqual(stored, promised);
});

test('a broker that was killed has its state back, and the logger returns by itself', async () => {
  const sender = await Sender.open(stack, 'patient', { room });
  await stack.kill('broker');
  sender.send();
  await stack.start('broker');
  sender.send();
  await sender.settle();
  assert.deepEqual((await settledTexts(2)).sort(), ['1', '2']);
  assert.ok(stack.alive('logger'));
});

test('all services end and start again, and everything is there', async () => {
  const client = await stack.client();
  await client.publishAsync(`chat/${room}`, '1', { qos: 1 });
  await settledTexts(1);
  const before = await stack.wholeHistory(room);
  await stack.stop('logger');
  await client.publishAsync(`chat/${room}`, '2', { qos: 1 });
  for (const name of [...services].reverse()) if (stack.alive(name)) await stack.stop(name);
  for (const name of services) await stack.start(name);
  assert.deepEqual(await settledTexts(2), ['1', '2']);
  assert.deepEqual((await stack.wholeHistory(room))[0], before[0]);
});

test('without the API chat goes on, without the broker history can be read', async () => {
  const client = await stack.client();
  const page = await stack.client({ over: 'web' });
  let heard = '';
  page.on('message', (_, payload) => {
    heard = payload.toString();
  });
  await page.subscribeAsync(`chat/${room}`, { qos: 1 });
  await stack.kill('api');
  await client.publishAsync(`chat/${room}`, 'live', { qos: 1 });
  await until(() => heard === 'live');
  await stack.start('api');
  await stack.kill('broker');
  assert.deepEqual(await settledTexts(1), ['live']);
});
