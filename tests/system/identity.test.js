/**
 * Who one is, from end to end: a token from token.fcgi through nginx, the broker with its plugin, and the
 * logger, which keeps what it says. And back to a chat that is open.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import mqtt from 'mqtt';
import { startStack, until } from '../lib/stack.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {{mode: string, user: string, nickname: string, clientId: string, token: string}} Minted */

/** @param {Stack} stack @param {string} nickname @returns {Promise<Minted>} */
async function mint(stack, nickname) {
  const answer = await fetch(`${stack.root}/api/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ nickname }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** @param {Stack} stack @param {mqtt.IClientOptions} options */
const overNginx = (stack, options) =>
  mqtt.connectAsync(`${stack.root.replace('http', 'ws')}/mqtt`, {
    ...{ protocolVersion: 5, reconnectPeriod: 0 },
    ...options,
  });

/** @param {Minted} minted @returns {mqtt.IClientOptions} */
const login = ({ user, token, clientId }) => ({ username: user, password: token, clientId });

/** Takes the plugin out of the broker's configuration. @param {Stack} stack */
function unguard(stack) {
  const file = join(stack.dataDir, 'etc/broker.conf');
  const guarded = readFileSync(file, 'utf8');
  writeFileSync(file, guarded.replace(/^(plugin|check_retain).*\n/gm, ''));
  return () => writeFileSync(file, guarded);
}

describe('identity', () => {
  /** @type {Stack} */
  let stack;
  before(async () => {
    stack = await startStack({ identity: 'guest' });
  });
  after(() => stack?.close());

  test('who has a token talks, and what is stored says who it was', async () => {
    const minted = await mint(stack, 'Ann');
    const client = await overNginx(stack, login(minted));
    const { user: clientId, nickname } = minted;
    /** @type {string[]} */
    const receipts = [];
    client.on('message', (_topic, payload) => receipts.push(String(payload)));
    await client.subscribeAsync('chat/+/stored', { qos: 1 });
    const message = { nickname, clientId, text: 'hello', msgId: 'm1' };
    await client.publishAsync('chat/messages', JSON.stringify(message), { qos: 1 });
    await until(() => receipts.length > 0, 10_000, 'a receipt');
    const [stored] = await stack.history('');
    assert.deepEqual([stored.nickname, stored.clientId, stored.text], ['Ann', clientId, 'hello']);
    await client.endAsync();
  });

  test('who has none is told so, by every way', async () => {
    await assert.rejects(overNginx(stack, { clientId: 'page-x' }), { code: 0x87 });
    const native = mqtt.connectAsync(`mqtt://127.0.0.1:${stack.mqttPort}`, { reconnectPeriod: 0 });
    await assert.rejects(native, { code: 5 });
  });

  test('a broker without the plugin gets no logger, which says why', async () => {
    await stack.stop('logger');
    await stack.stop('broker');
    const guard = unguard(stack);
    await stack.start('broker');
    const child = await stack.start('logger').catch((error) => error);
    assert.ok(child instanceof Error);
    assert.match(stack.log('logger'), /lets in who has no token/);
    await stack.stop('broker');
    guard();
    await stack.start('broker');
    await stack.start('logger');
  });

  test('a logger that runs notices it at the next connection', async () => {
    const before = stack.log('logger').length;
    await stack.stop('broker');
    const guard = unguard(stack);
    await stack.start('broker');
    await until(() => /lets in who has no token/.test(stack.log('logger').slice(before)), 20_000);
    await until(() => !stack.alive('logger'), 5000, 'the logger ends');
    guard();
  });
});

test('an open chat knows no @, and no tokens', async () => {
  const stack = await startStack();
  try {
    const client = await stack.client();
    /** @type {string[]} */
    const refusals = [];
    client.on('message', (_topic, payload) => refusals.push(String(payload)));
    await client.subscribeAsync('chat/+/rejected', { qos: 1 });
    const message = { nickname: 'Ann', clientId: '@ann', text: 'it is me', msgId: 'm1' };
    await client.publishAsync('chat/messages', JSON.stringify(message), { qos: 1 });
    await until(() => refusals.length > 0, 10_000, 'a refusal');
    assert.match(refusals[0], /must not begin with @/);
    assert.equal((await fetch(`${stack.root}/api/token`, { method: 'POST' })).status, 404);
  } finally {
    await stack.close();
  }
});
