/** The disk is full, fails, or loses what it was not told to keep. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { until } from '../lib/stack.js';
import { points } from './bench.js';
import { speakUntilDeath } from './kills.js';
import { mountDisk, whyNoMounts } from './namespace.js';
import { randomOf } from './random.js';

/** @typedef {import('./bench.js').Bench} Bench */
/** @typedef {import('./rows.js').Row} Row */
/** @typedef {(limit: number) => number} Random */

const COMPLAINT = /nothing is acknowledged meanwhile/;

/**
 * Speaks until the logger complains, and goes on for a while: it may say so once, and must not die.
 * @param {Bench} bench
 * @param {Random} random
 * @param {() => string} log
 */
export async function speakUntilComplaint(bench, random, log) {
  await until(
    async () => {
      await bench.traffic.waves(random, 2);
      return log().search(COMPLAINT) >= 0;
    },
    20_000,
    'the logger says that it cannot store',
  );
  await bench.traffic.waves(random, random(20));
}

/**
 * One fault that goes away by itself: it is told in one line, and the logger goes on without a
 * restart.
 * @param {Bench} bench
 * @param {string} name
 * @param {number} seed
 * @param {(random: Random) => void | Promise<void>} breakIt
 * @param {() => void | Promise<void>} mendIt
 * @param {number} [lines] to be told in, at most: one for each cause
 */
export async function breakAndMend(bench, name, seed, breakIt, mendIt, lines = 1) {
  const random = randomOf(`${name} ${seed}`);
  const log = bench.logFrom();
  const pid = bench.stack.pid('logger');
  await breakIt(random);
  try {
    await speakUntilComplaint(bench, random, log);
  } finally {
    await mendIt();
  }
  const findings = await bench.settle();
  assert.equal(bench.stack.pid('logger'), pid);
  assert.ok(bench.stack.alive('logger'), 'the logger lives');
  const written = log().trim().split('\n');
  const complaints = written.filter((line) => line.search(COMPLAINT) >= 0);
  assert.ok(complaints.length >= 1 && complaints.length <= lines, `complaints:\n${log()}`);
  assert.ok(written.length <= lines + 5, `few lines, not ${written.length}:\n${log()}`);
  return findings;
}

/** @type {Row[]} */
export const failing = /** @type {const} */ ([
  ['sync', 'EIO'],
  ['sync', 'ENOSPC'],
  ['write', 'EIO'],
  ['write', 'ENOSPC'],
  ['write', 'EROFS'],
]).map(([call, error]) => ({
  name: `disk: ${error} at ${call === 'sync' ? 'fsync' : 'write'}`,
  bench: 'shared',
  seeded: true,
  run: (bench, seed) =>
    breakAndMend(
      bench,
      `${call} ${error}`,
      seed,
      (random) => bench.fail(call, error, 1 + random(call === 'sync' ? 5 : 30)),
      () => bench.heal(),
    ),
}));

// ---- a power cut ----

/**
 * From here on the shim keeps what is on the disk for certain.
 * @param {Bench} bench
 */
async function keepDisk(bench) {
  await bench.stack.stop('logger');
  const disk = join(bench.folder, 'disk');
  mkdirSync(disk);
  chmodSync(disk, 0o777);
  for (const file of bench.files()) copyFileSync(join(bench.history, file), join(disk, file));
  for (const file of readdirSync(disk)) chmodSync(join(disk, file), 0o666);
  await bench.startLogger();
}

const SECTOR = 512;

/**
 * Of what was written and not synced, the disk may have any sectors.
 * @param {Buffer} synced
 * @param {Buffer} written
 * @param {Random} random
 */
function someSectors(synced, written, random) {
  const mixed = Buffer.alloc(Math.max(synced.length, written.length));
  synced.copy(mixed);
  for (let at = 0; at < written.length; at += SECTOR) {
    if (random(2) === 0) written.copy(mixed, at, at, Math.min(at + SECTOR, written.length));
  }
  return mixed;
}

/**
 * The logger is dead: leaves of its files what a power cut would.
 * @param {Bench} bench
 * @param {Random} [random] where it is given, some of what was not synced is there all the same
 */
function cutPower(bench, random) {
  const disk = join(bench.folder, 'disk');
  for (const file of bench.files()) {
    const [path, kept] = [join(bench.history, file), join(disk, file)];
    if (!existsSync(kept)) {
      rmSync(path); // never synced, so the disk does not even know its name
      continue;
    }
    if (random) {
      writeFileSync(kept, someSectors(readFileSync(kept), readFileSync(path), random));
    }
    writeFileSync(path, readFileSync(kept));
  }
  rmSync(`${bench.stack.database}-shm`, { force: true });
  for (const name of readdirSync(disk)) {
    if (name.endsWith('.dirty')) rmSync(join(disk, name));
  }
}

/**
 * @param {Bench} bench
 * @param {number} seed
 * @param {boolean} mixed whether in half of the runs some of what was not synced survives
 */
async function loseThePower(bench, seed, mixed) {
  const random = randomOf(`power ${seed}`);
  const places = [...points, 'anywhere'];
  await speakUntilDeath(bench, String(places[seed % places.length]), random);
  bench.clear('kill', 'fired');
  cutPower(bench, random(2) === 1 && mixed ? random : undefined);
  const back = bench.startLogger();
  await bench.traffic.waves(random, random(4));
  await back;
  await bench.traffic.settle();
  return bench.checker.checkAll();
}

/** @type {Row[]} */
export const power = [
  {
    name: 'power cut',
    seeded: true,
    begin: keepDisk,
    run: (bench, seed) => loseThePower(bench, seed, true),
  },
  {
    name: 'power cut after a failed fsync',
    seeded: true,
    begin: keepDisk,
    async run(bench, seed) {
      const random = randomOf(`failed fsync ${seed}`);
      const log = bench.logFrom();
      bench.fail('sync', 'EIO', 1 + random(6));
      await speakUntilComplaint(bench, random, log);
      bench.heal();
      await bench.traffic.settle();
      await bench.killLogger();
      cutPower(bench);
      await bench.startLogger();
      await bench.traffic.settle();
      return bench.checker.checkAll();
    },
  },
];

/**
 * What survives is what there was before: with some of the rest the database would be damaged, and the
 * logger would say so instead of losing anything.
 * @type {Row}
 */
export const noSync = {
  name: 'control: fsync does nothing, power cut',
  expect: 'lost',
  seeded: true,
  async begin(bench) {
    await keepDisk(bench);
    bench.set('no-sync');
  },
  run: (bench, seed) => loseThePower(bench, seed, false),
};

// ---- a full disk ----

/** @type {Row} */
export const full = {
  name: 'disk full (tmpfs)',
  skip: whyNoMounts,
  prepare(bench) {
    // Otherwise messages would be refused before it is full.
    appendFileSync(join(bench.stack.dataDir, 'etc/mqtt-chat.conf'), '\nmin-free = 0\n');
    bench.onClose(mountDisk(bench.history, '3m'));
  },
  async run(bench) {
    const filler = join(bench.history, 'filler');
    const fill = () => {
      writeFileSync(filler, '');
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'], { stdio: 'ignore' });
    };
    const free = () => rmSync(filler, { force: true });
    const findings = await breakAndMend(bench, 'full', 1, fill, free);
    // Once more, and this time it dies while the disk is full.
    const log = bench.logFrom();
    fill();
    const random = randomOf('full and dead');
    await speakUntilComplaint(bench, random, log);
    await bench.killLogger();
    await bench.stack.start('logger').catch(() => {}); // it may refuse
    await bench.traffic.waves(random, 3);
    await bench.killLogger();
    free();
    await bench.startLogger();
    const after = await bench.settle();
    after.messages += findings.messages;
    return after;
  },
};
