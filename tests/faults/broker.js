/** The broker and nginx die, or drop what is too much for them. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../lib/stack.js';
import { randomOf } from './random.js';

/** @typedef {import('./bench.js').Bench} Bench */
/** @typedef {import('./rows.js').Row} Row */

/**
 * Messages without a msgId that a killed broker had in memory only are gone, and what it had not
 * acknowledged is sent again: only receipts are promised.
 * @param {Bench} bench
 */
async function trustReceiptsOnly(bench) {
  bench.checker.promised = { kept: false, once: false, order: false };
}

/**
 * @param {Bench} bench
 * @param {string} what
 */
async function report(bench, what) {
  const findings = await bench.settle();
  findings.notes = [
    `${bench.checker.missing} acknowledged by the broker without a receipt ${what}`,
  ];
  return findings;
}

/** @type {Row[]} */
export const brokerKilled = [
  {
    name: 'broker killed, logger live',
    seeded: true,
    begin: trustReceiptsOnly,
    async run(bench, seed) {
      const random = randomOf(`broker ${seed}`);
      const death = sleep(random(40)).then(() => bench.stack.kill('broker'));
      await bench.traffic.waves(random, 8);
      await death;
      await bench.traffic.waves(random, random(4));
      await bench.stack.start('broker');
      await bench.traffic.waves(random, random(4));
      const findings = await report(bench, 'went with the broker');
      assert.ok(bench.stack.alive('logger'), 'the logger lives');
      return findings;
    },
  },
  {
    name: 'broker killed, logger off',
    seeded: true,
    begin: trustReceiptsOnly,
    async run(bench, seed) {
      const random = randomOf(`broker and no logger ${seed}`);
      if (random(2) === 0) await bench.stack.stop('logger');
      else await bench.killLogger();
      await bench.traffic.waves(random, 8);
      await bench.stack.kill('broker');
      await bench.traffic.waves(random, random(4));
      await bench.stack.start('broker');
      await bench.traffic.waves(random, random(4));
      await bench.startLogger();
      return report(bench, 'went with the broker');
    },
  },
  {
    name: 'broker and logger killed at once',
    seeded: true,
    begin: trustReceiptsOnly,
    async run(bench, seed) {
      const random = randomOf(`broker and logger ${seed}`);
      const death = sleep(random(40)).then(() =>
        Promise.all([bench.stack.kill('broker'), bench.killLogger()]),
      );
      await bench.traffic.waves(random, 8);
      await death;
      await bench.stack.start('broker');
      await bench.startLogger();
      await bench.traffic.waves(random, random(4));
      return report(bench, 'went with the broker');
    },
  },
  {
    name: 'broker stopped and started, logger live',
    seeded: true,
    async begin(bench) {
      bench.checker.promised = { kept: true, once: false, order: false };
    },
    async run(bench, seed) {
      const random = randomOf(`broker stopped ${seed}`);
      const stopped = sleep(random(40)).then(() => bench.stack.stop('broker'));
      await bench.traffic.waves(random, 8);
      await stopped;
      await bench.stack.start('broker');
      await bench.traffic.waves(random, random(4));
      return bench.settle();
    },
  },
];

/**
 * A broker that is killed forgets which packet ids it used since its last snapshot, and gives them
 * out once more: an equal message under an equal id is a new one all the same.
 * @type {Row}
 */
export const equalMessages = {
  name: 'power cut between two equal messages of a device',
  async run(bench) {
    const client = await bench.stack.client();
    const say = () => client.publishAsync('chat/door', 'open', { qos: 1 });
    const stored = () =>
      Number(bench.stack.sql("SELECT count(*) AS n FROM messages WHERE room = 'door'")[0]?.n);
    const snapshot = join(bench.stack.dataDir, 'broker/mosquitto.db');
    await bench.traffic.waves(randomOf('before equal messages'), 3);
    await bench.settle();
    await sleep(100); // the broker reads the last acknowledgements
    process.kill(Number(bench.stack.pid('broker')), 'SIGUSR1');
    await until(() => existsSync(snapshot), 5000, 'the broker writes a snapshot');
    await sleep(100);
    await say();
    await until(() => stored() === 1);
    await Promise.all([bench.stack.kill('broker'), bench.killLogger()]);
    await bench.stack.start('broker');
    await bench.startLogger();
    await until(() => client.connected);
    await say();
    await bench.traffic.settle();
    assert.equal(stored(), 2, 'both are stored');
    bench.traffic.expect('open', 'door');
    bench.checker.promised.once = false; // they are equal
    return bench.checker.check();
  },
};

/** @type {Row} */
export const nginxDies = {
  name: 'nginx reloaded and killed under WebSocket senders',
  seeded: true,
  options: { web: true },
  async begin(bench) {
    for (const room of ['messages', 'lab']) {
      await bench.traffic.add(`web-${room}`, 'ids', room, { over: 'web' });
    }
  },
  async run(bench, seed) {
    const random = randomOf(`nginx ${seed}`);
    bench.checker.promised.order = false; // sent again, behind later ones
    await bench.traffic.waves(random, random(5));
    process.kill(Number(bench.stack.pid('nginx')), 'SIGHUP');
    await bench.traffic.waves(random, random(10));
    await bench.stack.kill('nginx');
    await bench.traffic.waves(random, random(5));
    await bench.stack.start('nginx');
    await bench.traffic.waves(random, random(5));
    return bench.settle();
  },
};

const QUEUE = 20_000;

/** @type {Row} */
export const overflow = {
  name: `the logger's queue overflows (${QUEUE} bytes)`,
  options: {
    broker: (config) => config.replace(/^max_queued_bytes .*$/m, `max_queued_bytes ${QUEUE}`),
  },
  async run(bench) {
    const random = randomOf('overflow');
    bench.checker.promised = { kept: false, once: true, order: false };
    await bench.stack.stop('logger');
    await bench.traffic.waves(random, 100);
    await bench.traffic.acked();
    await bench.startLogger();
    const findings = await report(bench, 'were dropped by the queue, none shown as stored');
    assert.ok(bench.checker.missing > 0, 'the queue was small enough to drop something');
    return findings;
  },
};
