/**
 * A damaged database: whatever page is overwritten, `mqtt-chat salvage` makes a sound one of it that lacks
 * no message but those that stood on that page, and `restore` puts it in place.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin } from '../lib/admin.js';
import { startStack, until } from '../lib/stack.js';

const PAGE = 4096;

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** @type {string} */
let good;
/** @type {Map<number, string>} what was said, by id */
const said = new Map();

/** @param {string} database @param {string} sql @returns {any[]} */
const ask = (database, sql) =>
  JSON.parse(
    execFileSync('sqlite3', ['-readonly', '-json', database, sql], { encoding: 'utf8' }) || '[]',
  );

/** @param {string} database */
function messages(database) {
  const rows = ask(database, 'SELECT * FROM messages ORDER BY id');
  return new Map(rows.map((row) => [Number(row.id), JSON.stringify(row)]));
}

before(async () => {
  stack = await startStack({ start: ['broker', 'logger'] });
  const rows = Array.from({ length: 700 }, (_, i) =>
    JSON.stringify({
      ...(i % 3 ? { msgId: `m-${i}`, clientId: `c-${i % 7}` } : { id: i + 1 }),
      nickname: `Ann ${i % 11}`,
      room: i % 5 ? 'messages' : `lab-${i % 20}`,
      text: `Mökki ${i} ${i % 50 === 7 ? '👍'.repeat(2500) : 'word '.repeat(i % 60)}`.trim(),
      ts: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString(),
    }),
  );
  const run = admin(stack, ['import', '--format=ndjson'], { input: `${rows.join('\n')}\n` });
  assert.equal(run.status, 0, run.stderr);
  assert.equal(admin(stack, ['prune', '--yes', '--room=lab-10']).status, 0);
  assert.equal(admin(stack, ['room', 'topic', 'lab-5', 'First']).status, 0);
  assert.equal(admin(stack, ['room', 'topic', 'lab-0', 'Gone']).status, 0);
  assert.equal(admin(stack, ['room', 'topic', 'lab-5', 'Mökki ☕']).status, 0);
  assert.equal(admin(stack, ['room', 'topic', 'lab-0', '--clear']).status, 0);
  await until(() => Number(stack.sql('SELECT indexed_id AS n FROM search_state')[0].n) >= 200);
  await stack.stop('logger');
  good = join(stack.dataDir, 'good.db');
  execFileSync('sqlite3', [stack.database, 'PRAGMA wal_checkpoint(TRUNCATE)']);
  copyFileSync(stack.database, good);
  for (const [id, row] of messages(good)) said.set(id, row);
  assert.equal(said.size, 665);
});
after(() => stack?.close());

/** @param {string} where of dbstat @returns {{pageno: number, ncell: number}[]} */
const pagesOf = (where) => ask(good, `SELECT pageno, ncell FROM dbstat WHERE ${where}`);

/** @param {string} name @param {number} [count] @param {number} [byte] */
const overwrite =
  (name, count = 1, byte = 0x5a) =>
  (/** @type {{pageno: number}[]} */ pages) => {
    const file = openSync(name, 'r+');
    for (const { pageno } of pages)
      writeSync(file, Buffer.alloc(count * PAGE, byte), 0, count * PAGE, (pageno - 1) * PAGE);
    closeSync(file);
  };

/**
 * @param {string} name of the damaged file
 * @returns {{lost: number, output: string, made: string}}
 */
function salvage(name) {
  const made = `${name}.new`;
  rmSync(made, { force: true });
  const run = admin(stack, ['salvage', `--database=${name}`, made]);
  assert.equal(run.status, 0, run.stderr);
  const found = messages(made);
  for (const [id, row] of found) assert.equal(row, said.get(id), `${id} is as it was, or was gone`);
  assert.equal(ask(made, 'SELECT sum(messages) AS n FROM rooms')[0].n, found.size);
  return { lost: said.size - found.size, output: run.stdout, made };
}

/** @type {Record<string, () => {pageno: number}[]>} */
const harmless = {
  'the root of the messages': () => pagesOf("name = 'messages' AND path = '/'"),
  'the index by room': () => pagesOf("name = 'messages_room'"),
  'the index by msgId': () => pagesOf("name = 'messages_msg_id'"),
  'the index of the search': () => pagesOf("name LIKE 'search_%'"),
  'the table of ids': () => pagesOf("name = 'sqlite_sequence'"),
  'the table of rooms': () => pagesOf("name = 'rooms'"),
  'the first page, with the schema': () => [{ pageno: 1 }],
  'the map of the pages': () => [{ pageno: 2 }],
};

for (const [what, pages] of Object.entries(harmless))
  for (const byte of [0x5a, 0])
    test(`${what}, overwritten with ${byte ? 'letters' : 'zeros'}, takes no message along`, () => {
      const bad = join(stack.dataDir, 'bad.db');
      copyFileSync(good, bad);
      const hit = pages();
      assert.ok(hit.length > 0);
      overwrite(bad, 1, byte)(hit);
      const { lost, output, made } = salvage(bad);
      assert.equal(lost, 0);
      assert.match(output, /: 665 messages of /);
      assert.equal(
        ask(made, "SELECT seq FROM sqlite_sequence WHERE name = 'messages'")[0].seq,
        700,
      );
      assert.deepEqual(ask(made, 'SELECT * FROM topics'), ask(good, 'SELECT * FROM topics'));
    });

test('each page of messages takes its own along, and nothing else', () => {
  const bad = join(stack.dataDir, 'bad.db');
  const leaves = pagesOf("name = 'messages' AND pagetype = 'leaf'");
  assert.ok(leaves.length > 20);
  for (const leaf of leaves.filter((_, i) => i % 5 === 0)) {
    copyFileSync(good, bad);
    overwrite(bad)([leaf]);
    const { lost, output } = salvage(bad);
    assert.equal(lost, leaf.ncell, `page ${leaf.pageno}`);
    assert.match(output, new RegExp(`^${lost} messages are lost: there were 665$`, 'm'));
    assert.match(output, /^ids that are not there, .*: \d+/m);
  }
});

test('a long message whose end is gone takes no other one along', () => {
  const bad = join(stack.dataDir, 'bad.db');
  copyFileSync(good, bad);
  const [page] = pagesOf("name = 'messages' AND pagetype = 'overflow'");
  overwrite(bad, 1, 0xff)([page]);
  assert.equal(salvage(bad).lost, 1, `page ${page.pageno}`);
});

test('what was deleted does not come back', () => {
  const bad = join(stack.dataDir, 'bad.db');
  copyFileSync(good, bad);
  execFileSync('sqlite3', [
    bad,
    'PRAGMA secure_delete = off; DELETE FROM messages WHERE id <= 400',
  ]);
  overwrite(bad)([{ pageno: 1 }]);
  const { made, output } = salvage(bad);
  assert.equal(ask(made, 'SELECT min(id) AS n FROM messages')[0].n, 401);
  assert.match(output, /^none is lost$/m);
});

test('of a file that ends too early what is there is read, and no id is given twice', () => {
  const bad = join(stack.dataDir, 'bad.db');
  copyFileSync(good, bad);
  const there = Math.floor(statSync(good).size / PAGE / 2);
  truncateSync(bad, there * PAGE + 100);
  const gone = pagesOf(`name = 'messages' AND pagetype = 'leaf' AND pageno > ${there}`);
  const { lost, made } = salvage(bad);
  const most = gone.reduce((sum, { ncell }) => sum + ncell, 0);
  assert.ok(lost > 0 && lost <= most + 14, `${lost} of ${most}`);
  assert.equal(ask(made, "SELECT seq FROM sqlite_sequence WHERE name = 'messages'")[0].seq, 700);
});

test('what a killed logger left in the -wal file is read, and export and check name the way', async () => {
  await stack.start('logger');
  for (const text of ['late one', 'late two']) assert.equal(admin(stack, ['send', text]).status, 0);
  await stack.kill('logger');
  assert.ok(statSync(`${stack.database}-wal`).size > PAGE);
  const [leaf] = pagesOf("name = 'messages' AND pagetype = 'leaf' LIMIT 1 OFFSET 9");
  overwrite(stack.database)([leaf]);

  const cut = admin(stack, ['export', '--format=ndjson']);
  assert.equal(cut.status, 1);
  assert.match(cut.stderr, /malformed; .*mqtt-chat salvage FILE/);
  assert.match(admin(stack, ['check']).stdout, /mqtt-chat salvage FILE/);

  const made = join(stack.dataDir, 'made.db');
  assert.match(admin(stack, ['salvage', stack.database]).stderr, /is the database itself/);
  assert.match(admin(stack, ['salvage', '-']).stderr, /is no regular file/);
  const run = admin(stack, ['salvage', made]);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, new RegExp(`^${leaf.ncell} messages are lost: there were 667$`, 'm'));
  const note = 'SELECT alive_at, hex(note) AS note FROM logger_note';
  assert.deepEqual(ask(made, note), stack.sql(note));
  const restored = admin(stack, ['restore', '--yes', made]);
  assert.equal(restored.status, 0, restored.stderr);
  await stack.start('logger');
  assert.equal(admin(stack, ['send', 'and on']).status, 0);
  const rows = stack.sql('SELECT id, text FROM messages ORDER BY id DESC LIMIT 3');
  assert.deepEqual(
    rows.map(({ text }) => text),
    ['and on', 'late two', 'late one'],
  );
  assert.equal(rows[0].id, 703);
  const running = admin(stack, ['salvage', made, '--yes']);
  assert.equal(running.status, 1);
  assert.match(running.stderr, /the logger is running/);
});

test('of what is no database nothing is made', () => {
  const other = join(stack.dataDir, 'etc/mqtt-chat.conf');
  const run = admin(stack, ['salvage', `--database=${other}`, `${good}.none`]);
  assert.equal(run.status, 1);
  assert.match(run.stderr, /no message can be read/);
  assert.ok(!existsSync(`${good}.none`) && !existsSync(`${good}.none.part`));
});
