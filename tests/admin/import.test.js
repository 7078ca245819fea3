/** Histories come in: once, whole, with their times, however often it is tried. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin, adminStarted } from '../lib/admin.js';
import { batchOutput, originalRows } from '../lib/original.js';
import { startStack, top, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack();
});
after(() => stack?.close());

const count = (/** @type {string} */ where) =>
  Number(stack.sql(`SELECT count(*) AS n FROM messages WHERE ${where}`)[0].n);

/** @param {string[]} args @param {string} input */
function importing(args, input) {
  const run = admin(stack, ['import', ...args], { input });
  assert.equal(run.status, 0, run.stderr);
  const numbers = /(\d+) records?: (\d+) added, (\d+) there already, (\d+) rejected/.exec(
    run.stdout,
  );
  assert.ok(numbers, run.stdout);
  const [records, added, known, rejected] = numbers.slice(1).map(Number);
  return { records, added, known, rejected, stdout: run.stdout };
}

test("the original's table: text and times as they were; run twice it adds nothing", () => {
  const rows = originalRows(2000);
  const good = rows.filter((row) => row.fits);
  const input = batchOutput(rows);
  const args = ['--format=mariadb', '--source=flask', '--room=old'];
  const first = importing(args, input);
  assert.deepEqual(
    [first.records, first.added, first.rejected],
    [rows.length, good.length, rows.length - good.length],
  );
  const stored = stack.sql(
    "SELECT nickname, text, client_id, ts, msg_id FROM messages WHERE room = 'old' ORDER BY id",
  );
  assert.deepEqual(
    stored,
    good.map((row) => ({
      nickname: row.nickname?.trim() || 'mqtt',
      text: row.text?.trim(),
      client_id: row.clientId,
      ts: row.ts,
      msg_id: `import:flask:${row.id}`,
    })),
  );
  const rejected = stack.sql('SELECT count(*) AS n FROM rejected')[0].n;
  const second = importing(args, input);
  assert.deepEqual([second.added, second.known], [0, good.length]);
  assert.equal(stack.sql('SELECT count(*) AS n FROM rejected')[0].n, rejected);
});

test('the ids of another table are told, not mixed up', () => {
  const args = ['import', '--format=mariadb', '--source=flask', '--room=old'];
  const input = batchOutput(originalRows(20, 5));
  const had = count("room = 'old'");
  const run = admin(stack, args, { input });
  assert.equal(run.status, 1);
  assert.match(run.stdout, /20 records: 0 added, 0 there already/);
  assert.match(run.stdout, /WARNING: 20 ids of "flask" .*--source=NAME/);
  assert.match(run.stderr, /nothing was imported: all its ids belong to other messages/);
  assert.equal(count("room = 'old'"), had);
});

/** Each format as a function that writes records of strings. */
const formats = {
  ndjson: (/** @type {Record<string, string>[]} */ records) =>
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  csv: (/** @type {Record<string, string>[]} */ records) =>
    [Object.keys(records[0]), ...records.map((record) => Object.values(record))]
      .map((row) => `${row.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}\r\n`)
      .join(''),
  mariadb: (/** @type {Record<string, string>[]} */ records) =>
    [Object.keys(records[0]), ...records.map((record) => Object.values(record))]
      .map((row) => `${row.join('\t')}\n`)
      .join(''),
};

test('times are read as tests/vectors/times.tsv says, in every format', () => {
  const cases = readFileSync(join(top, 'tests/vectors/times.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split('\t'));
  for (const [format, write] of Object.entries(formats)) {
    const room = `times-${format}`;
    const records = cases.map(([ts], i) => ({ id: `${i}`, room, text: `case ${i}`, ts }));
    const run = importing([`--format=${format}`, `--source=${room}`], write(records));
    const wanted = cases.flatMap(([, ts], i) =>
      ts === 'refused' ? [] : [{ text: `case ${i}`, ts: Number(ts) }],
    );
    assert.deepEqual(
      stack.sql(`SELECT text, ts FROM messages WHERE room = '${room}' ORDER BY id`),
      wanted,
    );
    assert.equal(run.rejected, cases.length - wanted.length);
  }
});

test('marks of byte order and CRLF are no part of a record, UTF-16 is told', () => {
  for (const [name, room, texts, client] of /** @type {[string, string, string[], string?][]} */ ([
    ['bom.csv', 'imp', ['BOM hello']],
    ['bom.ndjson', 'imp', ['BOM nd 1', 'BOM nd 2']],
    ['crlf2.mariadb', 'crlf', ['crlf tsv2', 'crlf tsv3'], 'c1'],
  ])) {
    const run = importing(
      [`--room=${room}`, `--source=${name.slice(-3)}`, join(top, 'tests/vectors', name)],
      '',
    );
    assert.deepEqual([run.added, run.rejected], [texts.length, 0], name);
    const rows = stack.sql(
      `SELECT text, client_id FROM messages WHERE room = '${room}' ORDER BY id DESC LIMIT ${texts.length}`,
    );
    assert.deepEqual(rows.map(({ text }) => text).reverse(), texts);
    assert.equal(rows[0].client_id, client ?? null);
  }
  const csv = readFileSync(join(top, 'tests/vectors/bom.csv'), 'utf8');
  const run = admin(stack, ['import', '--format=csv'], { input: Buffer.from(csv, 'utf16le') });
  assert.equal(run.status, 1);
  assert.match(run.stderr, /standard input: it is UTF-16.*iconv -f UTF-16 -t UTF-8/);
});

test('ids of any length are told apart, and known again', () => {
  const ids = [
    '018f2c3e-7d1a-7000-8000-0123456789ab',
    '018f2c3e-7d1a-7000-8000-0123456789ac',
    `<${'x'.repeat(300)}1@mail.example.org>`,
    `<${'x'.repeat(300)}2@mail.example.org>`,
    '😀'.repeat(60),
  ];
  const records = ids.map((id) => ({ id, room: 'ids', text: `about ${id[35]}`, ts: '2026-01-02' }));
  const args = ['--format=ndjson', `--source=${'s'.repeat(32)}`];
  const input = formats.ndjson(records);
  assert.equal(importing(args, input).added, ids.length);
  const again = importing(args, input);
  assert.deepEqual([again.added, again.known], [0, ids.length]);
  assert.match(again.stdout, /^nothing to do: all of it is there already$/m);
});

test('an import of which nothing came in fails and says why', () => {
  const old = '{"id":1,"text":"long ago","ts":"2001-02-03"}\n';
  for (const [args, input, said] of /** @type {[string[], string, RegExp][]} */ ([
    [['--format=mariadb'], '', /standard input is empty/],
    [['--format=csv'], 'id,text,ts\n', /standard input has no records/],
    [['--format=ndjson'], '\n\n', /standard input has no records/],
    [['--format=ndjson'], 'x\n{"id":1}\n', /every record was rejected/],
    [
      ['--format=ndjson', '--retention-days=9'],
      `${old}{}\n`,
      /2 records: 1 rejected, 1 older than retention-days/,
    ],
    [['/'], '', /say what it is/],
    [['--format=csv', '/'], '', /\/: cannot be read: Is a directory/],
  ])) {
    const run = admin(stack, ['import', ...args], { input });
    assert.ok(run.status, `${args} ${input}: ${run.stdout}`);
    assert.match(run.stderr, said);
  }
});

test('what is wrong with a record is said with its line and its words', () => {
  const good = { id: 1, nickname: 'n', text: 't', room: 'wrong', ts: '2026-01-02' };
  for (const [fields, said] of /** @type {[Record<string, unknown>, RegExp][]} */ ([
    [{ ts: '0x10' }, /the time must be one of RFC 3339, or seconds since 1970: '0x10'/],
    [{ ts: null }, /the time must be one of RFC 3339.*: ''/],
    [{ id: undefined }, /neither msgId nor id says which record it is: '{"nick/],
    [{ id: '' }, /neither msgId nor id/],
    [{ id: 'a\0b' }, /NUL/],
    [{ msgId: 'm'.repeat(65) }, /msgId must be .* 1 to 64 characters: 'm{60}'\.\.\./],
    [{ clientId: 'c'.repeat(65) }, /clientId must be .* 1 to 64/],
    [{ nickname: 'é'.repeat(65) }, /nickname must be .* 1 to 64 characters: 'é{30}'\.\.\./],
    [{ text: '' }, /text must be .* 1 to 4000/],
    [{ text: {} }, /text is neither a string nor a number/],
    [{ room: 'No Room' }, /the room's name must be .*: 'No Room'/],
  ])) {
    const input = `\n${JSON.stringify({ ...good, ...fields })}\n`;
    const run = admin(stack, ['import', '--format=ndjson', '--source=wrong'], { input });
    assert.equal(run.status, 1, input);
    assert.match(run.stderr, /line 2 was rejected: /);
    assert.match(run.stderr, said);
  }
});

test('killed in the middle and run again it completes', async () => {
  const file = join(stack.dataDir, 'rows.ndjson');
  const lines = Array.from({ length: 30_000 }, (_, i) =>
    JSON.stringify({ id: i, room: 'killed', nickname: 'Ann', text: `Row ${i}`, ts: '2024-02-03' }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  for (let kills = 0; kills < 3; kills++) {
    const had = count("room = 'killed'");
    const run = adminStarted(stack, ['import', file]);
    await until(() => count("room = 'killed'") > had || run.child.exitCode !== null, 60_000);
    run.child.kill('SIGKILL');
    await run.ended;
  }
  assert.ok(count("room = 'killed'") < 30_000, 'it was not killed in the middle');
  assert.equal(admin(stack, ['import', file]).status, 0);
  assert.equal(count("room = 'killed'"), 30_000);
  const rooms = await (await fetch(`${stack.root}/api/rooms`)).json();
  assert.equal(
    rooms.find((/** @type {{room: string}} */ { room }) => room === 'killed').messages,
    30_000,
  );
});

test('ids stay in order and search finds it while people go on talking', async () => {
  const client = await stack.client();
  await client.publishAsync('chat/messages', 'before', { qos: 1 });
  await until(async () => (await stack.history()).length > 0);
  const input =
    '{"id":1,"msgId":"x-1","nickname":"Ann","text":"Zebra crossing","ts":"2020-01-01"}\n';
  const run = importing(['--format=ndjson'], input);
  assert.match(run.stdout, /1 is older than what was there before, and stands behind it/);
  await client.publishAsync('chat/messages', 'after', { qos: 1 });
  await until(async () => (await stack.history()).at(-1)?.text === 'after');
  const texts = (await stack.history()).map(({ text }) => text);
  assert.deepEqual(texts.slice(-3), ['before', 'Zebra crossing', 'after']);
  const found = await fetch(`${stack.root}/api/search?q=zebra`);
  if (found.status === 200) assert.equal((await found.json()).length, 1);
  else assert.equal(found.status, 503, 'the index is still behind');
});

test('what cannot be read is told with its number, and the rest comes in', () => {
  const input =
    'id,room,nickname,text,clientId,msgId,ts\r\n' +
    '1,csv,Ann,"He said ""no"",\nand left",,,2024-01-01T00:00:00.500Z\r\n' +
    '2,csv,Ann,"broken"x,,,2024-01-01\r\n3,csv,Ann,no time,,,\r\n4,Bad Room,Ann,x,,,2024-01-01\r\n' +
    '5,csv,Ann,last,,,2024-01-01T00:00:00+02:00\r\n';
  const run = importing(['--format=csv', '--source=sheet'], input);
  assert.deepEqual([run.added, run.rejected], [2, 3]);
  const [first, last] = stack.sql("SELECT text, ts FROM messages WHERE room = 'csv' ORDER BY id");
  assert.deepEqual(first, { text: 'He said "no",\nand left', ts: Date.UTC(2024, 0, 1) + 500 });
  assert.equal(last.ts, Date.UTC(2023, 11, 31, 22));
  const head = admin(stack, ['import', '--format=csv'], { input: 'a,b\n1,2\n' });
  assert.equal(head.status, 1);
  assert.match(head.stderr, /its first line must name the columns, and has none called text/);
});

test('what retention would delete at once is left out, and said', () => {
  const lines = [`${Date.now() - 3 * 86_400_000}`, `${Date.now()}`].map((ms, id) =>
    JSON.stringify({ id, nickname: 'n', text: `number ${id}`, ts: Number(ms) / 1000 }),
  );
  const args = ['--format=ndjson', '--source=late', '--room=late', '--retention-days=2'];
  const { records, added, stdout } = importing(args, lines.join('\n'));
  assert.deepEqual([records, added], [2, 1]);
  assert.match(stdout, /^1 is older than retention-days and was left out$/m);
  assert.equal(count("room = 'late'"), 1);
});
