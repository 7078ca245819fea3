/** The queue that the broker keeps for the logger: whose it is, and what is said when it is gone. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack();
});
after(() => stack?.close());

const health = async () => (await fetch(`${stack.root}/api/health`)).json();

test('the logger is well, and says so', async () => {
  const { status, sessionLostAt } = await health();
  assert.deepEqual([status, sessionLostAt], ['ok', null]);
});

test('nobody speaks for the logger without its password', async () => {
  for (const password of [undefined, '', 'guess']) {
    const options = { username: 'logger', password, reconnectPeriod: 0 };
    const client = mqtt.connect(`mqtt://127.0.0.1:${stack.mqttPort}`, options);
    const refused = await new Promise((resolve) => client.once('error', resolve));
    assert.match(String(refused), /not authorized/i);
    client.end(true);
  }
  const client = await stack.client();
  /** @type {string[]} */
  const heard = [];
  client.on('message', (topic) => heard.push(topic));
  await client.subscribeAsync('chat/lab/stored', { qos: 1 });
  await client.publishAsync('chat/lab/stored', '[{"msgId":"forged"}]', { qos: 1 }).catch(() => {});
  await client.publishAsync('chat/lab', 'true', { qos: 1 });
  await until(() => heard.length > 0, 5000, 'a receipt');
  assert.equal(heard.length, 1, 'a forged receipt went out before the real one');
});

test('the id of the session is long, random, and told to nobody', async () => {
  const id = readFileSync(`${stack.database}.client-id`, 'utf8');
  assert.match(id, /^log[a-z0-5]{20}$/);
  const client = await stack.client();
  /** @type {string[]} */
  const heard = [];
  client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
  await client.subscribeAsync(['#', '$SYS/#'], { qos: 0 }).catch(() => {});
  await client.publishAsync('chat/lab', 'hello', { qos: 1 });
  await until(() => heard.some((line) => line.startsWith('chat/lab/stored')), 5000, 'a receipt');
  assert.ok(!heard.some((line) => line.includes(id)), 'it is in no message');
  assert.ok(!stack.log('broker').includes(id), 'it is in no log');
});

test('what the broker has read the acknowledgement of is not remembered for a repetition', async () => {
  // A mark has 26 bytes; what follows them is less.
  const marks = () => stack.sql('SELECT length(note) / 26 AS marks FROM logger_note')[0]?.marks;
  const client = await stack.client();
  await client.publishAsync('chat/lab', 'plain', { qos: 1 });
  await until(() => Number(marks()) > 0, 5000, 'a mark');
  await stack.stop('logger');
  assert.equal(marks(), 0);
  await stack.start('logger');
});

test('a session that the broker has forgotten is told in the log and in health', async () => {
  await stack.stop('logger');
  await stack.stop('broker');
  const state = join(stack.dataDir, 'broker');
  for (const file of readdirSync(state)) rmSync(join(state, file));
  await stack.start('broker');
  await stack.start('logger');
  assert.match(stack.log('logger'), /warning: the broker has forgotten this logger's session/);
  await until(async () => (await health()).status === 'session_lost', 5000, 'health says so');
});
