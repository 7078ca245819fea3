/** The plugin at its beginning and end, and our own programs at the broker that has it. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { rmSync, unlinkSync } from 'node:fs';
import { test } from 'node:test';
import { page, says, startGuarded } from '../lib/guard.js';
import { until } from '../lib/stack.js';

const pem = /** @type {const} */ ({ format: 'pem', type: 'spki' });

/**
 * That the broker does not start, and says why on one line of the plugin.
 * @param {(guarded: import('../lib/guard.js').Guarded) => void} first
 * @param {RegExp} line
 */
async function doesNotStart(first, line) {
  await assert.rejects(startGuarded({ first }), (error) => {
    const text = /** @type {Error} */ (error).message;
    const lines = text.split('\n').filter((one) => one.includes('mqtt-chat guard:'));
    assert.equal(lines.length, 1, text);
    assert.match(lines[0], line);
    assert.match(lines[0], /the broker does not start without it/);
    return true;
  });
}

test('without a key that it can read the broker does not start', async () => {
  await doesNotStart((one) => unlinkSync(one.keyFile), /token\.pub: /);
  await doesNotStart((one) => one.write(one.keyFile, 'no key\n'), /token\.pub: /);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  await doesNotStart((one) => one.write(one.keyFile, String(rsa.export(pem))), /token\.pub: /);
  const { privateKey } = generateKeyPairSync('ed25519');
  const secret = String(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  await doesNotStart((one) => one.write(one.keyFile, secret), /token\.pub: .*private/);
});

test('without bans that it can read the broker does not start', async () => {
  await doesNotStart((one) => one.write(one.bansFile, 'ban\t@ann\t0\n'), /bans.*line 1/);
  await doesNotStart((one) => one.write(one.bansFile, 'ban\t@ann\t0\tcut off'), /bans.*line 1/);
});

test('the bans of the file hold from the first connection on', async (t) => {
  const eve = page('eve');
  const guarded = await startGuarded({
    first: (one) => one.write(one.bansFile, `ban\t${eve.sub}\t0\tspam\n`),
  });
  t.after(() => guarded.close());
  assert.ok(await guarded.refuses('mqtt', eve));
  await guarded.logged(/nobody comes in without a token; on the list of bans: 1/);
});

test('an option that is missing or misspelt is not passed over', async () => {
  /** @param {string} text @returns {(one: import('../lib/guard.js').Guarded) => void} */
  const with_ = (text) => (one) => {
    const plugin = one.configuration().match(/^plugin .*$/m)?.[0];
    one.write(one.confFile, `${plugin}\n${text}`);
  };
  await doesNotStart(with_(''), /plugin_opt_key is missing/);
  await doesNotStart(
    with_('plugin_opt_ban x\n'),
    /there is no plugin_opt_ban, only _key and _bans/,
  );
});

test('where the plugin itself is missing the broker does not start', async () => {
  const gone = (/** @type {import('../lib/guard.js').Guarded} */ one) =>
    one.write(one.confFile, one.configuration().replace('guard.so', 'gone.so'));
  await assert.rejects(startGuarded({ first: gone }), /Unable to load/);
});

test('the logger stores and answers, over a restart of the broker as well', async (t) => {
  const guarded = await startGuarded({ start: ['broker', 'logger', 'api', 'nginx'] });
  t.after(() => guarded.close());
  const { stack } = guarded;
  const lamp = { id: 'd', sub: '@lamp', role: 'device', exp: Math.floor(Date.now() / 1000) + 3600 };
  /** @param {string} text */
  const arrives = (text) =>
    until(async () => (await stack.history('room=lab')).some((one) => one.text === text));
  const me = await guarded.enter('ws', lamp);
  await me.subscribe('chat/lab/stored');
  await me.publish('chat/lab', 'one');
  await arrives('one');
  await me.hears('"id"');
  await stack.kill('logger');
  await me.publish('chat/lab', 'while the logger is away');
  me.client.end(true);
  await stack.stop('broker');
  await stack.start('broker');
  const again = await guarded.enter('mqtt', lamp);
  await again.publish('chat/lab', 'before it is back');
  await stack.start('logger');
  await arrives('while the logger is away');
  await arrives('before it is back');
});

test('the broker ends in order, with people in it', async (t) => {
  const guarded = await startGuarded();
  t.after(() => guarded.close());
  const ann = page('ann');
  const topic = `chat/lab/presence/${ann.pid}`;
  const will = { topic, payload: Buffer.alloc(0), qos: /** @type {const} */ (1), retain: true };
  const one = await guarded.enter('mqtt', ann, { will });
  await guarded.enter('ws', page('bob'));
  await one.publish('chat/lab', says(ann, 'x'));
  assert.deepEqual(await guarded.stack.stop('broker'), { code: 0, signal: null });
  rmSync(guarded.bansFile, { force: true });
});
