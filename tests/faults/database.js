/** Somebody else at the database: a lock, other modes, another file, a broken one, a long reader. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { top, until } from '../lib/stack.js';
import { add } from './checker.js';
import { breakAndMend } from './disk.js';
import { randomOf } from './random.js';

/** @typedef {import('./bench.js').Bench} Bench */
/** @typedef {import('./rows.js').Row} Row */

const PAGE = 4096;

/** Modes keep nobody out where the logger runs as root. */
function whyNoModes() {
  const page = join(top, 'web/chat/index.html');
  const as = ['--reuid=www-data', '--regid=www-data', '--clear-groups', 'test', '-r', page];
  const own = process.getuid?.() === 0 && spawnSync('setpriv', as).status === 0;
  return own
    ? ''
    : 'the logger has no user of its own here (it takes root, and www-data to reach us)';
}

/**
 * Somebody may be reading along.
 * @param {Bench} bench
 * @param {string} folder
 */
function moveAway(bench, folder) {
  mkdirSync(folder);
  for (const file of bench.files()) {
    if (!file.endsWith('.client-id')) renameSync(join(bench.history, file), join(folder, file));
  }
  rmSync(`${bench.stack.database}-shm`, { force: true });
}

/**
 * @param {Bench} bench
 * @param {string} folder
 */
function moveBack(bench, folder) {
  for (const file of ['chat.db-wal', 'chat.db']) {
    renameSync(join(folder, file), join(bench.history, file));
  }
  rmSync(folder, { recursive: true });
}

/**
 * The logger is stopped, its database spoilt: it must say what is wrong in one line and end. When
 * all is well again it stores what was sent meanwhile.
 * @param {Bench} bench
 * @param {string} name
 * @param {RegExp} line
 * @param {() => void} breakIt
 * @param {() => void} mendIt
 */
async function refuseToStart(bench, name, line, breakIt, mendIt) {
  const random = randomOf(name);
  await bench.traffic.waves(random, 5);
  await bench.settle();
  await bench.stack.stop('logger');
  breakIt();
  await bench.traffic.waves(random, 5);
  const log = bench.logFrom();
  try {
    await assert.rejects(bench.stack.start('logger'), /logger ended/, 'it refuses to start');
    await bench.killLogger();
  } finally {
    mendIt();
  }
  assert.match(log(), line);
  assert.equal(log().trim().split('\n').length, 1, `one line:\n${log()}`);
  await bench.startLogger();
  await bench.traffic.settle();
  return bench.checker.checkAll();
}

/**
 * Overwrites all pages but the first, or gives them back.
 * @param {Bench} bench
 * @param {Buffer} content
 */
function overwrite(bench, content) {
  const file = openSync(bench.stack.database, 'r+');
  writeSync(file, content, PAGE, content.length - PAGE, PAGE);
  closeSync(file);
}

/** @type {Row[]} */
export const locked = [
  {
    name: 'database locked for longer than its timeout',
    bench: 'shared',
    run(bench, seed) {
      let release = async () => {};
      return breakAndMend(
        bench,
        'locked',
        seed,
        async () => {
          release = await bench.hold('BEGIN IMMEDIATE;');
        },
        () => release(),
      );
    },
  },
];

/** @type {Row[]} */
export const broken = [
  {
    name: 'database read-only, at the start',
    skip: whyNoModes,
    run: (bench) =>
      refuseToStart(
        bench,
        'read-only',
        /readonly|read-only|check owner and mode/,
        () => chmodSync(bench.stack.database, 0o440),
        () => chmodSync(bench.stack.database, 0o640),
      ),
  },
  {
    name: 'database read-only, under the logger',
    skip: whyNoModes,
    run: (bench) =>
      breakAndMend(
        bench,
        'read-only',
        1,
        () => {
          chmodSync(bench.stack.database, 0o440); // counts when it is opened again
          bench.fail('write', 'EROFS');
        },
        async () => {
          bench.heal();
          await bench.traffic.waves(randomOf('still read-only'), 100);
          chmodSync(bench.stack.database, 0o640);
        },
        1,
      ),
  },
  {
    name: 'database missing, at the start: a new one',
    async run(bench) {
      await bench.stack.stop('logger');
      for (const end of ['', '-wal', '-shm']) rmSync(bench.stack.database + end, { force: true });
      await bench.traffic.waves(randomOf('missing'), 5);
      await bench.startLogger();
      await bench.traffic.waves(randomOf('made'), 5);
      return bench.settle();
    },
  },
  {
    name: 'database moved away under the logger, and back',
    run(bench) {
      const away = join(bench.stack.dataDir, 'away');
      return breakAndMend(
        bench,
        'moved',
        1,
        () => moveAway(bench, away),
        () => moveBack(bench, away),
      );
    },
  },
  {
    name: 'database replaced by a copy under the logger',
    async run(bench) {
      const random = randomOf('replaced');
      await bench.traffic.waves(random, 20);
      await bench.settle();
      const copy = join(bench.stack.dataDir, 'copy.db');
      bench.write(`VACUUM INTO '${copy}'`);
      const { uid, gid } = statSync(bench.stack.database);
      chownSync(copy, uid, gid);
      const log = bench.logFrom();
      const pid = bench.stack.pid('logger');
      moveAway(bench, join(bench.stack.dataDir, 'away'));
      renameSync(copy, bench.stack.database);
      await bench.traffic.waves(random, 20);
      await bench.traffic.settle();
      assert.equal(bench.stack.pid('logger'), pid);
      assert.match(log(), /moved, replaced or deleted/);
      return bench.checker.checkAll();
    },
  },
  {
    name: 'database not a database, at the start',
    run(bench) {
      let content = Buffer.alloc(0);
      return refuseToStart(
        bench,
        'garbage',
        /not a database/,
        () => {
          content = readFileSync(bench.stack.database);
          const file = openSync(bench.stack.database, 'r+');
          writeSync(file, Buffer.alloc(PAGE, 'garbage'), 0, PAGE, 0);
          closeSync(file);
        },
        () => {
          const file = openSync(bench.stack.database, 'r+');
          writeSync(file, content, 0, content.length, 0);
          closeSync(file);
        },
      );
    },
  },
  {
    name: 'database corrupt, under the logger',
    async run(bench) {
      await bench.traffic.waves(randomOf('before'), 50);
      await bench.settle();
      let content = Buffer.alloc(0);
      return breakAndMend(
        bench,
        'corrupt',
        1,
        () => {
          bench.write('PRAGMA wal_checkpoint(TRUNCATE)');
          bench.write('PRAGMA user_version = 2'); // so that the logger's cache is void
          content = readFileSync(bench.stack.database);
          overwrite(bench, Buffer.alloc(content.length, 'garbage'));
        },
        () => overwrite(bench, content),
      );
    },
  },
  {
    name: 'database of a newer schema, at the start',
    run: (bench) =>
      refuseToStart(
        bench,
        'newer',
        /its schema is version 9/,
        () => bench.write('PRAGMA user_version = 9'),
        () => bench.write('PRAGMA user_version = 2'),
      ),
  },
  {
    name: 'database of a newer schema, under the logger',
    async run(bench) {
      // Seen when the file is opened again: an error makes it do so.
      return breakAndMend(
        bench,
        'newer under it',
        1,
        () => {
          bench.write('PRAGMA user_version = 9');
          bench.fail('sync', 'EIO');
        },
        async () => {
          bench.heal();
          await bench.traffic.waves(randomOf('still newer'), 50);
          bench.write('PRAGMA user_version = 2');
        },
        1,
      );
    },
  },
];

const MB = 1 << 20;

/**
 * So much that the -wal file has to be told of.
 * @param {Bench} bench
 */
async function pourMuch(bench) {
  const [count, atOnce] = [45_000, 5000]; // at once, what the broker's queue has room for
  const padding = 'x'.repeat(3900);
  const look = () =>
    bench.stack.sql(
      "SELECT count(*) AS n, max(id) AS last FROM messages WHERE room = 'padding'",
    )[0];
  for (let n = 0; n < count; n += atOnce) {
    const lines = Array.from({ length: atOnce }, (_, i) => `${n + i} ${padding}\n`);
    await bench.pour('padding', lines);
    await until(() => look()?.n === n + atOnce);
  }
  await bench.traffic.settle();
  const stored = look();
  const findings = bench.checker.check(Number(stored?.last));
  findings.messages += count;
  return findings;
}

/** @type {Row} */
export const longReader = {
  name: 'a reader holds its snapshot for 50,000 messages',
  async run(bench, seed, short) {
    const random = randomOf(`reader ${seed}`);
    const wal = () => statSync(`${bench.stack.database}-wal`).size / MB;
    const log = bench.logFrom();
    await bench.traffic.waves(random, 5);
    await bench.settle();
    const release = await bench.hold('BEGIN; SELECT count(*) FROM messages;');
    await bench.traffic.flood(short ? 10_000 : 50_000);
    const findings = await bench.settle();
    const grown = [wal()];
    if (!short) {
      add(findings, await pourMuch(bench));
      grown.push(wal());
      assert.match(log(), /-wal has grown over/, `told at ${wal()} MB`);
    }
    await release();
    await until(
      async () => {
        await bench.traffic.waves(random, 1);
        await bench.traffic.settle();
        return wal() <= 17;
      },
      20_000,
      'the -wal shrinks when the reader has ended',
    );
    add(findings, bench.checker.check());
    const sizes = grown.map((size) => `${size.toFixed(1)} MB`).join(', then ');
    findings.notes = [
      `-wal: ${sizes} under the reader${short ? '' : ' (told in the log)'}, ` +
        `${wal().toFixed(1)} MB after it`,
    ];
    return findings;
  },
};
