/** Histories come in: once, whole, with their times, however often it is tried. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin, adminStarted } from '../lib/admin.js';
import { batchOutput, originalRows } from '../lib/original.js';
import { startStack, until } from '../lib/stack.js';

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
  const numbers = /(\d+) records: (\d+) added, (\d+) there already, (\d+) rejected/.exec(
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
  const rows = originalRows(20, 5);
  const run = importing(['--format=mariadb', '--source=flask', '--room=old'], batchOutput(rows));
  assert.match(
    run.stdout,
    /WARNING: \d+ ids of "flask" are there with another time.*--source=NAME/,
  );
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

test('what was exported comes in elsewhere as it was', async () => {
  const other = await startStack({ start: ['broker', 'logger'] });
  try {
    for (const format of ['ndjson', 'csv']) {
      const exported = admin(stack, ['export', '--room=old', `--format=${format}`]).stdout;
      const run = admin(other, ['import', `--format=${format}`], { input: exported });
      assert.equal(run.status, 0, run.stderr);
    }
    const columns = 'room, nickname, text, client_id, msg_id, ts';
    const query = `SELECT ${columns} FROM messages WHERE room = 'old' ORDER BY id`;
    assert.deepEqual(other.sql(query), stack.sql(query));
  } finally {
    await other.close();
  }
});

test('ids stay in order and search finds it while people go on talking', async () => {
  const client = await stack.client();
  await client.publishAsync('chat/messages', 'before', { qos: 1 });
  await until(async () => (await stack.history()).length > 0);
  const input =
    '{"id":1,"msgId":"x-1","nickname":"Ann","text":"Zebra crossing","ts":"2020-01-01"}\n';
  const run = importing(['--format=ndjson'], input);
  assert.match(run.stdout, /1 are older than what was there before, and stand behind it/);
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
  assert.match(stdout, /^1 are older than retention-days and were left out$/m);
  assert.equal(count("room = 'late'"), 1);
});
