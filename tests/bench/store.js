/** How many messages a second are kept, and how fast a backlog is gone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startStack, until } from '../lib/stack.js';
import { median } from './figures.js';
import { hasOriginal, Original, pidOf, processor, send, stored } from './load.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./figures.js').Options} Options */
/** @typedef {(senders: number, count: number) => Promise<number>} Run gives messages a second */
/** @typedef {{ours: Stack, bare: Stack, original?: {stack: Stack, all: Original}}} Parts */

const SENDERS = [1, 10, 100];
const SHORTER = 2;
const BACKLOG = 100_000;
const PATIENCE_MS = 600_000;

/** How much of a core each had, of the runs in the order in which they were. */
class Shares {
  /** @type {Map<string, number[]>} */
  #all = new Map();

  /** @param {string} name @param {number} part */
  add(name, part) {
    this.#all.set(name, [...(this.#all.get(name) ?? []), part]);
  }

  get text() {
    const parts = [...this.#all].map(([name, all]) => `${name} ${Math.round(100 * median(all))} %`);
    return `of a core: ${parts.join(', ')}`;
  }
}

/** @param {Stack} stack @param {Shares} shares @returns {Run} */
const oursRun = (stack, shares) => async (senders, count) => {
  const before = await stored(stack, 'bench');
  const pids = { broker: pidOf(stack, 'broker'), logger: pidOf(stack, 'logger') };
  const used = Object.entries(pids).map(([name, pid]) => ({ name, pid, at: processor(pid) }));
  const began = performance.now();
  const sent = await send(stack.mqttPort, { senders, count });
  await until(async () => (await stored(stack, 'bench')) >= before + count, PATIENCE_MS, 'stored');
  const seconds = (performance.now() - began) / 1000;
  for (const { name, pid, at } of used) shares.add(name, (processor(pid) - at) / seconds);
  shares.add('senders', sent.processor / seconds);
  return count / seconds;
};

/**
 * A subscriber that only counts.
 * @param {Stack} stack
 * @param {number} count
 * @param {string} id
 */
function subscribe(stack, count, id) {
  const args = [
    '-h',
    '127.0.0.1',
    '-p',
    stack.mqttPort,
    '-q',
    1,
    '-t',
    'chat/bench',
    '-c',
    '-i',
    id,
  ];
  const child = spawn('mosquitto_sub', [...args, '-C', count].map(String), {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`mosquitto_sub ended with ${code}`);
    return performance.now();
  });
  return ended;
}

/** Makes the session and leaves it. @param {Stack} stack @param {string} id @param {boolean} [clean] */
async function session(stack, id, clean = false) {
  const client = await stack.client({ clientId: id, clean, protocolVersion: 4 });
  if (!clean) await client.subscribeAsync('chat/bench', { qos: 1 });
  await client.endAsync();
}

/** @param {Stack} stack @returns {Run} */
const bareRun = (stack) => async (senders, count) => {
  await session(stack, 'bare');
  const ended = subscribe(stack, count, 'bare');
  const began = performance.now();
  await send(stack.mqttPort, { senders, count });
  const at = await ended;
  await session(stack, 'bare', true);
  return count / ((at - began) / 1000);
};

/** @param {Stack} stack @param {Original} all @returns {Run} */
const originalRun = (stack, all) => async (senders, count) => {
  const before = await all.newest();
  const began = performance.now();
  await send(stack.mqttPort, { senders, count });
  await until(async () => (await all.newest()) >= before + count, PATIENCE_MS, 'stored in MariaDB');
  return count / ((performance.now() - began) / 1000);
};

/**
 * Each contender's rate in each round; the first run tells how many messages fill the time. Where few
 * processors are shared, one round may take half as long again as another: more and shorter ones.
 * @param {Map<string, Run>} runs
 * @param {number} senders
 * @param {Options} options
 */
async function rounds(runs, senders, options) {
  const [times, seconds] = [options.rounds * SHORTER, options.seconds / SHORTER];
  /** @type {Map<string, {run: Run, count: number, values: number[]}>} */
  const all = new Map();
  for (const [name, run] of runs) {
    const count = Math.max(500, Math.round((await run(senders, 1000)) * seconds));
    all.set(name, { run, count, values: [] });
  }
  for (let round = 0; round < times; round++) {
    for (const each of all.values()) each.values.push(await each.run(senders, each.count));
  }
  return [...all].map(([name, { values }]) => ({ name, values }));
}

/** @param {Parts} parts @param {Options} options @returns {Promise<Figure[]>} */
async function measureRates({ ours, bare, original }, options) {
  /** @type {Figure[]} */
  const figures = [];
  for (const senders of SENDERS) {
    options.say(`stored a second, ${senders} sending`);
    const shares = new Shares();
    const runs = new Map([
      ['mqtt-chat', oursRun(ours, shares)],
      ['mosquitto_sub', bareRun(bare)],
    ]);
    if (original) runs.set('paho and MariaDB', originalRun(original.stack, original.all));
    const [first, ...against] = await rounds(runs, senders, options);
    figures.push({
      what: `stored, ${senders} sending`,
      unit: 'messages/s',
      better: 'more',
      ours: first,
      against,
      wanted: [
        { against: 'mosquitto_sub', limit: 0.95 },
        { against: 'paho and MariaDB', limit: 6 },
      ],
      note: shares.text,
    });
  }
  return figures;
}

/** @param {Stack} stack @param {number} count messages a second, from the logger's start on */
async function drainOurs(stack, count) {
  await stack.stop('logger');
  const before = await stored(stack, 'bench');
  await send(stack.mqttPort, { senders: 10, count });
  const began = performance.now();
  await stack.start('logger');
  await until(async () => (await stored(stack, 'bench')) >= before + count, PATIENCE_MS, 'drained');
  return count / ((performance.now() - began) / 1000);
}

/** @param {Stack} stack @param {number} count */
async function drainBare(stack, count) {
  await session(stack, 'bare');
  await send(stack.mqttPort, { senders: 10, count });
  const began = performance.now();
  const at = await subscribe(stack, count, 'bare');
  await session(stack, 'bare', true);
  return count / ((at - began) / 1000);
}

/** @param {Parts} parts @param {Options} options @returns {Promise<Figure>} */
async function measureDrain({ ours, bare }, { rounds: times, scale, say }) {
  const count = Math.max(1000, Math.round(BACKLOG * scale));
  say(`a backlog of ${count}`);
  /** @type {{ours: number[], bare: number[]}} */
  const values = { ours: [], bare: [] };
  for (let round = 0; round < times; round++) {
    values.ours.push(await drainOurs(ours, count));
    values.bare.push(await drainBare(bare, count));
  }
  return {
    what: `a backlog of ${count.toLocaleString('en-US')}`,
    unit: 'messages/s',
    better: 'more',
    ours: { name: 'mqtt-chat', values: values.ours },
    against: [{ name: 'mosquitto_sub', values: values.bare }],
    note: 'with the start of the program',
  };
}

/** @param {Options} options */
async function startOriginal(options) {
  if (!hasOriginal()) return undefined;
  const stack = await startStack({ start: ['broker'] });
  return { stack, all: await Original.start(options, stack.mqttPort, 1) };
}

/** @type {import('./figures.js').Section} */
export default {
  name: 'store',
  title: 'Messages stored',
  async run(options) {
    const ours = await startStack();
    const bare = await startStack({ start: ['broker'] });
    const original = await startOriginal(options);
    try {
      const parts = { ours, bare, original };
      const figures = await measureRates(parts, options);
      return { figures: [...figures, await measureDrain(parts, options)] };
    } finally {
      await original?.all.close();
      await original?.stack.close();
      await bare.close();
      await ours.close();
    }
  },
};
