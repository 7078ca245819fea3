/** The logger dies: at each kill point, at any time, asked to; and the controls that must be red. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../lib/stack.js';
import { points } from './bench.js';
import { randomOf } from './random.js';

/** @typedef {import('./bench.js').Bench} Bench */
/** @typedef {import('./rows.js').Row} Row */

/** How often a point is passed while a wave or two is stored. */
const reach = {
  ...{ 'callback-begin': 60, callback: 40, 'callback-end': 60, 'half-pwrite': 30 },
  ...{ 'half-send': 60, anywhere: 40, slice: 700 },
};

/**
 * Speaks until the logger is dead.
 * @param {Bench} bench
 * @param {string} point
 * @param {(limit: number) => number} random
 */
export async function speakUntilDeath(bench, point, random) {
  const n = 1 + random(/** @type {Record<string, number>} */ (reach)[point] ?? 8);
  if (point === 'anywhere') {
    const death = sleep(n).then(() => bench.killLogger());
    await bench.traffic.waves(random, 8);
    await death;
    return;
  }
  bench.arm(point, n);
  await until(
    async () => {
      await bench.traffic.waves(random, 1);
      return !bench.stack.alive('logger');
    },
    10_000,
    `the logger dies at ${point}`,
  );
  assert.equal(bench.fired, point);
  await bench.killLogger();
}

/**
 * Dies, is away for a while, and comes back; every third time it dies once more as it does.
 * @param {Bench} bench
 * @param {string} point
 * @param {number} seed
 */
export async function killOnce(bench, point, seed) {
  const random = randomOf(`${point} ${seed}`);
  await speakUntilDeath(bench, point, random);
  bench.clear('kill', 'fired');
  await bench.traffic.waves(random, random(3));
  if (random(3) === 0) bench.arm(points[random(points.length)], 1 + random(10));
  const back = bench.startLogger();
  await bench.traffic.waves(random, random(4));
  await back;
  if (!bench.stack.alive('logger')) await bench.startLogger();
  await finish(bench);
  return bench.checker.check();
}

/**
 * A second kill point may still be ahead: it has its chance, and then the row has to come to rest. A
 * logger that has reached it already dies a little later than it is taken away.
 * @param {Bench} bench
 */
async function finish(bench) {
  await bench.traffic.acked();
  bench.clear('kill');
  let over = false;
  const settled = bench.traffic.settle().finally(() => {
    over = true;
  });
  settled.catch(() => {}); // it is awaited below
  while (!over) {
    if (bench.fired) {
      await bench.killLogger();
      bench.clear('fired');
      await bench.startLogger();
    }
    await sleep(10);
  }
  await settled;
}

/** @type {Row[]} */
export const kills = [...points, 'anywhere'].map((point) => ({
  name: `logger killed: ${point}`,
  bench: 'shared',
  seeded: true,
  run: (bench, seed) => killOnce(bench, point, seed),
}));

/**
 * What the broker delivers again would be doubled here, because the logger is made to forget its
 * marks: nothing doubled means nothing delivered again.
 * @type {Row}
 */
export const terminated = {
  name: 'logger ended by SIGTERM mid-batch',
  bench: 'shared',
  seeded: true,
  async run(bench, seed) {
    const random = randomOf(`SIGTERM ${seed}`);
    const stopped = sleep(random(30)).then(() => bench.stack.stop('logger'));
    await bench.traffic.waves(random, 10);
    assert.deepEqual(await stopped, { code: 0, signal: null });
    bench.set('no-marks');
    await bench.startLogger();
    bench.clear('no-marks');
    return bench.settle();
  },
};

/**
 * More comes than a slow disk takes, so that its socket always has something to read.
 * @type {Row}
 */
export const terminatedLate = {
  name: 'logger ended by SIGTERM while it cannot keep up',
  async run(bench) {
    const count = 50_000;
    const stored = () =>
      Number(bench.stack.sql("SELECT count(*) AS n FROM messages WHERE room = 'flood'")[0].n);
    bench.set('slow', '500');
    const poured = bench.pour(
      'flood',
      Array.from({ length: count }, (_, i) => `${i}\n`),
    );
    await until(() => stored() > 0);
    assert.deepEqual(await bench.stack.stop('logger'), { code: 0, signal: null });
    assert.ok(stored() < count, 'the logger stored all before it ended');
    bench.clear('slow');
    await poured;
    await bench.startLogger();
    await bench.traffic.settle();
    assert.equal(stored(), count);
    return bench.checker.check(count);
  },
};

/**
 * A run of the harness on a logger that has been broken on purpose: it must find it.
 * @type {Row[]}
 */
export const controls = [
  {
    name: 'control: acknowledges before COMMIT',
    expect: 'lost',
    seeded: true,
    prepare: (bench) => bench.set('ack-first'),
    run: (bench, seed) => killOnce(bench, 'before-commit', seed),
  },
  {
    name: 'control: no marks for redelivery',
    expect: 'doubled',
    seeded: true,
    prepare: (bench) => bench.set('no-marks'),
    run: (bench, seed) => killOnce(bench, 'after-commit', seed),
  },
  {
    name: 'control: msgId not unique',
    expect: 'doubled',
    seeded: true,
    async begin(bench) {
      await bench.stack.stop('logger');
      bench.write('DROP INDEX messages_msg_id');
      bench.set('no-unique');
      bench.set('no-marks');
      await bench.startLogger();
      for (const sender of bench.traffic.senders) if (sender.kind !== 'ids') sender.mute();
    },
    run: (bench, seed) => killOnce(bench, 'after-commit', seed),
  },
];
