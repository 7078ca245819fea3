/** `mqtt-chat ban`, mute, unban and bans, at a broker with the plugin. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin, adminStarted } from '../lib/admin.js';
import { device, page, says, seconds, startGuarded } from '../lib/guard.js';
import { build, startStack, until } from '../lib/stack.js';

const REFUSED = 0x87;
const KNOWS = 'the broker knows\n';

/** @type {import('../lib/guard.js').Guarded} */
let guarded;
before(async () => {
  guarded = await startGuarded();
});
after(() => guarded?.close());

const options = () => ['--identity=guest', `--bans=${guarded.bansFile}`];

/** What a command comes to, while clients go on. @param {string[]} line */
async function run(...line) {
  const [command = '', ...args] = line;
  const { ended, output } = adminStarted(guarded.stack, [command, ...options(), ...args]);
  return { status: await ended, output: output() };
}

/** @param {string[]} args */
async function well(...args) {
  const { status, output } = await run(...args);
  assert.equal(status, 0, output);
  return output;
}

const list = () => readFileSync(guarded.bansFile, 'utf8');

/** Until the broker has ended the connection, in ms. @param {import('../lib/guard.js').Person} who */
async function ends(who) {
  const begin = Date.now();
  await until(() => !who.client.connected, 5000, 'the broker ends the connection');
  assert.equal(who.ended, 0x98, 'administrative action');
  return Date.now() - begin;
}

test('a ban ends an open connection within a second, and survives a restart of the broker', async () => {
  const [eve, ann] = [page('eve'), page('ann')];
  const [me, other] = [await guarded.enter('ws', eve), await guarded.enter('ws', ann)];
  assert.equal(
    await well('ban', eve.sub, '--reason', ' spam, é '),
    `${eve.sub} is banned\n${KNOWS}`,
  );
  assert.ok((await ends(me)) < 1000);
  assert.ok(other.client.connected);
  assert.ok(await guarded.refuses('ws', eve));
  assert.match(list(), new RegExp(`^ban\t${eve.sub}\t0\tspam, é\n`, 'm'));
  await guarded.stack.kill('broker');
  await guarded.stack.start('broker');
  assert.ok(await guarded.refuses('mqtt', eve));
  await guarded.enter('mqtt', ann);
});

test('unban lets in again', async () => {
  const bob = page('bob');
  await well('ban', bob.sub);
  await well('mute', bob.sub);
  assert.ok(await guarded.refuses('mqtt', bob));
  assert.equal(
    await well('unban', bob.sub),
    `${bob.sub} is neither banned nor muted any more\n${KNOWS}`,
  );
  const me = await guarded.enter('mqtt', bob);
  assert.equal(await me.publish('chat/lab', says(bob, 'Back again')), 0);
  const again = await run('unban', bob.sub);
  assert.equal(again.status, 1);
  assert.match(again.output, /^mqtt-chat: @bob\d+ is neither banned nor muted;.*\n$/);
});

test('who is muted reads and does not write', async () => {
  const [eve, ann] = [page('eve'), page('ann')];
  const [me, other] = [await guarded.enter('ws', eve), await guarded.enter('ws', ann)];
  await me.subscribe('chat/lab', 'chat/lab/rejected');
  assert.match(
    await well('mute', '--for=1h', eve.sub),
    /^@eve\d+ is muted until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\nthe broker knows\n$/,
  );
  assert.equal(await me.publish('chat/lab', says(eve, 'spam')), REFUSED);
  await other.publish('chat/lab', says(ann, 'It is quiet now'));
  await me.hears('It is quiet now');
  assert.ok(me.client.connected);
});

test('guests and addresses are banned as well, of IPv6 all of a /64', async () => {
  const people = [
    page('guest', { sub: '~k3Zq', role: 'guest' }),
    page('four', { ip: '192.0.2.7' }),
    page('six', { ip: '2001:db8:1:2::9' }),
  ];
  const all = await Promise.all(people.map((one) => guarded.enter('ws', one)));
  assert.match(await well('ban', '~k3Zq'), /^~k3Zq is banned\n/);
  assert.match(await well('ban', '192.0.2.7'), /^192\.0\.2\.7 is banned\n/);
  assert.match(
    await well('ban', '2001:DB8:1:2:3::1'),
    /^2001:db8:1:2:: \(all of its \/64\) is banned\n/,
  );
  for (const one of all) await ends(one);
  await well('unban', '2001:db8:1:2::77');
  await guarded.enter('ws', people[2] ?? assert.fail());
});

test('a ban that is over lets in by itself, and leaves the list with the next change', async () => {
  const [tim, bob] = [page('tim'), page('bob')];
  await well('ban', tim.sub, '--for=2s');
  assert.ok(await guarded.refuses('mqtt', tim));
  await until(() => guarded.enter('mqtt', tim), 10_000, 'he comes in');
  assert.ok(list().includes(tim.sub));
  assert.ok(!(await well('bans')).includes(tim.sub));
  await well('ban', bob.sub);
  assert.ok(!list().includes(tim.sub));
});

test('a ban takes the place of the one before', async () => {
  await well('ban', '@twice', '--for=1h', '--reason=first');
  await well('ban', '@twice', '--reason=second');
  assert.deepEqual(list().match(/^ban\t@twice\t.*$/gm), ['ban\t@twice\t0\tsecond']);
});

test('what holds is shown, as a table and as JSON', async () => {
  writeFileSync(
    guarded.bansFile,
    `mute\t@mallory\t0\t\nban\t@eve\t${seconds() + 3600}\tspam, é\nrevoke\tlost-1\t0\t\nban\t@old\t1\t\n`,
  );
  assert.match(
    await well('bans'),
    /^ban {5}20\S+Z {2}@eve {6}spam, é\nmute {4}for ever {14}@mallory\nrevoke {2}for ever {14}lost-1\n$/,
  );
  const rows = (await well('bans', '--json'))
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row));
  assert.deepEqual(rows.slice(1), [
    { kind: 'mute', who: '@mallory', until: null, reason: '' },
    { kind: 'revoke', who: 'lost-1', until: null, reason: '' },
  ]);
  assert.ok(Date.parse(rows[0].until) > Date.now() + 3_500_000);
  assert.equal(rows[0].reason, 'spam, é');
});

test('commands at the same time lose nothing, and the broker hears of the last', async () => {
  const people = Array.from({ length: 12 }, () => page('many'));
  const me = await Promise.all(people.map((one) => guarded.enter('mqtt', one)));
  const outputs = await Promise.all(people.map((one) => well('ban', one.sub)));
  for (const output of outputs) assert.ok(output.endsWith(KNOWS), output);
  for (const one of people) assert.ok(list().includes(`ban\t${one.sub}\t0\t\n`), one.sub);
  for (const one of me) await ends(one);
  for (const one of people) assert.ok(await guarded.refuses('mqtt', one));
});

test('a list that is no packet is read from its file', async () => {
  const eve = page('eve');
  const before = list();
  const me = await guarded.enter('mqtt', eve);
  const many = Array.from(
    { length: 2000 },
    (_, i) => `ban\t@nobody-${i}\t0\tfor no reason at all\n`,
  );
  writeFileSync(guarded.bansFile, many.join(''));
  assert.ok((await well('ban', eve.sub)).endsWith(KNOWS));
  await ends(me);
  assert.equal(list().length, many.join('').length + `ban\t${eve.sub}\t0\t\n`.length);
  writeFileSync(guarded.bansFile, before);
});

test('without a broker the list has it, and the broker reads it when it starts', async () => {
  const eve = page('eve');
  await guarded.stack.stop('broker');
  assert.equal(
    await well('ban', eve.sub),
    `${eve.sub} is banned\nthe broker does not run: it reads the list when it starts\n`,
  );
  await guarded.stack.start('broker');
  assert.ok(await guarded.refuses('mqtt', eve));
});

test('a broker that cannot be told is a failure, and the list has it', async () => {
  const { status, output } = await run('ban', '@untold', '--username=');
  assert.equal(status, 1);
  assert.match(
    output,
    /^@untold is banned\nmqtt-chat: the list has it, but the broker was not told.*refused.*\n$/s,
  );
  assert.ok(list().includes('ban\t@untold\t'));
  const lamp = device('lamp');
  await guarded.enter('mqtt', lamp);
});

test('a broker without the plugin is told from one with it', async () => {
  const conf = readFileSync(guarded.confFile, 'utf8');
  await guarded.stack.stop('broker');
  writeFileSync(guarded.confFile, '');
  await guarded.stack.start('broker');
  const { status, output } = await run('ban', '@eve');
  assert.equal(status, 1);
  assert.match(output, /^@eve is banned\nmqtt-chat: .*the broker lets anybody in.*restart.*\n$/s);
  await guarded.stack.stop('broker');
  writeFileSync(guarded.confFile, conf);
  await guarded.stack.start('broker');
});

test('in mode open it is said that nothing enforces the list', () => {
  for (const args of [['ban', '@eve'], ['bans'], ['unban', '@eve']]) {
    const { status, stderr } = admin(guarded.stack, [...args, `--bans=${guarded.bansFile}`]);
    assert.equal(status, 0);
    assert.match(stderr, /^mqtt-chat: nothing enforces the list: with `identity = open` .*\n$/);
  }
});

test('who or what cannot be is refused, and nothing is changed', async () => {
  const before = list();
  const bad = {
    'is nobody': [
      ...[
        ['ban', 'ann'],
        ['mute', '@a b'],
        ['unban', '@a/b'],
        ['ban', '@'],
        ['ban', '10.0.0.0/8'],
      ],
      ...[
        ['ban', 'fe80::1%eth0'],
        ['ban', `@${'x'.repeat(64)}`],
        ['ban', ''],
      ],
    ],
    '--for is how long': ['0s', '7', '-1d', '1w', '101y', ''].map((time) => [
      ...['ban', '@eve', `--for=${time}`],
    ]),
    '--reason is one line': ['one\ntwo', 'x'.repeat(201), '\u202e'].map((why) => [
      ...['ban', '@eve', `--reason=${why}`],
    ]),
    "is no token's id": [
      ['revoke', 'a.b'],
      ['revoke', 'x'.repeat(33)],
    ],
    needs: [['ban'], ['mute'], ['unban'], ['revoke']],
  };
  for (const [says, lines] of Object.entries(bad))
    for (const args of lines) {
      const { status, output } = await run(...args);
      assert.equal(status, 64, args.join(' '));
      assert.ok(output.includes(says) && output.split('\n').length === 2, output);
    }
  assert.equal(list(), before);
});

test('a list that is wrong or full is told and left as it is', async () => {
  const before = list();
  for (const [text, what] of [
    ['ban\t@x\n', /line 1: .*nothing was changed\n$/],
    ['ban\t@x\t0\ty', /nothing was changed\n$/],
    [`ban\t@x\t0\t${'y'.repeat(1_048_560)}\n`, /larger than 1 MiB.*nothing was changed\n$/],
  ]) {
    writeFileSync(guarded.bansFile, String(text));
    const { status, output } = await run('ban', '@eve');
    assert.equal(status, 1);
    assert.match(output, /** @type {RegExp} */ (what));
    assert.equal(output.split('\n').length, 2);
    assert.equal(list(), text);
  }
  writeFileSync(guarded.bansFile, before);
  const nowhere = await run('ban', '@eve', '--bans=/nonexistent/bans');
  assert.equal(nowhere.status, 1);
  assert.match(
    nowhere.output,
    /^mqtt-chat: the folder of \/nonexistent\/bans.*: No such file.*\n$/,
  );
});

test('on a full disk the list is as it was', (t) => {
  const disk = join(guarded.stack.dataDir, 'full');
  mkdirSync(disk);
  const script = `mount -t tmpfs -o size=16k none "$1" || exit 99
    printf 'ban\\t@old\\t0\\t\\n' > "$1/bans" && head -c 100000 /dev/zero > "$1/rest"
    "$0" ban @eve --config="$2" --bans="$1/bans" --identity=guest; echo "status $?"
    cat "$1/bans"; ls "$1"`;
  const config = join(guarded.stack.dataDir, 'etc/mqtt-chat.conf');
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    [
      ...['-m', '--propagation', 'private', 'sh', '-c', script],
      ...[join(build, 'src/mqtt-chat'), disk, config],
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) return t.skip('no mount namespace may be made here (it takes root)');
  assert.match(
    stderr,
    /^mqtt-chat: cannot write .*bans: No space left on device; nothing was changed$/m,
  );
  assert.equal(stdout, 'status 1\nban\t@old\t0\t\nbans\nrest\n');
});

test('who is banned gets no token, from when the command ends', async () => {
  const stack = await startStack({ identity: 'guest', start: ['token', 'nginx'] });
  const ask = () =>
    fetch(`${stack.root}/api/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ nickname: 'Eve' }),
    });
  try {
    assert.equal((await ask()).status, 200);
    assert.equal(admin(stack, ['ban', '127.0.0.1', '--reason=spam']).status, 0);
    const response = await ask();
    assert.equal(response.status, 403);
    const { error } = await response.json();
    assert.deepEqual([error.code, error.reason, error.until], ['banned', 'spam', null]);
    assert.equal(admin(stack, ['unban', '127.0.0.1']).status, 0);
    assert.equal((await ask()).status, 200);
  } finally {
    await stack.close();
  }
});
