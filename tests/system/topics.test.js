/**
 * Topic lines of rooms: the administrator's command sets them, the logger publishes them, the broker keeps
 * them for whoever comes, and nobody else can write them.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { admin } from '../lib/admin.js';
import { startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack();
});
after(() => stack?.close());
afterEach(async () => {
  if (!stack.alive('logger')) await stack.start('logger');
  const bump = "UPDATE topics SET topic = '', number = number + (SELECT max(number) FROM topics)";
  execFileSync('sqlite3', ['-cmd', '.timeout 5000', stack.database, bump]);
});

/** @param {string} room @param {string[]} words */
function set(room, ...words) {
  const run = admin(stack, ['room', 'topic', room, ...words]);
  assert.equal(run.status, 0, run.stderr);
}

/** What a client that comes now is told, and what comes later. @param {object} [options] */
async function listen(options) {
  /** @type {Map<string, string>} */
  const topics = new Map();
  let count = 0;
  const client = await stack.client(options);
  client.on('message', (topic, payload) => {
    const [, room, what] = topic.split('/');
    if (what !== 'topic') return;
    if (payload.length) topics.set(room, payload.toString());
    else topics.delete(room);
    count++;
  });
  await client.subscribeAsync('chat/+/topic', { qos: 1 });
  return { client, topics, count: () => count };
}

/** As the logger, which may write everything. */
const asLogger = () =>
  stack.client({
    username: 'logger',
    password: readFileSync(join(stack.dataDir, 'etc/logger.password'), 'utf8').trim(),
  });

async function restartBroker({ forgetful = false } = {}) {
  await stack.stop('broker');
  if (forgetful) rmSync(join(stack.dataDir, 'broker/mosquitto.db'), { force: true });
  const ready = stack.log('logger').split('ready: ').length;
  await stack.start('broker');
  await until(() => stack.log('logger').split('ready: ').length > ready);
}

test('what is set comes to who is there and who comes, by both ways, until it is taken away', async () => {
  const here = await listen({ over: 'web' });
  set('lab', 'Soldering', 'on Fridays ☕');
  await until(() => here.topics.get('lab') === 'Soldering on Fridays ☕');
  const late = await listen();
  await until(() => late.topics.get('lab') === 'Soldering on Fridays ☕');
  set('lab', 'On Mondays');
  await until(() => late.topics.get('lab') === 'On Mondays');
  set('lab', '--clear');
  await until(() => !here.topics.has('lab') && !late.topics.has('lab'));
  const nothing = await listen();
  await sleep(300);
  assert.equal(nothing.count(), 0);
});

test('the list of rooms has it, for rooms that have messages', async () => {
  const client = await stack.client();
  await client.publishAsync('chat/lab', 'Hi', { qos: 1 });
  await client.publishAsync('chat/bare', 'Hi', { qos: 1 });
  set('lab', 'Soldering');
  set('silent', 'Nobody talks here');
  const rooms = await until(async () => {
    const list = await (await fetch(`${stack.root}/api/rooms`)).json();
    return list.length === 2 && list;
  });
  const topics = Object.fromEntries(rooms.map((/** @type {any} */ one) => [one.room, one.topic]));
  assert.deepEqual(topics, { lab: 'Soldering', bare: undefined });
  set('lab', '');
  const [lab] = (await (await fetch(`${stack.root}/api/rooms`)).json()).filter(
    (/** @type {any} */ one) => one.room === 'lab',
  );
  assert.ok(!('topic' in lab));
});

test('a guest cannot write one, on either listener', async () => {
  set('lab', 'Ours');
  const there = await listen();
  await until(() => there.topics.get('lab') === 'Ours');
  const controls = new Set();
  there.client.on('message', (topic, payload) => {
    if (topic.startsWith('chat/lab/presence/')) controls.add(payload.toString());
  });
  await there.client.subscribeAsync('chat/lab/presence/+');
  const guests = [{}, { over: /** @type {const} */ ('web') }];
  for (const [i, options] of guests.entries()) {
    const guest = await stack.client(options);
    for (const payload of ['Forged', ''])
      for (const qos of /** @type {const} */ ([0, 1]))
        await guest
          .publishAsync('chat/lab/topic', payload, { qos, retain: true })
          .catch((error) => assert.match(String(error), /[Nn]ot authorized/));
    // What it may write arrives, behind what it may not.
    await guest.publishAsync('chat/lab/presence/x', `control ${i}`, { qos: 1, retain: true });
    await until(() => controls.has(`control ${i}`));
  }
  assert.equal(there.topics.get('lab'), 'Ours');
  const late = await listen();
  await until(() => late.topics.get('lab') === 'Ours');
  // The logger's own name can, so the client above would have heard it.
  await (await asLogger()).publishAsync('chat/lab/topic', 'By the logger', {
    qos: 1,
    retain: true,
  });
  await until(() => there.topics.get('lab') === 'By the logger');
});

test('what is set while the logger is away is published when it is back', async () => {
  await stack.stop('logger');
  set('lab', 'While you slept');
  set('kitchen', 'Also');
  await stack.start('logger');
  const there = await listen();
  await until(() => there.topics.get('lab') === 'While you slept' && there.topics.has('kitchen'));
  await stack.stop('logger');
  set('lab', '--clear');
  await stack.start('logger');
  await until(() => !there.topics.has('lab'));
  assert.ok(there.topics.has('kitchen'));
});

test('a broker that has lost what it kept gets it again; one that has not hears nothing', async () => {
  set('lab', 'One');
  set('kitchen', 'Two');
  const before = await listen();
  await until(() => before.topics.size === 2);
  await restartBroker({ forgetful: true });
  const there = await listen();
  await until(() => there.topics.get('lab') === 'One' && there.topics.get('kitchen') === 'Two');
  const count = there.count();
  await stack.stop('logger');
  await stack.start('logger');
  set('kitchen', 'Three');
  await until(() => there.topics.get('kitchen') === 'Three');
  assert.equal(there.count(), count + 1, 'that is all that was published');
});

test('what the broker keeps besides, or otherwise, is put right when the logger connects', async () => {
  set('lab', 'Right');
  const there = await listen();
  await until(() => there.topics.get('lab') === 'Right');
  await stack.stop('logger');
  const logger = await asLogger();
  await logger.publishAsync('chat/lab/topic', 'Wrong', { qos: 1, retain: true });
  await logger.publishAsync('chat/gone/topic', 'Of an older database', { qos: 1, retain: true });
  await until(() => there.topics.size === 2);
  await stack.start('logger');
  await until(() => there.topics.get('lab') === 'Right' && !there.topics.has('gone'));
});

test('many are compared without a flood, and messages are stored meanwhile', async () => {
  const many = 3000;
  execFileSync('sqlite3', [
    stack.database,
    `WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many})
     REPLACE INTO topics SELECT 1000 + i, 'many-' || i, 'Topic ' || i FROM n`,
  ]);
  const there = await listen();
  await until(() => there.topics.size === many);
  const count = there.count();
  await stack.stop('logger');
  await stack.start('logger');
  const { id } = await stack.client().then(async (client) => {
    await client.publishAsync('chat/messages', 'meanwhile', { qos: 1 });
    return until(async () => (await stack.history('limit=1'))[0]);
  });
  assert.ok(id > 0);
  set('many-7', 'Another');
  await until(() => there.topics.get('many-7') === 'Another');
  assert.equal(there.count(), count + 1);
});
