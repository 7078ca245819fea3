/**
 * A database that an earlier release has made becomes one of today's. For a new schema: a file
 * schema-N.db.gz from the last release beside the ones that are there, with what it has to hold
 * afterwards. It is made by that release's logger, kept small, and its index is filled.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { admin, check } from '../lib/admin.js';
import { asShipped, build, services, startStack, top, until } from '../lib/stack.js';

const stack = await startStack({ start: [] });
after(() => stack.close());
const [folder, logger] = [dirname(stack.database), join(build, 'src/mqtt-chat-logger')];
const config = join(stack.dataDir, 'etc/mqtt-chat.conf');

/** @param {string} name of a file in tests/vectors */
const vector = (name) => gunzipSync(readFileSync(join(top, 'tests/vectors', name)));

/** @param {Buffer} database takes the place of what is there */
function place(database) {
  for (const name of readdirSync(folder))
    if (/^chat\.db(?!\.client-id)/.test(name)) rmSync(join(folder, name));
  writeFileSync(stack.database, database);
  const { uid, gid } = statSync(folder); // the logger's
  chownSync(stack.database, uid, gid);
}

/** @param {string} query @param {string} [file] */
function sql(query, file = stack.database) {
  const run = spawnSync('sqlite3', [file, query], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim();
}

const version = () => sql('PRAGMA user_version');
const messages = () => sql("SELECT group_concat(id || text || ifnull(msg_id, '-')) FROM messages");
const note = () => sql('SELECT alive_at, session_lost_at, hex(note) FROM logger_note');
const [before, kept, noted] = (() => {
  place(vector('schema-1.db.gz'));
  return [messages(), sql('SELECT group_concat(ts || topic || reason) FROM rejected'), note()];
})();

/** Runs the logger without a broker: it opens the database and ends. @param {string[]} under */
function open(...under) {
  const [command = '', ...args] = [...under, logger, '--config', config];
  return spawnSync(command, args, { encoding: 'utf8' });
}

test('readers and editors leave an older database alone, and say who changes it', () => {
  place(vector('schema-1.db.gz'));
  for (const args of [
    ['status'],
    ['export', '-'],
    ['prune', '--days=1', '--yes'],
    ['reindex', '--yes'],
  ]) {
    const { stdout, stderr } = admin(stack, args);
    assert.match(stdout + stderr, /schema is version 1 .*start this version's logger/);
  }
  assert.equal(version(), '1');
});

test("the logger makes of version 1 today's, beside a copy of what was", async () => {
  place(vector('schema-1.db.gz'));
  for (const name of services) await stack.start(name);
  assert.match(stack.log('logger'), /schema changes from version 1.*schema-1 is a copy.*ready/s);
  assert.equal(messages(), before);
  assert.equal(sql('SELECT group_concat(ts || topic || reason) FROM rejected'), kept);
  const copy = `${stack.database}.schema-1`;
  assert.equal(sql('PRAGMA user_version', copy), '1');
  assert.equal(sql("SELECT count(*) FROM search WHERE search MATCH 'door'", copy), '1');
  assert.deepEqual(
    check(stack).filter(({ area, state }) => area === 'database' && state === 'fault'),
    [],
  );
});

test('afterwards it is found by time and words, and ids go on behind the last that was given', async () => {
  const found = async (/** @type {string} */ q) =>
    (await (await fetch(`${stack.root}/api/search?q=${encodeURIComponent(q)}`)).json()).map(
      (/** @type {{id: number}} */ { id }) => id,
    );
  assert.deepEqual(await found('door'), [41]);
  assert.deepEqual(await found('smørrebrød from:bob in:lab after:2026-11-01'), [44]);
  assert.deepEqual(await found('door before:2026-11-01'), []);
  const since = await stack.history('room=lab&since=2026-11-30T01:00:00Z&limit=200');
  assert.deepEqual(
    since.map(({ id }) => id),
    [41, 42, 43, 44],
  );
  const client = await stack.client();
  await client.publishAsync('chat/lab', 'new', { qos: 1 });
  const last = await until(async () => (await stack.history('room=lab')).find((m) => m.id > 44));
  assert.equal(last.id, 46);
  for (const name of [...services].reverse()) await stack.stop(name);
});

test('a copy that cannot be made: nothing is changed, and the line says what to do', () => {
  place(vector('schema-1.db.gz'));
  const blocked = `${stack.database}.schema-1.making`;
  assert.equal(spawnSync('mkdir', ['-p', `${blocked}/x`]).status, 0);
  const run = open();
  assert.match(run.stderr, /its schema has to change, and the copy .* failed: .*making/);
  assert.notEqual(run.status, 0);
  assert.equal(version(), '1');
  rmSync(blocked, { recursive: true });
});

const testTraced = asShipped ? test : () => {};

testTraced('killed at any of its writes it begins again, and nothing is lost', () => {
  let kills = 0;
  place(vector('schema-1.db.gz'));
  for (let write = 1; ; write++) {
    if (version() !== '1') place(vector('schema-1.db.gz'));
    const run = open(
      'strace',
      '-f',
      '-o',
      '/dev/null',
      '-e',
      `inject=pwrite64:signal=KILL:when=${write}`,
    );
    assert.equal(messages(), before, `killed at write ${write}`);
    if (run.signal !== 'SIGKILL' && run.status !== 137) {
      assert.equal(version(), '2');
      break;
    }
    kills++;
    // Now and then it is left to itself after it was killed; else it is killed where it begins again.
    if (write % 10 === 0) {
      open();
      assert.equal(version(), '2');
      assert.equal(sql('PRAGMA integrity_check'), 'ok');
      assert.equal(sql('SELECT count(*) FROM spans'), '1');
    }
  }
  assert.ok(kills > 20, `${kills} kills`);
  assert.equal(existsSync(`${stack.database}.schema-1`), true);
});

test('a backup of an older version is restored, and an older mqtt-chat can go back to the copy', () => {
  place(vector('schema-1.db.gz'));
  const backup = join(stack.dataDir, 'old.db');
  writeFileSync(backup, vector('schema-1.db.gz'));
  const run = admin(stack, ['restore', backup, '--yes']);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /holds 44 messages now/);
  assert.equal(version(), '2');
  assert.equal(messages(), before);
  assert.equal(sql("SELECT seq FROM sqlite_sequence WHERE name = 'messages'"), '45');
  assert.equal(note(), noted);
  assert.equal(sql('SELECT first_ts < last_ts, run_first, run_last FROM spans'), '1|1|44');
});
