/** Thousands of open pages: what they take, how soon each hears a message, and how all come back. */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Sender } from '../lib/sender.js';
import { services, startStack, until } from '../lib/stack.js';
import { children, pidOf, program, pss, TEXT } from './load.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./figures.js').Options} Options */
/** @typedef {{ready: number, failed: number, error: string, messages: number, complete: number,
 *   received: number, seconds: number, p50: number, p99: number, whole: number}} Report of crowd.c */
/** @typedef {{connect: number, p50: number, p99: number, whole: number, rate: number, broker: number,
 *   nginx: number}} Measured times in ms, memory in KB a client */

const SIZES = [1000, 2000, 5000];
const HERD = 2000;
const HERD_PROCESSES = 2;
const HISTORY = 150; // with the chatter it has to fit into the page's window of 300
const AT_ONCE = 64;
const CHATTER_MS = 200;
const BURST = 20;
const CHATTER_AFTER_MS = 5000;
const PATIENCE_MS = 120_000;
const CONNECTIONS = 16_384;

/** nginx with room for them all: each page is two connections there. */
async function startRoomy() {
  const stack = await startStack({ start: [] });
  const file = join(stack.dataDir, 'etc/nginx.conf');
  const roomy = `worker_connections ${CONNECTIONS};`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/worker_connections \d+;/, roomy));
  for (const name of services) await stack.start(name);
  return stack;
}

/** The listeners, in a process of their own. */
class Crowd {
  /** @param {number} port @param {string} path @param {number} clients */
  constructor(port, path, clients) {
    const args = [port, path, clients, AT_ONCE, 'chat/crowd'].map(String);
    this.child = spawn(program('crowd'), args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** @returns {Promise<Report>} */
  async next() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the crowd ended');
    return JSON.parse(value);
  }

  report() {
    this.child.stdin.write('report\n');
    return this.next();
  }

  async close() {
    const ended = once(this.child, 'exit');
    this.child.stdin.end();
    await ended;
  }
}

/** With the time, of which crowd.c has the same clock. @param {import('mqtt').MqttClient} client */
const speak = (client) =>
  client.publishAsync(
    'chat/crowd',
    JSON.stringify({ nickname: 'Clock', text: `${TEXT} @${process.hrtime.bigint()}` }),
    { qos: 1 },
  );

/** @param {Stack} stack MB */
function memory(stack) {
  const nginx = pidOf(stack, 'nginx');
  const sum = [nginx, ...children(nginx)].reduce((all, pid) => all + pss(pid), 0);
  return { broker: pss(pidOf(stack, 'broker')), nginx: sum };
}

/**
 * @param {Stack} stack
 * @param {Crowd} crowd
 * @param {number} seconds
 * @returns {Promise<{chatter: Report, burst: Report}>}
 */
async function chatter(stack, crowd, seconds) {
  const client = await stack.client();
  /** @type {import('node:net').Socket} */ (client.stream).setNoDelay(true);
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(CHATTER_MS)) {
    await speak(client);
  }
  await sleep(1000);
  const quiet = await crowd.report();
  await Promise.all(Array.from({ length: BURST }, () => speak(client)));
  await sleep(3000);
  const burst = await crowd.report();
  await client.endAsync();
  return { chatter: quiet, burst };
}

/**
 * @param {Stack} stack
 * @param {number} port of nginx, or of the broker itself
 * @param {string} path
 * @param {number} clients
 * @param {number} seconds
 * @returns {Promise<Measured>}
 */
async function measure(stack, port, path, clients, seconds) {
  const before = memory(stack);
  const began = performance.now();
  const crowd = new Crowd(port, path, clients);
  try {
    const { ready, failed, error } = await crowd.next();
    const connect = performance.now() - began;
    if (failed) throw new Error(`${ready} of ${clients} clients connected; then: ${error}`);
    const after = memory(stack);
    const { chatter: quiet, burst } = await chatter(stack, crowd, seconds);
    for (const { messages, complete } of [quiet, burst]) {
      if (complete < messages) throw new Error(`${messages - complete} messages did not reach all`);
    }
    const { p50, p99, whole } = quiet;
    const each = (/** @type {'broker' | 'nginx'} */ name) =>
      ((after[name] - before[name]) * 1024) / clients;
    const rate = burst.received / burst.seconds;
    return { connect, p50, p99, whole, rate, broker: each('broker'), nginx: each('nginx') };
  } finally {
    await crowd.close();
  }
}

/** @type {[keyof Measured, string, string, 'more' | 'less'][]} */
const MEASURED = [
  ['connect', 'until all are connected', 'ms', 'less'],
  ['p50', 'publish → listener, p50', 'ms', 'less'],
  ['p99', 'publish → listener, p99', 'ms', 'less'],
  ['whole', 'publish → last listener, mean', 'ms', 'less'],
  ['rate', `deliveries of ${BURST} at once`, 'messages/s', 'more'],
  ['broker', 'mosquitto, a client', 'KB', 'less'],
  ['nginx', 'nginx, a client', 'KB', 'less'],
];

/** @param {number} clients @param {Options} options @returns {Promise<Figure[]>} */
async function measureSize(clients, { rounds, seconds, say }) {
  /** @type {{web: Measured[], straight: Measured[]}} */
  const all = { web: [], straight: [] };
  for (let round = 0; round < rounds; round++) {
    say(`${clients} clients, round ${round + 1}`);
    // Anew: neither program gives back what it once had.
    const stack = await startRoomy();
    try {
      all.web.push(await measure(stack, stack.port, '/mqtt', clients, seconds));
    } finally {
      await stack.close();
    }
    const bare = await startRoomy();
    try {
      all.straight.push(await measure(bare, bare.wsPort, '/mqtt', clients, seconds));
    } finally {
      await bare.close();
    }
  }
  return MEASURED.map(([which, what, unit, better]) => ({
    ...{ what: `${clients.toLocaleString('en-US')} clients: ${what}`, unit, better },
    ours: { name: 'through nginx', values: all.web.map((one) => one[which]) },
    against:
      which === 'nginx'
        ? []
        : [{ name: 'broker alone', values: all.straight.map((one) => one[which]) }],
  }));
}

/** Pages that come back by themselves, in processes of their own. */
class Herd {
  /** @param {Stack} stack @param {number} pages */
  constructor(stack, pages) {
    const file = fileURLToPath(new URL('herd.js', import.meta.url));
    const each = String(Math.ceil(pages / HERD_PROCESSES));
    this.pages = Number(each) * HERD_PROCESSES;
    this.parts = Array.from({ length: HERD_PROCESSES }, () =>
      fork(file, [stack.url, each, 'herd']),
    );
  }

  /** @param {object} [order] @returns {Promise<any[]>} an answer of each */
  ask(order) {
    return Promise.all(
      this.parts.map(async (part) => {
        const answer = once(part, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) });
        if (order) part.send(order);
        return (await answer)[0];
      }),
    );
  }

  /** @param {number[]} ids @returns {Promise<number>} how many pages show exactly these */
  async showing(ids) {
    const answers = await this.ask({ type: 'compare', ids });
    return answers.reduce((sum, { same }) => sum + same, 0);
  }

  async close() {
    for (const part of this.parts) {
      const ended = once(part, 'exit');
      part.disconnect();
      await ended;
    }
  }
}

/**
 * Kills the broker under all of them, starts it again, and waits until each has read.
 * @param {Stack} stack
 * @param {Herd} herd
 * @returns {Promise<{seconds: number, complete: number}>}
 */
async function restart(stack, herd) {
  const sender = await Sender.open(stack, 'herd', { room: 'herd' });
  const stop = new AbortController();
  const sending = sender.sendUntil(stop.signal, CHATTER_MS);
  await sleep(1000);
  await stack.kill('broker');
  const back = herd.ask({ type: 'again' });
  await stack.start('broker');
  const began = performance.now();
  setTimeout(() => stop.abort(), CHATTER_AFTER_MS);
  await back;
  const seconds = (performance.now() - began) / 1000;
  await sending;
  await sender.settle();
  const ids = stack.sql("SELECT id FROM messages WHERE room = 'herd' ORDER BY id");
  const wanted = ids.map(({ id }) => Number(id));
  let complete = 0;
  await until(
    async () => {
      complete = await herd.showing(wanted);
      return complete === herd.pages;
    },
    60_000,
    'all pages show the whole history',
  ).catch(() => {});
  return { seconds, complete };
}

/** @param {Stack} stack */
async function fillHistory(stack) {
  const sender = await Sender.open(stack, 'before', { room: 'herd' });
  for (let n = 0; n < HISTORY; n++) sender.send();
  await sender.settle();
}

/** @param {Options} options @returns {Promise<Figure[]>} */
async function measureHerd({ rounds, scale, say }) {
  const pages = Math.max(HERD_PROCESSES, Math.round(HERD * scale));
  /** @type {{seconds: number, complete: number}[]} */
  const all = [];
  for (let round = 0; round < rounds; round++) {
    say(`${pages} pages and a broker that is killed, round ${round + 1}`);
    const stack = await startRoomy();
    await fillHistory(stack);
    const herd = new Herd(stack, pages);
    try {
      await herd.ask();
      all.push(await restart(stack, herd));
    } finally {
      await herd.close();
      await stack.close();
    }
  }
  const what = `${pages.toLocaleString('en-US')} pages after a broker that was killed`;
  return [
    {
      ...{ what: `${what}: until all are back`, unit: 's', better: 'less', against: [] },
      ours: { name: 'mqtt-chat', values: all.map(({ seconds }) => seconds) },
      note: 'connected, subscribed, history read; from the broker’s listening. The page waits 0.5 s and more before each try',
    },
    {
      ...{ what: `${what}: show all there is`, unit: 'pages', better: 'more', against: [] },
      ours: { name: 'mqtt-chat', values: all.map(({ complete }) => complete) },
      wanted: [{ limit: pages }],
      note: 'every id compared with the database; pages of readers, without a nickname',
    },
  ];
}

/** @type {import('./figures.js').Section} */
export default {
  name: 'crowd',
  title: 'Thousands of pages',
  async run(options) {
    /** @type {Figure[]} */
    const figures = [];
    for (const size of SIZES) {
      figures.push(...(await measureSize(Math.max(10, Math.round(size * options.scale)), options)));
    }
    return { figures: [...figures, ...(await measureHerd(options))] };
  },
};
