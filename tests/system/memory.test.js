/**
 * What the broker's memory costs a box where one client subscribes and does not read, and another
 * publishes as fast as it can; and that a queue for the logger which is full outlives all of that.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { flood, subscribeAndSleep } from '../lib/flood.js';
import { asShipped, startStack, until } from '../lib/stack.js';

/** As in mosquitto/broker.conf.in. */
const QUEUE_MESSAGES = 250_000;
const FLOOD = 300_000;
const SHORT = 100;
const PAYLOAD_MAX = 65_536;
const MB = 1e6;
/** What one who floods beside one who does not read may cost. */
const ATTACK = 300 * MB;

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** What a full queue of the logger costs. */
let full = 0;
/** @type {import('node:net').Socket[]} */
const sleepers = [];

before(async () => {
  stack = await startStack();
});
after(async () => {
  for (const socket of sleepers) socket.destroy();
  await stack?.close();
});

/** Of the broker, in bytes: now, or the most that it had. @param {'VmRSS' | 'VmHWM'} [which] */
function memory(which = 'VmRSS') {
  const status = readFileSync(`/proc/${stack.pid('broker')}/status`, 'utf8');
  return Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}

const stored = () => Number(stack.sql('SELECT sum(messages) AS n FROM rooms')[0]?.n);
const mb = (/** @type {number} */ bytes) => `${Math.round(bytes / MB)} MB`;

test('a payload of 64 KiB is stored; a larger packet is not, and its sender is told or disconnected', {
  timeout: 60_000,
}, async () => {
  const room = 'r'.repeat(64);
  const message = { nickname: 'Ann', text: 'large', more: '' };
  message.more = 'x'.repeat(PAYLOAD_MAX - JSON.stringify(message).length);
  const payload = JSON.stringify(message);
  assert.equal(payload.length, PAYLOAD_MAX);
  for (const over of /** @type {const} */ (['web', undefined])) {
    const before = stored();
    const client = await stack.client({ over });
    await client.publishAsync(`chat/${room}`, payload, { qos: 1 });
    await until(() => stored() === before + 1);
    // Over the web it is told as a refusal that MQTT.js does not know: an error.
    const ended = new Promise((resolve) => {
      for (const event of /** @type {const} */ (['close', 'error'])) client.once(event, resolve);
    });
    client.publish(`chat/${room}`, payload + ' '.repeat(8192), { qos: 1 }, () => {});
    await ended;
    client.end(true);
    const next = await stack.client({ over });
    await next.publishAsync(`chat/${room}`, 'small', { qos: 1 });
    await until(() => stored() === before + 2);
  }
});

const testMemory = asShipped ? test : () => {};

testMemory(
  'one who does not read, and one who floods, cost 300 MB at most, and nobody else anything',
  { timeout: 400_000 },
  async (t) => {
    const before = stored();
    await stack.stop('logger');
    assert.ok(await flood(stack.mqttPort, 'chat/messages', FLOOD, SHORT));
    full = memory();
    t.diagnostic(`a full queue of the logger: ${mb(full)}`);

    sleepers.push(await subscribeAndSleep(stack.mqttPort, 'chat/flood'));
    for (const [count, bytes] of [
      [400, 2_000_000],
      [FLOOD, SHORT],
      [4000, PAYLOAD_MAX],
    ]) {
      const alive = await flood(stack.mqttPort, 'chat/flood', count, bytes);
      t.diagnostic(`flooded with ${count} of ${bytes} bytes: ${mb(memory())}`);
      assert.equal(alive, bytes <= PAYLOAD_MAX, 'what is too large ends its sender');
      assert.ok(memory() < full + ATTACK, `${mb(memory())} of ${mb(full)} and 300 MB`);
    }
    const [ann, bob] = [await stack.client(), await stack.client({ over: 'web' })];
    /** @type {string[]} */
    const heard = [];
    bob.on('message', (_topic, payload) => heard.push(payload.toString()));
    await bob.subscribeAsync('chat/calm', { qos: 1 });
    for (let i = 0; i < 100; i++) await ann.publishAsync('chat/calm', `calm ${i}`, { qos: 1 });
    await until(() => heard.length === 100);

    const broker = stack.pid('broker');
    await stack.start('logger');
    await until(
      () => stored() >= before + QUEUE_MESSAGES,
      120_000,
      'all that was queued is stored',
    );
    await ann.publishAsync('chat/calm', 'calm again', { qos: 1 });
    await until(
      async () => (await stack.history('room=calm')).at(-1)?.text === 'calm again',
      60_000,
    );
    assert.equal(stored(), before + QUEUE_MESSAGES + 1, 'nothing was thrown out');
    t.diagnostic(`at most: ${mb(memory('VmHWM'))}`);
    assert.ok(stack.alive('broker') && stack.pid('broker') === broker);
    assert.doesNotMatch(stack.log('broker').slice(-20_000), /Out of memory/);
  },
);

testMemory(
  'more of them cost no more: what has no room is dropped, and the chat goes on when they leave',
  { timeout: 400_000 },
  async (t) => {
    for (const room of ['a', 'b', 'c']) {
      sleepers.push(await subscribeAndSleep(stack.mqttPort, `chat/${room}`));
      await flood(stack.mqttPort, `chat/${room}`, FLOOD, SHORT);
      t.diagnostic(`with ${sleepers.length} that do not read: ${mb(memory())}`);
      assert.ok(memory() < full + ATTACK, `${mb(memory())} of ${mb(full)} and 300 MB`);
    }
    for (const socket of sleepers.splice(0)) socket.destroy();
    const client = await stack.client();
    await until(async () => {
      await client.publishAsync('chat/after', 'it goes on', { qos: 1 });
      return (await stack.history('room=after')).length > 0;
    }, 120_000);
    assert.ok(stack.alive('broker') && stack.alive('logger'));
  },
);
