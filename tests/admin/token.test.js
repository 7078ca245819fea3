/** `mqtt-chat token` and revoke: what a device gets in with, at a broker with the plugin. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin, adminStarted } from '../lib/admin.js';
import { startGuarded } from '../lib/guard.js';
import { build, until } from '../lib/stack.js';

/** @type {import('../lib/guard.js').Guarded} */
let guarded;
/** @type {string} */
let key;
before(async () => {
  guarded = await startGuarded();
  key = join(guarded.etc, 'device.key');
  writeFileSync(key, guarded.privateKey, { mode: 0o400 });
});
after(() => guarded?.close());

const options = () => ['--identity=guest', `--bans=${guarded.bansFile}`, `--token-key=${key}`];

/** @param {string} command @param {string[]} args */
const run = (command, ...args) => admin(guarded.stack, [command, ...options(), ...args]);

/** A token, and what it says. @param {string[]} args */
function token(...args) {
  const { status, stdout, stderr } = run('token', ...args);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^[\w-]+\.[\w-]+\n$/);
  const text = stdout.trim();
  const says = JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString());
  return { text, says, stderr };
}

/** The exit status of mosquitto_pub. @param {string} user @param {string} password */
const publish = (user, password, topic = 'chat/lab', message = 'It works') =>
  new Promise((resolve) =>
    spawn('mosquitto_pub', [
      ...['-p', String(guarded.stack.mqttPort), '-u', user, '-P', password],
      ...['-V', '5', '-q', '1', '-t', topic, '-m', message],
    ]).once('exit', resolve),
  );

test('a device gets in with its token, on the native port, in its rooms alone', async () => {
  const { text, says, stderr } = token('lamp', '--rooms=lab,ops', '--for=1y');
  assert.ok(text.length <= 180, String(text.length));
  assert.match(says.id, /^[\w-]{7}$/);
  assert.deepEqual(
    { ...says, id: '', exp: Math.round((says.exp - Date.now() / 1000) / 86400) },
    { id: '', sub: '@lamp', rooms: ['lab', 'ops'], exp: 365 },
  );
  assert.match(stderr, /^user name: @lamp\npassword: .*\nrooms: lab ops\nuntil: 20\S+Z\n/);
  assert.match(stderr, /^like this: mosquitto_pub -u '@lamp' -P TOKEN -t chat\/lab -m .*$/m);
  assert.match(stderr, new RegExp(`^if it is lost: mqtt-chat revoke ${says.id}\\n$`, 'm'));
  const witness = await guarded.witness();
  assert.equal(await publish('@lamp', text), 0);
  await witness.hears('It works');
  assert.equal(await publish('@lamp', text, 'chat/kitchen', 'Not here'), 0);
  assert.equal(await publish('@lamp', text, 'chat/ops', 'Here, too'), 0);
  await witness.hears('Here, too');
  assert.ok(!witness.has('Not here'));
  assert.notEqual(await publish('@other', text), 0);
  const [said, signature] = text.split('.');
  const other = `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`;
  assert.notEqual(await publish('@lamp', `${said}.${other}`), 0);
});

test('without --rooms it may be everywhere, for a year', async () => {
  const { text, says } = token('café');
  assert.equal(says.rooms, undefined);
  assert.equal(Math.round((says.exp - Date.now() / 1000) / 86400), 365);
  const witness = await guarded.witness();
  assert.equal(await publish('@café', text, 'chat/anywhere', 'Anywhere'), 0);
  await witness.hears('Anywhere');
});

test('a token ends when its time is over', async () => {
  const { text } = token('brief', '--for=2s');
  assert.equal(await publish('@brief', text), 0);
  await until(async () => (await publish('@brief', text)) !== 0, 10_000, 'it is refused');
});

test('revoke ends a device that is connected, and no other token of it', async () => {
  const [first, second] = [token('door'), token('door')];
  const login = { username: '@door', password: first.text, reconnectPeriod: 0 };
  const client = await guarded.stack.client(login);
  const { ended, output: said } = adminStarted(guarded.stack, [
    ...['revoke', first.says.id, ...options()],
  ]);
  assert.equal(await ended, 0, said());
  assert.equal(said(), `the token ${first.says.id} is revoked\nthe broker knows\n`);
  await until(() => !client.connected, 1000, 'the broker ends the connection');
  assert.notEqual(await publish('@door', first.text), 0);
  assert.equal(await publish('@door', second.text), 0);
});

test('what is too long for small devices takes --long', () => {
  const rooms = '--rooms=lab,kitchen,garage';
  const { status, stdout, stderr } = run('token', 'greenhouse', rooms);
  assert.deepEqual([status, stdout], [64, '']);
  assert.match(
    stderr,
    /^mqtt-chat: the token would have \d+ bytes, and small devices take 180: .*\n$/,
  );
  assert.ok(token('greenhouse', rooms, '--long').text.length > 180);
  assert.ok(token('a-name-of-22-characters').text.length <= 180);
});

test('who or where cannot be is refused in a line', () => {
  const bad = [
    ...[['@lamp'], ['a b'], ['a/b'], ['#'], ['x'.repeat(64)], [''], ['\u202ex'], ['\u200b']],
    ...[
      ...['--rooms=', '--rooms=Lab', '--rooms=lab,,ops', '--rooms=lab,'],
      ...['--rooms=+', '--for=0s', '--for=1w', '--for=101y'],
    ].map((option) => ['lamp', option]),
    [`lamp`, `--rooms=${Array.from({ length: 33 }, (_, i) => `r${i}`).join(',')}`],
    ...[[], ['lamp', 'door']],
  ];
  for (const args of bad) {
    const { status, stdout, stderr } = run('token', ...args);
    assert.deepEqual([status, stdout], [64, ''], args.join(' '));
    assert.match(stderr, /^mqtt-chat: [^\n]+\n$/, args.join(' '));
  }
});

test('without the key there is no token, and a line says why', () => {
  const wrong = join(guarded.etc, 'wrong.key');
  writeFileSync(wrong, 'no key\n', { mode: 0o400 });
  for (const file of ['/nonexistent/token.key', wrong]) {
    const { status, stdout, stderr } = run('token', 'lamp', `--token-key=${file}`);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^mqtt-chat: \S+: (No such file|holds no private Ed25519 key)[^\n]+\n$/);
  }
  chmodSync(key, 0o440);
  assert.match(run('token', 'lamp').stderr, /group or others may read/);
  chmodSync(key, 0o400);
});

test('a token that nobody got is a failure', () => {
  const { status, stderr } = spawnSync(
    'sh',
    [
      ...['-c', 'exec "$0" token lamp "$@" > /dev/full', join(build, 'src/mqtt-chat')],
      ...[...options(), `--config=${join(guarded.etc, 'mqtt-chat.conf')}`],
    ],
    { encoding: 'utf8' },
  );
  assert.deepEqual(
    [status, stderr],
    [1, 'mqtt-chat: cannot write the output: No space left on device\n'],
  );
});
