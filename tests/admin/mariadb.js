/**
 * The original's table, 100,000 rows of it, in a real MariaDB, by way of `mariadb --batch`:
 *
 *     make -C build check-mariadb
 *
 * imported; imported again, which adds nothing; and killed in the middle and run again.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { admin, adminStarted } from '../lib/admin.js';
import { batchOutput, originalRows, originalSql } from '../lib/original.js';
import { startStack, until } from '../lib/stack.js';

const ROWS = 100_000;
const dir = mkdtempSync(join(tmpdir(), 'mqtt-chat-mariadb-'));
const socket = join(dir, 'socket');
if (spawnSync('mariadbd', ['--version']).error) {
  throw new Error('mariadbd is missing; as root:  apt-get install mariadb-server');
}

execFileSync(
  'mariadb-install-db',
  [
    ...['--no-defaults', `--datadir=${dir}/data`, `--user=${userInfo().username}`],
    '--auth-root-authentication-method=normal',
  ],
  { stdio: 'ignore' },
);
const log = openSync(join(dir, 'log'), 'w');
const server = spawn(
  'mariadbd',
  [
    ...['--no-defaults', `--datadir=${dir}/data`, `--socket=${socket}`, `--pid-file=${dir}/pid`],
    ...['--skip-networking', `--user=${userInfo().username}`],
  ],
  { stdio: ['ignore', log, log] },
);
process.on('exit', () => server.kill('SIGKILL'));

/** @param {string[]} args @param {string} [input] */
const mariadb = (args, input) =>
  execFileSync(
    'mariadb',
    ['--no-defaults', '--default-character-set=utf8mb4', `--socket=${socket}`, '-u', 'root', ...args],
    { encoding: 'utf8', input: input ?? '', maxBuffer: 1 << 29, stdio: ['pipe', 'pipe', 'pipe'] },
  );

const stack = await startStack();
try {
  await until(() => mariadb(['-e', 'CREATE DATABASE IF NOT EXISTS chat']) === '', 60_000);
  const rows = originalRows(ROWS);
  mariadb(['chat'], originalSql(rows));
  const output = mariadb([
    ...['--batch', '--quick', 'chat'],
    ...['-e', "SET time_zone = '+00:00'; SELECT * FROM messages ORDER BY id"],
  ]);
  assert.equal(output, batchOutput(rows), 'the recorded form is not what mariadb prints');
  const file = join(dir, 'messages.tsv');
  writeFileSync(file, output);

  const args = ['import', '--format=mariadb', '--source=flask', file];
  const count = () => Number(stack.sql('SELECT count(*) AS n FROM messages')[0].n);
  const killed = adminStarted(stack, args);
  await until(() => count() > ROWS / 10, 120_000);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const had = count();
  const good = rows.filter((row) => row.fits);
  assert.ok(had < good.length, 'it was not killed in the middle');
  console.log(`killed with ${had} of ${good.length} messages stored`);

  for (const run of ['run again', 'and again']) {
    const began = Date.now();
    const { status, stdout, stderr } = admin(stack, args);
    assert.equal(status, 0, stderr);
    console.log(`${run}: ${Date.now() - began} ms: ${stdout.split('\n')[0]}`);
    assert.equal(count(), good.length);
  }
  const stored = stack.sql('SELECT nickname, text, client_id, ts FROM messages ORDER BY id');
  assert.deepEqual(
    stored,
    good.map((row) => ({
      nickname: row.nickname?.trim() || 'mqtt',
      text: row.text?.trim(),
      client_id: row.clientId,
      ts: row.ts,
    })),
  );
  console.log('all are as they were');
} finally {
  await stack.close();
  server.kill();
  await new Promise((resolve) => server.once('close', resolve));
  rmSync(dir, { recursive: true });
}
