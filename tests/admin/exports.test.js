/** What is exported: it comes back as it was, once, and goes where it is sent. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin, adminStarted } from '../lib/admin.js';
import { build, startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** @type {import('../lib/stack.js').Stack} */
let other;

const TEXTS = [
  'plain',
  '=1+1',
  "'=1",
  "it's",
  '-5 °C',
  'two\nlines',
  '@ann "hi", you',
  '＝1',
  "'",
  '😀',
];

/**
 * Messages with a msgId and without.
 * @param {import('../lib/stack.js').Stack} at
 * @param {string} whose
 */
async function talk(at, whose) {
  const client = await at.client();
  for (const [i, text] of TEXTS.entries()) {
    await client.publishAsync('chat/talk', `${text} of ${whose}`, { qos: 1 });
    const ids = i % 3 === 0 ? { msgId: `${whose}-${i}`, clientId: '=c' } : {};
    const payload = JSON.stringify({ nickname: whose, text: `${text} ${i}`, ...ids });
    await client.publishAsync('chat/talk', payload, { qos: 1 });
  }
  await until(() => all(at).length === 2 * TEXTS.length, 10_000, 'all are stored');
}

before(async () => {
  [stack, other] = await Promise.all([
    startStack({ start: ['broker', 'logger'] }),
    startStack({ start: ['broker', 'logger'] }),
  ]);
  await Promise.all([talk(stack, '+a'), talk(other, '@b')]);
});
after(() => Promise.all([stack?.close(), other?.close()]));

/** @param {import('../lib/stack.js').Stack} at */
const all = (at) =>
  at.sql('SELECT room, nickname, text, client_id, ts FROM messages ORDER BY ts, text, nickname');

/**
 * @param {import('../lib/stack.js').Stack} from
 * @param {import('../lib/stack.js').Stack} to
 * @param {string} format
 */
function carry(from, to, format) {
  const exported = admin(from, ['export', `--format=${format}`]);
  assert.equal(exported.status, 0, exported.stderr);
  const run = admin(to, ['import', `--format=${format}`], { input: exported.stdout });
  assert.equal(run.status, 0, run.stderr);
  return Number(/ (\d+) added/.exec(run.stdout)?.[1]);
}

test('our own export adds nothing where it comes from', () => {
  const before = all(stack);
  for (const format of ['ndjson', 'csv']) assert.equal(carry(stack, stack, format), 0, format);
  assert.deepEqual(all(stack), before);
});

test('two chats with equal ids take each other in, whole and once, whichever way it goes', async () => {
  const both = [...all(stack), ...all(other)];
  const sorted = (/** @type {object[]} */ rows) => rows.map((row) => JSON.stringify(row)).sort();
  assert.equal(carry(stack, other, 'ndjson'), 2 * TEXTS.length);
  for (const format of ['csv', 'ndjson', 'csv']) assert.equal(carry(stack, other, format), 0);
  assert.equal(carry(other, stack, 'csv'), 2 * TEXTS.length, 'only what was said there');
  for (const format of ['csv', 'ndjson']) {
    assert.equal(carry(other, stack, format), 0, format);
    assert.equal(carry(stack, other, format), 0, format);
  }
  assert.deepEqual(sorted(all(stack)), sorted(both));
  assert.deepEqual(sorted(all(other)), sorted(both));

  const third = await startStack({ start: ['broker', 'logger'] });
  try {
    assert.equal(carry(stack, third, 'csv'), both.length);
    assert.equal(carry(other, third, 'ndjson'), 0);
    assert.equal(carry(third, stack, 'ndjson'), 0);
    assert.deepEqual(sorted(all(third)), sorted(both));
  } finally {
    await third.close();
  }
});

test('what an earlier release took in of an export is known', () => {
  const exported = admin(stack, ['export', '--format=ndjson']).stdout;
  const [row] = stack.sql('SELECT * FROM messages WHERE msg_id IS NULL ORDER BY id LIMIT 1');
  for (const format of ['ndjson', 'csv']) {
    const record = {
      ...row,
      id: undefined,
      msg_id: undefined,
      msgId: `import:${format}:${row.id}`,
      ts: new Date(Number(row.ts)).toISOString(),
    };
    const input = `${JSON.stringify(record)}\n`;
    const run = admin(stack, ['import', '--format=ndjson'], { input });
    assert.match(run.stdout, /0 added, 1 there already/);
  }
  const line = exported.split('\n').find((text) => JSON.parse(text).id === row.id);
  const ours = JSON.parse(line ?? '');
  const taken = (/** @type {object} */ record) =>
    admin(stack, ['import', '--format=ndjson'], { input: `${JSON.stringify(record)}\n` }).stdout;
  assert.match(
    taken({ ...ours, text: 'another one' }),
    /1 added/,
    'the same id alone does not make it the same message',
  );
  for (const format of ['ndjson', 'csv']) {
    const elsewhere = { ...ours, id: 900_000, text: `by way of ${format}` };
    assert.match(taken({ ...elsewhere, msgId: `import:${format}:900000` }), /1 added/);
    assert.match(taken(elsewhere), /0 added, 1 there already/, format);
  }
});

/** @param {string} name */
const at = (name) => join(stack.dataDir, name);

test('the format follows the name, or the option where the name tells none', () => {
  const csv = admin(stack, ['export', '--format=csv']).stdout;
  const ndjson = admin(stack, ['export']).stdout;
  assert.ok(csv.startsWith('\ufeffid,room,'));
  for (const [args, content] of /** @type {[string[], string][]} */ ([
    [['all.csv'], csv],
    [['ALL.CSV'], csv],
    [['all.ndjson'], ndjson],
    [['all.jsonl'], ndjson],
    [['all'], ndjson],
    [['--format=csv', 'all.txt'], csv],
    [['--format=csv', 'all2.csv'], csv],
    [['--format=ndjson', 'all.json'], ndjson],
  ])) {
    const file = at(/** @type {string} */ (args.pop()));
    const run = admin(stack, ['export', ...args, file]);
    assert.equal(run.status, 0, run.stderr);
    assert.equal(readFileSync(file, 'utf8'), content, file);
  }
  for (const [args, said] of /** @type {[string[], RegExp][]} */ ([
    [['--format=csv', 'new.ndjson'], /--format=csv contradicts the name/],
    [['--format=ndjson', 'new.csv'], /--format=ndjson contradicts the name/],
    [['new.xlsx'], /new\.xlsx is a name of neither/],
    [['new.ndjson.gz'], /is a name of neither/],
  ])) {
    const file = at(/** @type {string} */ (args.pop()));
    const run = admin(stack, ['export', ...args, file]);
    assert.equal(run.status, 64);
    assert.match(run.stderr, said);
    assert.ok(!existsSync(file));
  }
});

/**
 * What the command writes to a standard output that is a file.
 * @param {string[]} args
 */
function intoFile(args) {
  const file = at('redirected');
  const fd = openSync(file, 'w');
  const run = admin(stack, args, { stdout: fd });
  closeSync(fd);
  assert.equal(run.status, 0, run.stderr);
  return readFileSync(file);
}

/** @param {Buffer} bytes a backup */
function messagesIn(bytes) {
  const file = at('poured.db');
  writeFileSync(file, bytes);
  const sql = 'PRAGMA integrity_check; SELECT count(*) FROM messages';
  return execFileSync('sqlite3', [file, sql], { encoding: 'utf8' });
}

const parts = () => readdirSync(stack.dataDir).filter((name) => name.includes('.part'));

test('- and /dev/stdout are standard output, and nothing is asked', () => {
  const ndjson = admin(stack, ['export']).stdout;
  const stored = `ok\n${all(stack).length}\n`;
  for (const file of ['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']) {
    assert.equal(admin(stack, ['export', file]).stdout, ndjson, file);
    assert.equal(intoFile(['export', file]).toString(), ndjson, file);
    assert.equal(messagesIn(intoFile(['backup', file])), stored, file);
  }
  const run = admin(stack, ['backup', '-']);
  assert.match(run.stderr, /^standard output: \d+ messages, .*, verified$/m);
  const lost = admin(stack, ['backup', '-'], { env: { TMPDIR: at('nowhere') } });
  assert.equal(lost.status, 1);
  assert.match(lost.stderr, /nowhere.*No such file or directory; TMPDIR may name another folder/);
});

/**
 * A device like /dev/NAME, which a command may spoil; undefined where none can be made.
 * @param {string} name
 * @param {number} minor
 */
function ownDevice(name, minor) {
  const path = at(name);
  if (spawnSync('mknod', [path, 'c', '1', `${minor}`]).status !== 0) return undefined;
  try {
    closeSync(openSync(path, 'w'));
    return path;
  } catch {
    return undefined;
  }
}

test('a FIFO and a device are written to, and stay', async () => {
  const ndjson = admin(stack, ['export']).stdout;
  const fifo = at('fifo');
  execFileSync('mkfifo', [fifo]);
  symlinkSync('fifo', at('to-fifo'));
  for (const name of ['fifo', 'to-fifo']) {
    const { ended } = adminStarted(stack, ['export', at(name)]);
    assert.equal(execFileSync('cat', [fifo], { encoding: 'utf8' }), ndjson);
    assert.equal(await ended, 0);
    const backup = adminStarted(stack, ['backup', at(name)]);
    assert.equal(messagesIn(execFileSync('cat', [fifo])), `ok\n${all(stack).length}\n`);
    assert.equal(await backup.ended, 0);
  }
  assert.ok(lstatSync(fifo).isFIFO());
  const full = ownDevice('full', 7);
  for (const command of full ? ['export', 'backup'] : []) {
    const run = admin(stack, [command, /** @type {string} */ (full)]);
    assert.equal(run.status, 1);
    assert.match(run.stderr, /No space left on device/);
    assert.ok(lstatSync(/** @type {string} */ (full)).isCharacterDevice());
  }
  const none = ownDevice('null', 3);
  for (const command of none ? ['export', 'backup'] : [])
    assert.equal(admin(stack, [command, /** @type {string} */ (none)]).status, 0);
  assert.deepEqual(parts(), []);
});

test('links are followed, and what they lead to is asked for', () => {
  symlinkSync('target.ndjson', at('hop'));
  symlinkSync(at('hop'), at('link.ndjson'));
  symlinkSync('target.db', at('link.db'));
  for (const [command, name, target] of [
    ['export', 'link.ndjson', 'target.ndjson'],
    ['backup', 'link.db', 'target.db'],
  ]) {
    const first = admin(stack, [command, at(name)]);
    assert.equal(first.status, 0, first.stderr);
    assert.ok(lstatSync(at(name)).isSymbolicLink(), 'the link stays');
    const { ino, size } = statSync(at(target));
    assert.ok(size > 1000);
    const again = admin(stack, [command, at(name)]);
    assert.equal(again.status, 1);
    assert.match(again.stderr, new RegExp(`${target} is there already.*Replace it`));
    assert.equal(statSync(at(target)).ino, ino);
    assert.equal(admin(stack, [command, '--yes', at(name)]).status, 0);
    assert.notEqual(statSync(at(target)).ino, ino);
    assert.ok(lstatSync(at(name)).isSymbolicLink());
  }
  assert.deepEqual(parts(), []);
});

test('folders, loops and the database itself are no place for either', () => {
  const { ino } = statSync(stack.database);
  symlinkSync('loop.csv', at('loop.csv'));
  symlinkSync(stack.database, at('to-database'));
  for (const command of ['export', 'backup']) {
    for (const [file, said] of /** @type {[string, RegExp][]} */ ([
      [stack.dataDir, /is a folder/],
      [stack.database, /is the database itself/],
      [`${stack.database}-wal`, /is the database itself/],
      [at('to-database'), /is the database itself/],
      [at('loop.csv'), /Too many levels of symbolic links/],
      [at('none/x.csv'), /none\/x\.csv\.part: No such file or directory/],
      [`/${'x'.repeat(4096)}.csv`, /File name too long/],
    ])) {
      const options = command === 'export' ? ['--format=csv'] : [];
      const run = admin(stack, [command, '--yes', ...options, file]);
      assert.equal(run.status, 1, file);
      assert.match(run.stderr, said, file);
    }
  }
  assert.equal(statSync(stack.database).ino, ino);
});

test('what is sent may have all that the contract takes', () => {
  for (const text of [
    ...[1, 511, 512, 513, 3999, 4000].map((length) => 'x'.repeat(length)),
    '😀'.repeat(4000),
    '"'.repeat(4000),
    `x${'\u0001'.repeat(3999)}`,
  ]) {
    const run = admin(stack, ['send', `--nickname=${'é'.repeat(64)}`, '--room=long', text]);
    assert.match(run.stdout, /^stored as \d+$/m, `${text[0]} × ${text.length}: ${run.stderr}`);
    // As hexadecimal: shells of SQLite differ in how they write control characters.
    const [{ last }] = stack.sql('SELECT hex(text) AS last FROM messages ORDER BY id DESC LIMIT 1');
    assert.equal(Buffer.from(String(last), 'hex').toString(), text);
  }
  const words = Array.from({ length: 2000 }, (_, i) => `${i % 10}`);
  assert.equal(admin(stack, ['send', ...words]).status, 0);
});

test('what is not taken is said with its reason, also where nobody can answer', async () => {
  await stack.stop('logger'); // who leaves it to the logger would say that there is no receipt
  const send = (/** @type {(string | Buffer)[]} */ ...args) =>
    admin(stack, ['send', '--timeout=1', .../** @type {string[]} */ (args)]);
  for (const [args, said] of /** @type {[string[], RegExp][]} */ ([
    [['x'.repeat(4001)], /rejected: text must be a string of 1 to 4000/],
    [['x'.repeat(70_000)], /rejected: the payload is larger than 64 KiB/],
    [[`--nickname=${'n'.repeat(65)}`, 'x'], /rejected: nickname must be/],
    [['--nickname= ', 'x'], /rejected: nickname must be/],
  ])) {
    const run = send(...args);
    assert.equal(run.status, 1);
    assert.match(run.stderr, said);
  }
  const bytes = `"$0" send --config "$1" --timeout=1 "$(printf 'a\\377b')"`;
  const config = join(stack.dataDir, 'etc/mqtt-chat.conf');
  const run = spawnSync('sh', ['-c', bytes, join(build, 'src/mqtt-chat'), config], {
    encoding: 'utf8',
  });
  assert.equal(run.status, 1);
  assert.match(run.stderr, /rejected: the payload is not UTF-8/);
  await stack.start('logger');
});
