/** Who is here, at the real broker: what becomes of a page that ended while the broker was down. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clock as pageClock } from '../../web/chat/clock.js';
import { nobody, presentPeople } from '../../web/chat/people.js';
import { createPresence } from '../../web/chat/presence.js';
import { willFor } from '../../web/chat/presence-topics.js';
import { startStack, until } from '../lib/stack.js';

const EXPIRY_S = 5;

/** The page's clock; but what a visitor still waits for does not hold up the end of the tests. */
const clock = {
  ...pageClock,
  /** @param {number} ms @param {() => void} callback */
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack({ start: ['broker'] });
});
after(() => stack?.close());

/** So long a presence holds that none expires while a test runs. */
const LONG_S = 3600;

/**
 * The presence of a page in a room, over a connection as the page makes it.
 * @param {string} room
 * @param {string} nickname '' for one who only looks
 * @param {{protocolVersion?: 4 | 5, expiryS?: number}} [options]
 */
async function visitor(room, nickname, { protocolVersion = 5, expiryS = EXPIRY_S } = {}) {
  const presenceId = `${nickname || 'reader'}-${Math.random()}`;
  const will = willFor(room, presenceId);
  const client = await stack.client({ protocolVersion, will, reconnectPeriod: 0 });
  let people = nobody();
  const presence = createPresence({
    self: () => ({ presenceId, clientId: presenceId, guarded: false }),
    clock,
    expiryS,
    onChange(next) {
      people = next;
    },
    publish(topic, payload, { expiryS: seconds, ...options }) {
      const expires = seconds && protocolVersion === 5;
      const properties = expires ? { messageExpiryInterval: seconds } : undefined;
      client.publish(topic, payload, { ...options, ...(properties && { properties }) });
    },
  });
  client.on('message', (topic, payload) => presence.receive(topic, payload));
  presence.enter(room, nickname);
  presence.setOnline(true);
  await client.subscribeAsync(`chat/${room}/presence/+`, { qos: 1 });
  return {
    client,
    topic: will.topic,
    names: () =>
      presentPeople(people, () => '')
        .map(({ nickname: name }) => name)
        .sort(),
    end() {
      presence.setOnline(false);
      client.end(true);
    },
    /** Says good-bye to the broker, which therefore does not publish the will. */
    async part() {
      presence.setOnline(false);
      await client.endAsync();
    },
  };
}

/** What the broker keeps, for one that comes now. @param {string} room @returns {Promise<string[]>} */
async function retained(room) {
  const client = await stack.client();
  /** @type {string[]} */
  const names = [];
  client.on('message', (_topic, payload) => names.push(JSON.parse(String(payload)).nickname));
  await client.subscribeAsync(`chat/${room}/presence/+`, { qos: 1 });
  await sleep(200);
  client.end(true);
  return names;
}

/** The topics of the presences that somebody clears from now on. @param {string} room */
async function clearings(room) {
  const client = await stack.client();
  /** @type {string[]} */
  const topics = [];
  client.on('message', (topic, payload) => payload.length === 0 && topics.push(topic));
  await client.subscribeAsync(`chat/${room}/presence/+`, { qos: 1 });
  return topics;
}

/** @param {() => string[]} names @param {string[]} wanted */
const are = (names, wanted) =>
  until(() => JSON.stringify(names()) === JSON.stringify(wanted), 20_000, String(wanted));

for (const version of /** @type {const} */ ([5, 4])) {
  test(`MQTT ${version}: a page that ended while the broker was down goes, one that came back stays`, async () => {
    const room = `down-${version}`;
    const gone = await visitor(room, 'Gone', { protocolVersion: version });
    await are(gone.names, ['Gone']);
    assert.deepEqual(await retained(room), ['Gone']);
    process.kill(Number(stack.pid('broker')), 'SIGUSR1'); // as each 10 s: a snapshot
    await sleep(300);
    await stack.kill('broker');
    gone.end();
    await stack.start('broker');
    assert.deepEqual(await retained(room), ['Gone'], 'the broker has kept it, and no will came');
    const cleared = await clearings(room);
    const here = await visitor(room, 'Here', { protocolVersion: version });
    const reader = await visitor(room, '', { protocolVersion: version });
    await are(reader.names, ['Gone', 'Here']);
    await are(reader.names, ['Here']);
    await sleep(EXPIRY_S * 1500);
    assert.deepEqual([reader.names(), here.names()], [['Here'], ['Here']]);
    assert.deepEqual(await retained(room), ['Here'], 'nor does the broker keep it');
    assert.ok(!cleared.includes(here.topic), 'none who is here is cleared, not even for a moment');
    here.client.stream.destroy();
    await are(reader.names, []);
    here.end();
    reader.end();
  });
}

test('MQTT 5: the broker forgets a presence by itself, with nobody there to clear it', async () => {
  const left = await visitor('alone', 'Left');
  await are(left.names, ['Left']);
  await left.part();
  assert.deepEqual(await retained('alone'), ['Left']);
  await until(async () => (await retained('alone')).length === 0, 20_000, 'it has expired');
});

test('a presence that a stranger clears is said again by who is still here, and ends by the will', async () => {
  const here = await visitor('cleared', 'Here', { expiryS: LONG_S });
  const reader = await visitor('cleared', '', { expiryS: LONG_S });
  await are(reader.names, ['Here']);
  const stranger = await stack.client();
  await stranger.publishAsync(here.topic, '', { qos: 1, retain: true });
  await are(reader.names, []);
  await are(reader.names, ['Here']);
  assert.deepEqual(await retained('cleared'), ['Here']);
  here.client.stream.destroy();
  await are(reader.names, []);
  assert.deepEqual(await retained('cleared'), []);
  here.end();
  reader.end();
});
