/**
 * Many browsers at once: idle ones that listen to a room in which there is talk, through nginx and
 * straight at the broker; and all of them coming back after the broker was killed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arrivalFigure, arriveOnce, idleFigures, listenOnce } from './crowd-idle.js';
import { comeBackOnce, returnFigures, returnPlot } from './crowd-return.js';

const SIZES = [1000, 2000, 5000];
const RETURNING = 2000;
const NAMED = 500;

/** @param {string} why @param {number} clients */
function refuseFewFiles(clients, why) {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const allowed = Number(/^Max open files +(\d+)/m.exec(limits)?.[1]);
  const needed = 2 * clients + 1100;
  if (allowed >= needed) return;
  throw new Error(`${why} needs ${needed} open files, ${allowed} are allowed: ulimit -n ${needed}`);
}

/** @param {import('./figures.js').Options} options @returns {ReturnType<import('./figures.js').Section['run']>} */
async function run(options) {
  const { rounds, scale, scratch, say: progress } = options;
  const sizes = SIZES.map((size) => Math.ceil(size * scale));
  const returning = Math.ceil(RETURNING * scale);
  const named = Math.ceil(NAMED * scale);
  refuseFewFiles(Math.max(...sizes), `a crowd of ${Math.max(...sizes)}`);
  const ours = sizes.map(() => /** @type {import('./crowd-idle.js').Idle[]} */ ([]));
  const straight = sizes.map(() => /** @type {import('./crowd-idle.js').Idle[]} */ ([]));
  /** @type {import('./crowd-return.js').Return[]} */
  const returns = [];
  /** @type {Awaited<ReturnType<typeof arriveOnce>>[]} */
  const arrivals = [];
  for (let round = 0; round < rounds; round++) {
    for (const [n, size] of sizes.entries()) {
      progress(`round ${round + 1} of ${rounds}: ${size} clients`);
      ours[n].push(await listenOnce(size, 'open', options));
      straight[n].push(await listenOnce(size, 'openStraight', options));
    }
    progress(`round ${round + 1} of ${rounds}: ${named} with nicknames, ${returning} come back`);
    arrivals.push(await arriveOnce(named));
    returns.push(await comeBackOnce(returning, join(scratch, 'ids')));
  }
  return {
    figures: [
      ...sizes.flatMap((size, n) => idleFigures(size, ours[n], straight[n])),
      arrivalFigure(named, arrivals),
      ...returnFigures(returning, returns),
    ],
    plots: [returnPlot(returns[0])],
  };
}

/** @type {import('./figures.js').Section} */
export default { name: 'crowd', title: 'Many clients at once', run };
