/** What `journalctl -u mqtt-chat-logger` shows of messages: the logger's lines, as an operator reads them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { asShipped, build, startStack, until } from '../lib/stack.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */

/** @param {Stack} stack @param {string} level */
function setLevel(stack, level) {
  const conf = join(stack.dataDir, 'etc/mqtt-chat.conf');
  const text = readFileSync(conf, 'utf8');
  assert.match(text, /^#log-level = info$/m);
  const set = text.replace(/^#log-level = info$/m, `log-level = ${level}`);
  writeFileSync(conf, set.replace(/^threads = .*/m, 'threads = 1'));
}

/** @param {Stack} stack @param {RegExp} what */
const lines = (stack, what) =>
  stack
    .log('logger')
    .split('\n')
    .filter((line) => what.test(line));

/**
 * Publishes these on chat/lab, and waits until the logger has answered each.
 * @param {Stack} stack
 * @param {string[]} payloads
 */
async function say(stack, ...payloads) {
  const client = await stack.client();
  let answers = 0;
  client.on('message', (topic, payload) => {
    answers += topic.endsWith('/stored') ? JSON.parse(payload.toString()).length : 1;
  });
  await client.subscribeAsync(['chat/lab/stored', 'chat/lab/rejected'], { qos: 1 });
  for (const payload of payloads) await client.publishAsync('chat/lab', payload, { qos: 1 });
  await until(() => answers === payloads.length, 10_000, 'the answers');
}

const good = JSON.stringify({ nickname: 'Ann', text: 'a secret', msgId: 'm1', clientId: 'c1' });
const bad = (/** @type {string} */ clientId) =>
  JSON.stringify({ nickname: 'Eve', text: ' ', msgId: 'm2', clientId });

test('a rejection is told at once, up to ten a minute; what was stored, when it ends', async () => {
  const stack = await startStack({ start: ['broker', 'logger'] });
  try {
    await say(stack, good, good, bad('\n2026 mqtt-chat-logger: forged\u001b[2J'));
    const [first, ...more] = lines(stack, /rejected: /);
    assert.match(
      first,
      /mqtt-chat-logger: warning: rejected: text must be a string of 1 to 4000 characters: \d+ bytes, room "lab", clientId "2026 mqtt-chat-logger: forged\\x1b\[2J", msgId "m2", nickname "Eve"$/,
    );
    assert.deepEqual(more, []);
    await say(stack, ...Array.from({ length: 30 }, (_, i) => bad(`c${i}`)));
    assert.equal(lines(stack, /rejected: text must/).length, 10);
    assert.deepEqual(lines(stack, /in \d+ s: /), [], 'no minute is over');
    await stack.stop('logger');
    assert.equal(lines(stack, /rejected: 21 more in this minute/).length, 1);
    const [summary] = lines(stack, /in \d+ s: /);
    assert.match(summary, /: 1 message stored in 1 room \(lab\), 1 repeated, 31 rejected$/);
    assert.ok(!stack.log('logger').includes('secret'), 'texts are not logged');
  } finally {
    await stack.close();
  }
});

test('at debug each message that is stored has a line, at warning nothing but rejections', async () => {
  const stack = await startStack({ start: ['broker'] });
  const conf = join(stack.dataDir, 'etc/mqtt-chat.conf');
  try {
    setLevel(stack, 'debug');
    await stack.start('logger');
    await say(stack, good, good);
    assert.match(
      lines(stack, /debug: /).join('\n'),
      /^.*debug: stored 1: \d+ bytes, room "lab", clientId "c1", msgId "m1", nickname "Ann"\n.*debug: repeated 1: .*"Ann"$/,
    );
    assert.ok(!stack.log('logger').includes('secret'), 'texts are not logged');
    await stack.stop('logger');

    const before = stack.log('logger').length;
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('level = debug', 'level = warning'));
    // It says no more that it is ready: what it stores tells.
    const started = stack.start('logger').catch(() => {});
    await say(stack, good, bad('c1'));
    assert.match(
      stack.log('logger').slice(before),
      /^\S+ mqtt-chat-logger: warning: rejected: [^\n]*\n$/,
    );
    await stack.kill('logger', 'SIGTERM');
    await started;
  } finally {
    await stack.close();
  }
});

test('the API keeps to the level as well', async () => {
  for (const [level, told] of /** @type {[string, boolean][]} */ ([
    ['info', true],
    ['warning', false],
  ])) {
    const stack = await startStack({ start: ['broker'] });
    try {
      setLevel(stack, level);
      await stack.start('api');
      await stack.start('nginx');
      const ask = async () => (await fetch(`${stack.root}/api/messages`)).status;
      assert.equal(await ask(), 503);
      assert.match(stack.log('api'), /chat\.fcgi: error: /);
      const started = stack.start('logger').catch(() => {});
      await until(async () => (await ask()) === 200);
      assert.equal(/it can be read again/.test(stack.log('api')), told, level);
      if (told) await started;
      else await stack.kill('logger', 'SIGTERM');
      await started;
    } finally {
      await stack.close();
    }
  }
});

// A sanitizer wants to be the first library, and so does this clock.
const testClock = asShipped ? test : () => {};

testClock('while there are messages there is a line a minute', async () => {
  const stack = await startStack({ start: ['broker'] });
  const launcher = join(stack.dataDir, 'services/logger');
  const clock = join(stack.dataDir, 'etc/clock');
  try {
    const program = join(build, 'src/mqtt-chat-logger');
    const text = readFileSync(launcher, 'utf8');
    assert.ok(text.includes(` ${program} `));
    writeFileSync(
      launcher,
      text.replace(
        ` ${program} `,
        ` /usr/bin/env LD_PRELOAD=/usr/\\$LIB/faketime/libfaketime.so.1 FAKETIME_NO_CACHE=1 FAKETIME_TIMESTAMP_FILE=${clock} ${program} `,
      ),
    );
    writeFileSync(clock, '+0');
    await stack.start('logger');
    await say(stack, good, bad('c1'));
    assert.deepEqual(lines(stack, /in \d+ s: /), []);
    writeFileSync(clock, '+61s');
    await until(
      () =>
        lines(stack, /in 6\d s: 1 message stored in 1 room \(lab\), 0 repeated, 1 rejected$/)
          .length === 1,
    );
    writeFileSync(clock, '+122s');
    await say(stack, good);
    assert.equal(lines(stack, /in \d+ s: /).length, 1, 'a minute without messages has no line');
  } finally {
    await stack.close();
  }
});
