/** Who is here, at the real broker: what becomes of a page that ended while the broker was down. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clock } from '../../web/chat/clock.js';
import { nobody, presentNames } from '../../web/chat/people.js';
import { createPresence, willFor } from '../../web/chat/presence.js';
import { startStack, until } from '../lib/stack.js';

const EXPIRY_S = 5;

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack({ start: ['broker'] });
});
after(() => stack?.close());

/**
 * The presence of a page in a room, over a connection as the page makes it.
 * @param {string} room
 * @param {string} nickname '' for one who only looks
 * @param {4 | 5} protocolVersion
 */
async function visitor(room, nickname, protocolVersion = 5) {
  const presenceId = `${nickname || 'reader'}-${Math.random()}`;
  const will = willFor(room, presenceId);
  const client = await stack.client({ protocolVersion, will, reconnectPeriod: 0 });
  let people = nobody();
  const presence = createPresence({
    presenceId,
    clientId: presenceId,
    clock,
    expiryS: EXPIRY_S,
    onChange(next) {
      people = next;
    },
    publish(topic, payload, { expiryS, ...options }) {
      const expires = expiryS && protocolVersion === 5;
      const properties = expires ? { messageExpiryInterval: expiryS } : undefined;
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
    names: () => presentNames(people).sort(),
    end() {
      presence.setOnline(false);
      client.end(true);
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

/** @param {() => string[]} names @param {string[]} wanted */
const are = (names, wanted) =>
  until(() => JSON.stringify(names()) === JSON.stringify(wanted), 20_000, String(wanted));

for (const version of /** @type {const} */ ([5, 4])) {
  test(`MQTT ${version}: a page that ended while the broker was down goes, one that came back stays`, async () => {
    const room = `down-${version}`;
    const gone = await visitor(room, 'Gone', version);
    await are(gone.names, ['Gone']);
    assert.deepEqual(await retained(room), ['Gone']);
    process.kill(Number(stack.pid('broker')), 'SIGUSR1'); // as each 10 s: a snapshot
    await sleep(300);
    await stack.kill('broker');
    gone.end();
    await stack.start('broker');
    assert.deepEqual(await retained(room), ['Gone'], 'the broker has kept it, and no will came');
    const here = await visitor(room, 'Here', version);
    const reader = await visitor(room, '', version);
    await are(reader.names, ['Gone', 'Here']);
    await are(reader.names, ['Here']);
    await sleep(EXPIRY_S * 1500);
    assert.deepEqual([reader.names(), here.names()], [['Here'], ['Here']]);
    assert.deepEqual(await retained(room), ['Here'], 'nor does the broker keep it');
    here.client.stream.destroy();
    await are(reader.names, []);
    here.end();
    reader.end();
  });
}

test('a presence that a stranger clears is said again by who is still here', async () => {
  const here = await visitor('cleared', 'Here');
  const reader = await visitor('cleared', '');
  await are(reader.names, ['Here']);
  const stranger = await stack.client();
  await stranger.publishAsync(here.topic, '', { qos: 1, retain: true });
  await are(reader.names, []);
  await are(reader.names, ['Here']);
  assert.deepEqual(await retained('cleared'), ['Here']);
  here.end();
  reader.end();
});
