/**
 * Many browsers at once: idle ones that listen to a room in which there is talk, through nginx and
 * straight at the broker; and all of them coming back after the broker was killed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backoff } from '../../web/chat/backoff.js';
import { fill } from '../lib/bulk.js';
import { Sender } from '../lib/sender.js';
import { services, startStack, until } from '../lib/stack.js';
import { busyDuring, Crowd, memory } from './crowd-program.js';
import { median, quantile } from './figures.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./figures.js').Options} Options */

const SIZES = [1000, 2000, 5000];
const RETURNING = 2000;
/** That are connecting at the same time, when they first come. */
const AT_ONCE = 256;
const EVERY_MS = 200;
/** Of a burst, altogether; less on a smaller scale. */
const DELIVERIES = 100_000;
/** The broker is away for so long; meanwhile more than a page is stored by another way. */
const AWAY_MS = 1000;
const STORED = 250;
/** As web/chat/log.js sends again what has no receipt. @param {number} tries */
const resendMs = (tries) => Math.min(60_000, 3_000 * 2 ** (tries - 1));
const PATIENCE_MS = 300_000;
const STRAIGHT = 'straight at the broker';
const WAITS = "the page's waits alone";

/** A chat takes two of nginx's connections, and one worker may get them all. @param {number} clients */
async function startWide(clients) {
  const stack = await startStack({ start: [] });
  const config = join(stack.dataDir, 'etc/nginx.conf');
  const text = readFileSync(config, 'utf8');
  const enough = `worker_connections ${2 * clients + 1024};`;
  writeFileSync(config, text.replace(/worker_connections \d+;/, enough));
  for (const service of services) await stack.start(service);
  return stack;
}

/** @param {string} why @param {number} clients */
function refuseFewFiles(clients, why) {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const allowed = Number(/^Max open files +(\d+)/m.exec(limits)?.[1]);
  const needed = 2 * clients + 1100;
  if (allowed >= needed) return;
  throw new Error(`${why} needs ${needed} open files, ${allowed} are allowed: ulimit -n ${needed}`);
}

/** @param {import('mqtt').MqttClient} client @param {number} n */
function say(client, n) {
  const message = { nickname: 'Tester', text: String(process.hrtime.bigint()) };
  const payload = JSON.stringify({ ...message, clientId: 'crowd', msgId: `crowd-${n}` });
  client.publish('chat/messages', payload, { qos: 1 });
}

/** @typedef {import('./crowd-program.js').Status} Status */

/** @param {Crowd} crowd @param {number} messages said @returns {Promise<Status>} */
function heardBy(crowd, messages) {
  return until(
    async () => {
      await sleep(200);
      const status = await crowd.status();
      return status.messages >= messages * crowd.count ? status : undefined;
    },
    PATIENCE_MS,
    `${messages} messages reach each of ${crowd.count} clients`,
  );
}

/**
 * @typedef {object} Idle
 * @property {number} connected s until the last is
 * @property {number} mosquitto KB a client
 * @property {number} nginx KB a client
 * @property {number} p50 ms
 * @property {number} p99 ms
 * @property {number} rate deliveries a second
 * @property {number} lost connections
 * @property {string} chatBusy
 * @property {string} burstBusy
 */

/**
 * @param {Stack} stack
 * @param {Crowd} crowd
 * @param {number} seconds
 * @param {number} scale
 * @returns {Promise<Idle>}
 */
async function listen(stack, crowd, seconds, scale) {
  const before = [memory(stack, 'broker'), memory(stack, 'nginx')];
  const { seconds: connected, lost } = await crowd.ask(`connect ${AT_ONCE}`);
  const [mosquitto, nginx] = [memory(stack, 'broker'), memory(stack, 'nginx')].map(
    (after, n) => (after - before[n]) / crowd.count,
  );
  const client = await stack.client({ over: 'web' });
  let count = 0;
  await crowd.ask('forget');
  const chat = await busyDuring(stack, crowd, async () => {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(EVERY_MS))
      say(client, count++);
    return heardBy(crowd, count);
  });
  const { p50, p99 } = chat.result;
  const lostLater = chat.result.lost;
  await crowd.ask('forget');
  const messages = Math.ceil((DELIVERIES * scale) / crowd.count);
  const burst = await busyDuring(stack, crowd, () => {
    for (let n = 0; n < messages; n++) say(client, count++);
    return heardBy(crowd, messages);
  });
  client.end(true);
  return {
    ...{
      connected,
      mosquitto,
      nginx,
      p50,
      p99,
      rate: burst.result.messages / burst.result.seconds,
    },
    ...{ lost: lost + lostLater + burst.result.lost, chatBusy: chat.busy, burstBusy: burst.busy },
  };
}

/** @param {number} clients @param {'open' | 'openStraight'} how @param {Options} options */
async function listenOnce(clients, how, { seconds, scale }) {
  const stack = await startWide(clients);
  const crowd = await Crowd[how](stack, clients);
  try {
    return await listen(stack, crowd, seconds, scale);
  } finally {
    await crowd.close();
    await stack.close();
  }
}

/** @param {number} clients @param {Idle[]} ours @param {Idle[]} straight @returns {Figure[]} */
function idleFigures(clients, ours, straight) {
  const of = `${clients.toLocaleString('en')} clients`;
  /** @param {keyof Idle} key @param {Idle[]} rounds */
  const values = (key, rounds) => rounds.map((round) => Number(round[key]));
  /** @type {(key: keyof Idle, what: string, unit: string, better: 'more' | 'less', note?: string) => Figure} */
  const figure = (key, what, unit, better, note) => ({
    ...{ what: `${of}: ${what}`, unit, better },
    ours: { name: 'ours', values: values(key, ours) },
    against: [{ name: STRAIGHT, values: values(key, straight) }],
    ...(note ? { note } : {}),
  });
  const lost = Math.max(...values('lost', ours));
  const idle = lost ? `up to ${lost} connections were lost in a round` : 'no connection was lost';
  return [
    figure('connected', 'all connect', 's', 'less', idle),
    figure('rate', 'fan-out of a burst', 'deliveries/s', 'more', `busy: ${ours[0].burstBusy}`),
    figure('p50', 'publish → receipt, p50', 'ms', 'less', `busy: ${ours[0].chatBusy}`),
    figure('p99', 'publish → receipt, p99', 'ms', 'less'),
    figure('mosquitto', "mosquitto's memory a client", 'KB', 'less'),
    { ...figure('nginx', "nginx's memory a client", 'KB', 'less'), against: [] },
  ];
}

/** When each would be back if nothing took time. @param {number} clients @param {number} away ms */
function waitsAlone(clients, away) {
  return Array.from({ length: clients }, () => {
    let at = -away;
    for (let failures = 1; at < 0; failures++) at += backoff(failures, Math.random());
    return at / 1000;
  });
}

/**
 * @typedef {object} Return
 * @property {number} exact clients that know exactly the room's ids
 * @property {number[]} times s after the broker was back until each was whole
 * @property {number[]} alone the same by the waits alone
 * @property {string} note
 */

/** @param {Stack} stack @param {Crowd} crowd */
async function killBroker(stack, crowd) {
  await crowd.ask('forget');
  const killed = performance.now();
  await stack.kill('broker');
  await sleep(AWAY_MS);
  await stack.start('broker');
  const back = Number(process.hrtime.bigint() / 1_000_000n);
  return { back, away: performance.now() - killed };
}

/** @param {Crowd} crowd @param {string} what @returns {Promise<Status>} */
function allWhole(crowd, what) {
  return until(
    async () => {
      await sleep(100);
      const status = await crowd.status();
      return status.whole === crowd.count ? status : undefined;
    },
    PATIENCE_MS,
    what,
  );
}

/** @param {Stack} stack @param {Crowd} crowd @param {string} file */
async function countExact(stack, crowd, file) {
  const rows = stack.sql("SELECT id FROM messages WHERE room = 'messages'");
  writeFileSync(file, rows.map(({ id }) => `${id}\n`).join(''));
  let last = { exact: 0, missing: 0, foreign: 0 };
  await until(async () => {
    last = await crowd.ask(`check ${file}`);
    return last.exact === crowd.count;
  }, 30_000).catch(() => {});
  return { ...last, messages: rows.length };
}

/** @param {Stack} stack @param {Crowd} crowd @param {string} file @returns {Promise<Return>} */
async function comeBack(stack, crowd, file) {
  await crowd.ask('reads');
  await crowd.ask(`connect ${AT_ONCE}`);
  await allWhole(crowd, 'all have the history');
  await crowd.ask('free');
  const sender = await Sender.open(stack, 'storm', { over: 'web', wait: resendMs });
  const talk = new AbortController();
  const talking = sender.sendUntil(talk.signal, EVERY_MS);
  await sleep(1000);
  const killing = killBroker(stack, crowd);
  await sleep(AWAY_MS / 2);
  fill(stack, 'messages', STORED);
  const { back, away } = await killing;
  const status = await allWhole(crowd, 'all have the history again');
  /** @type {number[]} */
  const whole = await crowd.ask('whole');
  talk.abort();
  await talking;
  await sender.settle();
  const { exact, missing, foreign, messages } = await countExact(stack, crowd, file);
  return {
    exact,
    times: whole.map((at) => (at - back) / 1000),
    alone: waitsAlone(crowd.count, away),
    note:
      `${messages} messages, ${missing} missing, ${foreign} foreign; broker away ${(away / 1000).toFixed(1)} s; ` +
      `${status.lost - crowd.count} tries failed; ${status.gets} pages, ${status.getsFailed} failed`,
  };
}

/** @param {number} clients @param {string} file */
async function comeBackOnce(clients, file) {
  const stack = await startWide(clients);
  const crowd = await Crowd.open(stack, clients);
  try {
    fill(stack, 'messages', STORED);
    return await comeBack(stack, crowd, file);
  } finally {
    await crowd.close();
    await stack.close();
  }
}

/** @param {number} clients @param {Return[]} rounds @returns {Figure[]} */
function returnFigures(clients, rounds) {
  const of = `broker killed, ${clients.toLocaleString('en')} come back`;
  /** @type {(what: string, reduce: (times: number[]) => number) => Figure} */
  const time = (what, reduce) => ({
    ...{ what: `${of}: ${what} is whole`, unit: 's', better: 'less' },
    ours: { name: 'ours', values: rounds.map(({ times }) => reduce(times)) },
    against: [{ name: WAITS, values: rounds.map(({ alone }) => reduce(alone)) }],
  });
  return [
    {
      ...{ what: `${of}: know exactly what is stored`, unit: 'clients', better: 'more' },
      ours: { name: 'ours', values: rounds.map(({ exact }) => exact) },
      ...{ against: [], wanted: [{ limit: clients }], note: rounds[0].note },
    },
    time('the median client', median),
    time('the last', (times) => Math.max(...times)),
  ];
}

/** @param {Return} round @returns {import('./figures.js').Plot} */
function returnPlot({ times, alone }) {
  /** @param {number[]} values @returns {[number, number][]} */
  const share = (values) => Array.from({ length: 51 }, (_, n) => [quantile(values, n / 50), 2 * n]);
  return {
    title: 'All coming back after the broker was killed',
    x: { label: 's after the broker is back' },
    y: { label: '% of the clients have the whole history' },
    lines: [
      { name: 'ours', points: share(times) },
      { name: WAITS, points: share(alone) },
    ],
  };
}

/** @param {Options} options @returns {ReturnType<import('./figures.js').Section['run']>} */
async function run(options) {
  const { rounds, scale, scratch, say: progress } = options;
  const sizes = SIZES.map((size) => Math.ceil(size * scale));
  const returning = Math.ceil(RETURNING * scale);
  refuseFewFiles(Math.max(...sizes), `a crowd of ${Math.max(...sizes)}`);
  const ours = sizes.map(() => /** @type {Idle[]} */ ([]));
  const straight = sizes.map(() => /** @type {Idle[]} */ ([]));
  /** @type {Return[]} */
  const returns = [];
  for (let round = 0; round < rounds; round++) {
    for (const [n, size] of sizes.entries()) {
      progress(`round ${round + 1} of ${rounds}: ${size} clients`);
      ours[n].push(await listenOnce(size, 'open', options));
      straight[n].push(await listenOnce(size, 'openStraight', options));
    }
    progress(`round ${round + 1} of ${rounds}: ${returning} come back`);
    returns.push(await comeBackOnce(returning, join(scratch, 'ids')));
  }
  return {
    figures: [
      ...sizes.flatMap((size, n) => idleFigures(size, ours[n], straight[n])),
      ...returnFigures(returning, returns),
    ],
    plots: [returnPlot(returns[0])],
  };
}

/** @type {import('./figures.js').Section} */
export default { name: 'crowd', title: 'Many clients at once', run };
