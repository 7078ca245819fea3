/** Backup, prune and retention while people talk: nothing else is gone, nothing is missing. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin, adminStarted, check } from '../lib/admin.js';
import { Sender } from '../lib/sender.js';
import { startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack();
});
after(() => stack?.close());

/**
 * @param {string} file
 * @param {string} query
 * @returns {Record<string, any>[]}
 */
function sqlOf(file, query) {
  return JSON.parse(
    execFileSync('sqlite3', ['-json', file, query], { encoding: 'utf8', maxBuffer: 1 << 28 }) ||
      '[]',
  );
}

/**
 * Talks in its own room while `work` is done; then every receipt has its message.
 * @template T
 * @param {string} name
 * @param {(sender: Sender) => Promise<T>} work
 * @param {number} [everyMs]
 */
async function whileTalking(name, work, everyMs = 2) {
  const sender = await Sender.open(stack, name, { room: name });
  const stop = new AbortController();
  const talking = sender.sendUntil(stop.signal, everyMs);
  await until(() => sender.receipts.size > 20);
  const result = await work(sender);
  stop.abort();
  await talking;
  await sender.settle();
  const stored = new Map(
    stack
      .sql(`SELECT id, msg_id FROM messages WHERE room = '${name}'`)
      .map((m) => [m.msg_id, m.id]),
  );
  for (const [msgId, { id }] of sender.receipts) assert.equal(stored.get(msgId), id, msgId);
  assert.equal(stored.size, sender.receipts.size, 'stored twice');
  return result;
}

/**
 * @param {string} source
 * @param {number} count
 * @param {(i: number) => object} row
 */
function importRows(source, count, row) {
  const file = join(stack.dataDir, `${source}.ndjson`);
  const lines = Array.from({ length: count }, (_, i) => JSON.stringify({ id: i, ...row(i) }));
  writeFileSync(file, `${lines.join('\n')}\n`);
  const run = admin(stack, ['import', `--source=${source}`, file]);
  assert.equal(run.status, 0, run.stderr);
}

/** FTS5's own look at its index, which fails where a word was taken out that was never in. */
function indexIsSound() {
  execFileSync('sqlite3', [
    stack.database,
    "PRAGMA busy_timeout=5000; INSERT INTO search (search) VALUES ('integrity-check')",
  ]);
}

test('a backup under load holds all that was receipted before, and is sound where restored', async () => {
  const file = join(stack.dataDir, 'backup.db');
  const before = await whileTalking('backup', async (sender) => {
    const receipts = new Map(sender.receipts);
    const run = adminStarted(stack, ['backup', file]);
    assert.equal(await run.ended, 0, run.output());
    return receipts;
  });
  assert.ok(before.size > 20);
  const other = await startStack({ start: ['broker'] });
  try {
    const restored = admin(other, ['restore', '--yes', file]);
    assert.equal(restored.status, 0, restored.stderr);
    await other.start('logger');
    const stored = new Map(
      sqlOf(other.database, 'SELECT id, msg_id FROM messages').map((m) => [m.msg_id, m.id]),
    );
    for (const [msgId, { id }] of before) assert.equal(stored.get(msgId), id, msgId);
    const faults = check(other).filter(({ state, area }) => state === 'fault' && area !== 'api');
    assert.deepEqual(faults, []);
  } finally {
    await other.close();
  }
});

test('prune under load deletes what it was asked to, and nothing else', async () => {
  importRows('prune', 6000, (i) => ({
    room: `prune-${i % 3}`,
    nickname: i % 2 ? 'Ann' : 'Bob',
    text: `Platypus number ${i} 你好`,
    ts: new Date(Date.UTC(2024, 0, 1 + (i % 20))).toISOString(),
  }));
  assert.equal(admin(stack, ['reindex', '--yes']).status, 0);
  const left =
    "SELECT id, room, nickname, text FROM messages WHERE room LIKE 'prune-%'" +
    " AND NOT (room = 'prune-1' AND nickname = 'Bob' AND ts < 1704844800000) ORDER BY id";
  const expected = sqlOf(stack.database, left);
  const filter = ['--room=prune-1', '--nickname=Bob', '--before=2024-01-10'];
  const dry = admin(stack, ['prune', '--dry-run', ...filter]);
  assert.match(dry.stdout, new RegExp(`^${6000 - expected.length} messages would be deleted`));
  assert.match(admin(stack, ['prune', ...filter]).stderr, /say --yes/);
  assert.equal(
    stack.sql("SELECT count(*) AS n FROM messages WHERE room LIKE 'prune-%'")[0].n,
    6000,
  );

  await whileTalking('prune', async () => {
    const run = adminStarted(stack, ['prune', '--yes', ...filter]);
    assert.equal(await run.ended, 0, run.output());
    assert.match(run.output(), new RegExp(`^${6000 - expected.length} messages were deleted`));
  });
  assert.deepEqual(
    sqlOf(
      stack.database,
      "SELECT id, room, nickname, text FROM messages WHERE room LIKE 'prune-%'",
    ),
    expected,
  );
  const found = sqlOf(
    stack.database,
    "SELECT count(*) AS n FROM search WHERE search MATCH 'text:platypus'",
  );
  assert.equal(found[0].n, expected.length, 'the search knows what is gone, or not what is left');
  indexIsSound();
  const rooms = await (await fetch(`${stack.root}/api/rooms`)).json();
  for (const { room, messages } of rooms)
    assert.equal(
      stack.sql(`SELECT count(*) AS n FROM messages WHERE room = '${room}'`)[0].n,
      messages,
    );
});

test('retention under load: old messages and those above the bound go, the file gets smaller', async () => {
  const day = 86_400_000;
  importRows('young', 500, (i) => ({
    room: 'young',
    nickname: 'Ann',
    text: `Young ${i}`,
    ts: new Date(Date.now() - day - i * 1000).toISOString(),
  }));
  importRows('full', 4500, (i) => ({
    room: 'full',
    nickname: 'Ann',
    text: `Full ${i} ${'x'.repeat(500)}`,
    ts: new Date(Date.now() - day + i * 1000).toISOString(),
  }));
  importRows('old', 3000, (i) => ({
    room: 'old',
    nickname: 'Ann',
    text: `Old ${i} ${'x'.repeat(500)}`,
    ts: new Date(Date.now() - 60 * day + i * 1000).toISOString(),
  }));
  const young = sqlOf(stack.database, "SELECT * FROM messages WHERE room = 'young'");
  const newest = sqlOf(
    stack.database,
    "SELECT * FROM messages WHERE room = 'full' ORDER BY id DESC LIMIT 3000",
  ).reverse();
  await stack.stop('logger');
  execFileSync('sqlite3', [stack.database, 'PRAGMA wal_checkpoint(TRUNCATE)']);
  const size = statSync(stack.database).size;
  const config = join(stack.dataDir, 'etc/mqtt-chat.conf');
  appendFileSync(config, '\nretention-days = 30\nretention-messages = 3000\n');
  await stack.start('logger');

  await whileTalking(
    'retention',
    async (sender) => {
      const count = (/** @type {string} */ where) =>
        Number(stack.sql(`SELECT count(*) AS n FROM messages WHERE ${where}`)[0].n);
      await until(() => count("room = 'old'") === 0, 120_000, 'the old ones are gone');
      await until(() => count("room = 'full'") === 3000, 120_000, 'the full room is cut');
      await until(
        () => Number(stack.sql('PRAGMA freelist_count')[0].freelist_count) === 0,
        120_000,
      );
      assert.ok(sender.receipts.size < 3000, 'the talk itself is above the bound');
    },
    50,
  );
  assert.deepEqual(sqlOf(stack.database, "SELECT * FROM messages WHERE room = 'young'"), young);
  assert.deepEqual(
    sqlOf(stack.database, "SELECT * FROM messages WHERE room = 'full' ORDER BY id"),
    newest,
  );
  indexIsSound();
  await stack.stop('logger');
  execFileSync('sqlite3', [stack.database, 'PRAGMA wal_checkpoint(TRUNCATE)']);
  assert.ok(statSync(stack.database).size < size, 'no room was given back');
  await stack.start('logger');
  const late = admin(stack, ['import', '--format=ndjson'], {
    input: '{"id":1,"nickname":"Ann","text":"x","ts":"2001-01-01"}\n',
  });
  assert.match(late.stdout, /1 is older than retention-days and was left out/);
});
