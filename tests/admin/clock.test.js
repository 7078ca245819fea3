/**
 * A clock that is wrong, by libfaketime: the logger empties no history for it, and nobody calls a logger
 * well whose last sign of life is in the future.
 */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin } from '../lib/admin.js';
import { startStack, until } from '../lib/stack.js';

const DAY = 86_400_000;
const library = readdirSync('/usr/lib')
  .map((name) => join('/usr/lib', name, 'faketime/libfaketime.so.1'))
  .find((path) => existsSync(path));
const skip = !library
  ? 'libfaketime is missing (apt-get install faketime)'
  : process.env.MQTT_CHAT_WRAP && 'the programs run under another wrapper';

const folder = mkdtempSync(join(tmpdir(), 'mqtt-chat-clock-'));
const env = {
  LD_PRELOAD: `${library}`,
  FAKETIME_TIMESTAMP_FILE: join(folder, 'now'),
  FAKETIME_NO_CACHE: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  ASAN_OPTIONS: 'verify_asan_link_order=0',
};

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  if (skip) return;
  chmodSync(folder, 0o755);
  setClock('+0');
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  process.env.MQTT_CHAT_WRAP = `env ${words.join(' ')}`;
  stack = await startStack({ start: ['broker', 'api', 'nginx'] });
  appendFileSync(join(stack.dataDir, 'etc/mqtt-chat.conf'), '\nretention-days = 365\n');
  await stack.start('logger');
});
after(async () => {
  await stack?.close();
  rmSync(folder, { recursive: true });
});

/** @param {string} offset of libfaketime's: +400d */
function setClock(offset) {
  writeFileSync(join(folder, 'now'), offset);
}

/** @param {string[]} args */
const command = (...args) => admin(stack, args, { env });
const texts = () => stack.sql('SELECT text FROM messages ORDER BY id').map(({ text }) => text);
const warnings = () => stack.log('logger').split('so nothing is deleted by age').length - 1;
const health = () => fetch(`${stack.root}/api/health`);
const metrics = async () => (await fetch(`${stack.root}/api/metrics`)).text();

/** @param {string} area of `mqtt-chat check`, whose other parts are not at home here */
const faults = (area) =>
  command('check', '--json')
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((finding) => finding.area === area && finding.state === 'fault');

test('400 days ahead nothing is deleted, whatever comes in, until prune is run', {
  skip,
}, async () => {
  const rows = Array.from({ length: 150 }, (_, i) => {
    const ts = new Date(Date.now() - (i < 148 ? 100 * DAY : 0)).toISOString();
    return `${JSON.stringify({ id: i + 1, nickname: 'Ann', text: `m${i}`, ts })}\n`;
  });
  const run = admin(stack, ['import', '--format=ndjson'], { input: rows.join('') });
  assert.equal(run.status, 0, run.stderr);
  assert.equal((await (await health()).json()).retentionWaits, false);
  assert.match(await metrics(), /^mqtt_chat_retention_waits 0$/m);

  for (const told of [1, 2, 3]) {
    await stack.stop('logger');
    setClock('+400d');
    await stack.start('logger');
    assert.equal(command('send', `under the wrong clock ${told}`).status, 0);
    await until(() => warnings() === told, 10_000, 'the log tells of it');
  }
  assert.equal(texts().length, 153);
  assert.match(stack.log('logger'), /clock says \S+, 400 days ahead .*mqtt-chat prune --days=365/);
  const answer = await health();
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).retentionWaits, true);
  assert.match(await metrics(), /^mqtt_chat_retention_waits 1$/m);
  const [fault] = faults('clock');
  assert.match(fault.what, /400 d ahead of the logger's own account/);
  assert.match(fault.remedy, /mqtt-chat prune --days=365/);
  assert.match(command('status').stdout, /^clock +400 d ahead .*retention waits/m);

  const prune = command('prune', '--days=365', '--yes');
  assert.match(prune.stdout, /^150 messages were deleted/);
  await stack.stop('logger'); // its next pass is the first of a start
  await stack.start('logger');
  await until(async () => {
    command('send', 'A commit takes the news along');
    return /^mqtt_chat_retention_waits 0$/m.test(await metrics());
  });
  assert.ok(!texts().includes('m149') && texts().includes('under the wrong clock 1'));
});

test('a sign of life from the future is none, and a logger that lives gives a new one at once', {
  skip,
}, async () => {
  setClock('+1h');
  assert.equal(command('send', 'an hour ahead').status, 0);
  await until(async () => (await health()).status === 200);
  const logger = Number(stack.pid('logger'));
  process.kill(logger, 'SIGSTOP'); // it hangs
  try {
    setClock('+0');
    const answer = await health();
    assert.equal(answer.status, 503);
    assert.match((await answer.json()).error.message, /the clock was set back/);
    assert.match(await metrics(), /^mqtt_chat_logger_up 0$/m);
    const status = command('status');
    assert.equal(status.status, 1);
    assert.match(status.stdout, /^logger +last sign of life \d+ min in the future: the clock/m);
    assert.match(faults('logger')[0].what, /last sign of life is \d+ min in the future/);
  } finally {
    process.kill(logger, 'SIGCONT');
  }
  await until(async () => (await health()).status === 200, 5000, 'a new sign of life');
  assert.match(await metrics(), /^mqtt_chat_logger_up 1$/m);
  assert.deepEqual(faults('logger'), []);
});
