/** On a terminal: what is asked, coloured, and shown while one waits; script(1) makes one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin } from '../lib/admin.js';
import { build, startStack } from '../lib/stack.js';

const ESC = '\u001b';
const [GREEN, RED, DIM, PLAIN] = ['[32m', '[31m', '[2m', '[0m'].map((code) => ESC + code);

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack();
  for (const text of ['The blue door', 'The red door'])
    assert.equal(admin(stack, ['send', '--nickname=Ann', '--room=lab', text]).status, 0);
});
after(() => stack?.close());

/**
 * @param {string[]} args no word of them has a quote
 * @param {{input?: string, env?: Record<string, string>}} [options] input: what is typed
 */
function onTerminal([command = '', ...args], { input = '', env } = {}) {
  const config = join(stack.dataDir, 'etc/mqtt-chat.conf');
  const words = [join(build, 'src/mqtt-chat'), command, '--config', config, ...args];
  const line = words.map((word) => `'${word}'`).join(' ');
  const run = spawnSync('script', ['-qec', line, '/dev/null'], {
    encoding: 'utf8',
    input,
    timeout: 60_000,
    env: { ...process.env, NO_COLOR: undefined, ...env },
  });
  return { status: run.status, shown: run.stdout };
}

const left = () => stack.sql('SELECT text FROM messages ORDER BY id').map(({ text }) => text);

test('nothing is deleted but after a yes', () => {
  const prune = ['prune', '--room=lab'];
  for (const input of ['n\n', '\n', 'no\n', 'x\n', '\u0004']) {
    const { status, shown } = onTerminal(prune, { input });
    assert.equal(status, 1, shown);
    assert.match(shown, /^Delete 2 messages for good\? \[y\/N\]/m);
    assert.match(shown, /mqtt-chat: nothing was changed/);
  }
  assert.equal(left().length, 2);
  const before = onTerminal([...prune, '--before=2026-01-02'], { input: 'n\n' });
  assert.match(before.shown, /0 messages were deleted/, 'there is nothing to ask');
  const soon = onTerminal([...prune, '--before=2999-01-02'], { input: 'n\n' });
  assert.match(soon.shown, /Delete 2 messages from before 2999-01-02T00:00:00\.000Z for good\?/);
});

test('colours are for terminals, and for who wants them', () => {
  const { shown } = onTerminal(['status']);
  assert.ok(shown.includes(`broker     ${GREEN}mosquitto`), shown);
  assert.ok(shown.includes(`takes requests at ${join(stack.dataDir, 'socket/api')}${PLAIN}`));
  assert.ok(!onTerminal(['status'], { env: { NO_COLOR: '1' } }).shown.includes(`${ESC}[3`));
  const down = onTerminal(['status', '--api-socket=/none']).shown;
  assert.ok(down.includes(`api        ${RED}/none: No such file or directory${PLAIN}`), down);

  const tail = onTerminal(['tail', '--once']).shown;
  assert.match(tail.replaceAll(ESC, '^'), /\^\[2m[-\d]+ [:\d]+\^\[0m #lab \^\[32mAnn\^\[0m: The/);
  assert.ok(tail.includes(DIM));
  const hit = onTerminal(['search', 'blue']).shown;
  assert.ok(hit.includes(`Ann: The ${RED}blue${PLAIN} door`), hit);

  const faults = onTerminal(['check', '--api-socket=/none']).shown;
  assert.ok(faults.includes(`${RED}FAULT   ${PLAIN} api      /none: No such file`), faults);
  assert.ok(faults.includes(`${GREEN}ok      ${PLAIN} database `));
});

test('what takes a while shows how far it is, and takes that away again', () => {
  const lines = Array.from({ length: 4000 }, (_, id) =>
    JSON.stringify({ id, nickname: 'Bob', room: 'bulk', text: `Row ${id}`, ts: '2024-02-03' }),
  );
  const file = join(stack.dataDir, 'rows.ndjson');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const wiped = (/** @type {string} */ shown) => shown.lastIndexOf(`\r${ESC}[K`);
  const bar = (/** @type {string} */ what) =>
    new RegExp(`\\r${ESC}\\[K${what}: \\[(#* *)\\] {1,3}(\\d+) %`, 'g');

  const { status, shown } = onTerminal(['import', file]);
  assert.equal(status, 0, shown);
  const steps = [...shown.matchAll(bar('importing'))];
  assert.ok(steps.length > 0, shown);
  for (const [, drawn = '', percent] of steps) {
    assert.equal(drawn.length, 30);
    assert.ok(Math.abs(drawn.trim().length - Number(percent) * 0.3) < 1.2, `${drawn} ${percent}`);
  }
  assert.ok(wiped(shown) < shown.indexOf('4000 records: 4000 added'));
  assert.ok(!shown.slice(wiped(shown) + 4).includes('importing'));

  const exported = onTerminal(['export', '--room=bulk', join(stack.dataDir, 'bulk.ndjson')]).shown;
  assert.match(exported, new RegExp(`\\r${ESC}\\[Kexporting: \\d+`));
  const reindexed = onTerminal(['reindex', '--yes']).shown;
  assert.match(reindexed, bar('indexing'));
  assert.ok(wiped(reindexed) > reindexed.lastIndexOf('indexing: ['), 'it is taken away');
  const pruned = onTerminal(['prune', '--yes', '--room=bulk']).shown;
  assert.match(pruned, bar('deleting'));
  assert.ok(wiped(pruned) > pruned.lastIndexOf('deleting: ['), 'it is taken away');
  assert.match(pruned, /4000 messages were deleted/);
  assert.equal(left().length, 2);
});

test('a database is not for a terminal, and nobody types an import', () => {
  const backup = onTerminal(['backup', '-']);
  assert.equal(backup.status, 64);
  assert.match(backup.shown, /a backup is a database, not for a terminal: give a FILE/);
  const typed = onTerminal(['import', '--format=csv']);
  assert.equal(typed.status, 64);
  assert.match(typed.shown, /give a FILE, or something on stdin/);
});

test('after a yes it is done', () => {
  const { status, shown } = onTerminal(['prune', '--nickname=Ann'], { input: 'Y\n' });
  assert.equal(status, 0, shown);
  assert.match(shown, /2 messages were deleted/);
  assert.deepEqual(left(), []);
});
