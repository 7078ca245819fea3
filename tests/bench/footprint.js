/** What it takes of the memory, each process and all together, and how soon it is there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack, until } from '../lib/stack.js';
import { children, hasOriginal, Original, pidOf, pss, send, stored } from './load.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('../lib/stack.js').Service} Service */
/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./figures.js').Options} Options */
/** @typedef {Record<string, number[]>} Pids by what they are */
/** @typedef {{name: string, pids: () => Pids, load: () => Promise<unknown>, own: string[]}} Side */

const MESSAGES = 10_000;
const FILL_RATE = 1000;
const PAGES = 200;
const REST_MS = 3000;
const LOAD_RATE = 300; // what the replaced logger can still follow

/** @param {number} pid with all that came of it */
const family = (pid) => [pid, ...children(pid)].filter((one) => one > 0);

/** @param {string} url */
async function readPages(url) {
  for (let n = 0; n < PAGES; n++) await (await fetch(url)).text();
}

/** @param {Stack} stack @param {string} url @param {Options} options */
async function load(stack, url, { seconds }) {
  const count = Math.ceil(LOAD_RATE * seconds);
  const sending = send(stack.mqttPort, { senders: 10, count, rate: LOAD_RATE });
  for (let busy = true; busy; ) {
    await readPages(url);
    busy = await Promise.race([sending.then(() => false), sleep(0, true)]);
  }
}

/** @param {Stack} stack */
const shared = (stack) => ({
  mosquitto: [pidOf(stack, 'broker')],
  nginx: family(pidOf(stack, 'nginx')),
});

/** @param {Stack} stack @param {Options} options @returns {Side} */
function oursSide(stack, options) {
  const url = `${stack.root}/api/messages?room=bench`;
  return {
    name: 'mqtt-chat',
    own: ['logger', 'responder'],
    pids: () => ({
      logger: [pidOf(stack, 'logger')],
      responder: children(pidOf(stack, 'api')),
      multiwatch: [pidOf(stack, 'api')],
      ...shared(stack),
    }),
    load: () => load(stack, url, options),
  };
}

/** @param {Stack} stack @param {Original} all @param {Options} options @returns {Side} */
function originalSide(stack, all, options) {
  return {
    name: 'replaced stack',
    own: ['paho logger', 'gunicorn', 'mariadbd'],
    pids: () => ({
      'paho logger': [all.pid('logger')],
      gunicorn: family(all.pid('gunicorn')),
      mariadbd: [all.pid('mariadbd')],
      ...shared(stack),
    }),
    load: () => load(stack, `${all.url}?room=bench`, options),
  };
}

/** MB by what they are, and together. @param {Side} side @returns {Record<string, number>} */
function memory({ pids, own }) {
  const parts = Object.entries(pids()).map(([name, list]) => ({
    name,
    mb: list.reduce((sum, pid) => sum + pss(pid), 0),
  }));
  const sum = (/** @type {string[] | undefined} */ names) =>
    parts.filter(({ name }) => !names || names.includes(name)).reduce((all, { mb }) => all + mb, 0);
  const each = Object.fromEntries(parts.map(({ name, mb }) => [name, mb]));
  return { ...each, own: sum(own), whole: sum(undefined) };
}

/** @typedef {Map<string, Record<string, number[]>>} Measured by side, then by process */

/**
 * @param {Side[]} sides
 * @param {Options} options
 * @returns {Promise<{idle: Measured, busy: Measured}>}
 */
async function measure(sides, { rounds, seconds }) {
  const empty = () => new Map(sides.map(({ name }) => [name, {}]));
  /** @type {{idle: Measured, busy: Measured}} */
  const all = { idle: empty(), busy: empty() };
  /** @param {Measured} into @param {Side} side */
  const note = (into, side) => {
    const values = into.get(side.name) ?? {};
    for (const [name, mb] of Object.entries(memory(side))) {
      values[name] = [...(values[name] ?? []), mb];
    }
  };
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) {
      await sleep(REST_MS);
      note(all.idle, side);
      const loading = side.load();
      await sleep((seconds * 1000) / 2);
      note(all.busy, side);
      await loading;
    }
  }
  return all;
}

/**
 * @param {Measured} measured
 * @param {string} what
 * @param {string} part
 * @param {Partial<Figure>} more
 * @returns {Figure}
 */
function compared(measured, what, part, more = {}) {
  const [ours, ...against] = [...measured].map(([name, parts]) => ({ name, values: parts[part] }));
  return { what, unit: 'MB', better: 'less', ours, against, ...more };
}

/** @param {Measured} measured @param {string} when @returns {Figure[]} each process by itself */
function apart(measured, when) {
  return [...measured].flatMap(([side, parts]) =>
    Object.entries(parts)
      .filter(([name]) => name !== 'own' && name !== 'whole')
      .map(([name, values]) => ({
        ...{ what: `${name} of ${side}, ${when}`, unit: 'MB', against: [], minor: true },
        ...{ better: /** @type {const} */ ('less'), ours: { name, values } },
      })),
  );
}

/** @param {{idle: Measured, busy: Measured}} measured @returns {Figure[]} */
function memoryFigures({ idle, busy }) {
  const own = 'logger and responder';
  return [
    compared(idle, `${own}, idle`, 'own', {
      wanted: [{ limit: 8 }],
      note: 'of the replaced stack: its logger, gunicorn, MariaDB',
    }),
    compared(idle, 'all with mosquitto and nginx, idle', 'whole', { wanted: [{ limit: 20 }] }),
    compared(busy, `${own}, ${LOAD_RATE} messages/s and readers`, 'own'),
    compared(busy, `all, ${LOAD_RATE} messages/s and readers`, 'whole'),
    ...apart(idle, 'idle'),
    ...apart(busy, 'busy'),
  ];
}

/**
 * Both with the same history, the same requests, and a page that is open.
 * @param {Stack} stack
 * @param {Original | undefined} original
 * @param {number} count
 */
async function fill(stack, original, count) {
  const before = (await original?.newest()) ?? 0;
  // As people write, not as fast as it goes: a queue at the broker would stay in its heap.
  await send(stack.mqttPort, { senders: 10, count, rate: FILL_RATE });
  await until(async () => (await stored(stack, 'bench')) >= count, 60_000, 'stored');
  await until(async () => !original || (await original.newest()) >= before + count, 600_000);
  await readPages(`${stack.root}/api/messages?room=bench`);
  if (original) await readPages(`${original.url}?room=bench`);
  const page = await stack.client({ over: 'web' });
  await page.subscribeAsync(['chat/+', 'chat/+/stored', 'chat/+/rejected'], { qos: 1 });
}

/** @type {Record<string, {service: Service, ready: (stack: Stack, log: () => string) => unknown}>} */
const programs = {
  logger: { service: 'logger', ready: (_stack, log) => log().includes('ready: ') },
  responder: {
    service: 'api',
    ready: async (stack) => (await fetch(`${stack.root}/api/rooms`)).status === 200,
  },
};

/** How long from the start until it does its work, in ms. @param {Stack} stack @param {string} name */
async function startTime(stack, name) {
  const { service, ready } = programs[name];
  await stack.stop(service);
  const child = spawn(join(stack.dataDir, 'services', service), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  const began = performance.now();
  while (!(await ready(stack, () => text))) await sleep(1);
  const took = performance.now() - began;
  child.kill('SIGTERM');
  await ended;
  await stack.start(service);
  return took;
}

/** @param {Stack} stack @param {Options} options @returns {Promise<Figure[]>} */
async function measureStart(stack, { rounds, say }) {
  say('starting');
  /** @type {Figure[]} */
  const figures = [];
  for (const name of Object.keys(programs)) {
    /** @type {number[]} */
    const values = [];
    for (let round = 0; round < rounds; round++) values.push(await startTime(stack, name));
    figures.push({
      ...{ what: `start of the ${name}`, unit: 'ms', better: 'less', against: [] },
      ours: { name, values },
      note: 'from fork to ready: the launcher (sh, setpriv) is in it',
    });
  }
  return figures;
}

/** @type {import('./figures.js').Section} */
export default {
  name: 'footprint',
  title: 'Memory and start',
  async run(options) {
    const stack = await startStack();
    /** @type {Original | undefined} */
    let original;
    try {
      if (hasOriginal()) original = await Original.start(options, stack.mqttPort, 1);
      const count = Math.max(1000, Math.round(MESSAGES * options.scale));
      options.say(`a history of ${count} messages`);
      await fill(stack, original, count);
      options.say('memory');
      const sides = [oursSide(stack, options)];
      if (original) sides.push(originalSide(stack, original, options));
      const figures = memoryFigures(await measure(sides, options));
      return { figures: [...figures, ...(await measureStart(stack, options))] };
    } finally {
      await original?.close();
      await stack.close();
    }
  },
};
