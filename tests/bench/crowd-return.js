/** A round of all coming back after the broker was killed, and the figures of all rounds. */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { backoff } from '../../web/chat/backoff.js';
import { fill } from '../lib/bulk.js';
import { Sender } from '../lib/sender.js';
import { until } from '../lib/stack.js';
import { Crowd, startWide } from './crowd-program.js';
import { median, quantile } from './figures.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('./crowd-program.js').Status} Status */
/** @typedef {import('./figures.js').Figure} Figure */

const EVERY_MS = 200;
/** The broker is away for so long; meanwhile more than a page is stored by another way. */
const AWAY_MS = 1000;
const STORED = 250;
const PATIENCE_MS = 300_000;
const WAITS = "the page's waits alone";
/** As web/chat/log.js sends again what has no receipt. @param {number} tries */
const resendMs = (tries) => Math.min(60_000, 3_000 * 2 ** (tries - 1));

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
  await crowd.ask('connect 256');
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
export async function comeBackOnce(clients, file) {
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
export function returnFigures(clients, rounds) {
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
export function returnPlot({ times, alone }) {
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
