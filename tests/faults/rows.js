/**
 * The matrix: a row is one way to fail, and what must be true after it. A seeded row is run many
 * times, each time at another place.
 */
import { Bench } from './bench.js';
import { brokerKilled, equalMessages, nginxDies, overflow } from './broker.js';
import { add, clean, nothing } from './checker.js';
import { broken, locked, longReader } from './database.js';
import { failing, full, noSync, power } from './disk.js';
import { backlog, clock, flooded, payloads, syncFirst } from './input.js';
import { controls, kills, terminated, terminatedLate } from './kills.js';

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {boolean} [seeded]
 * @property {'shared'} [bench] one stack for all rows that say so; otherwise the row has its own
 * @property {'lost' | 'doubled'} [expect] a negative control: this must be found
 * @property {import('./bench.js').BenchOptions} [options]
 * @property {() => string} [skip] why it cannot be run here, or an empty string
 * @property {(bench: Bench) => void} [prepare] before its stack starts
 * @property {(bench: Bench) => Promise<void>} [begin] before its first seed
 * @property {(bench: Bench, seed: number, short: boolean) => Promise<import('./checker.js').Findings>} run
 */
/**
 * @typedef {object} Result
 * @property {string} name
 * @property {number} seeds
 * @property {import('./checker.js').Findings} findings
 * @property {string} verdict
 * @property {'good' | 'bad' | 'skipped'} sign
 * @property {number} seconds
 */

/** @type {Row[]} */
export const rows = [
  ...[...kills, terminated, terminatedLate],
  ...[...brokerKilled, equalMessages, nginxDies, overflow],
  ...[...failing, full, ...power, ...locked, ...broken, longReader],
  ...[clock, payloads, syncFirst, flooded, backlog],
  ...[...controls, noSync],
];

/** @type {Bench | undefined} */
let shared;

export async function closeShared() {
  await shared?.close();
  shared = undefined;
}

/** @param {Row} row */
async function benchOf(row) {
  if (row.bench !== 'shared') return Bench.open({ ...row.options, prepare: row.prepare });
  shared ??= await Bench.open();
  return shared;
}

/**
 * @param {Row} row
 * @param {{seeds: number, first: number, short: boolean}} plan
 * @returns {Promise<Result>}
 */
export async function runRow(row, plan) {
  /** @type {Result} */
  const result = {
    ...{ name: row.name, seeds: 0, findings: nothing(), verdict: '', sign: 'bad', seconds: 0 },
  };
  const reason = row.skip?.();
  if (reason) return { ...result, verdict: `skipped: ${reason}`, sign: 'skipped' };
  const began = Date.now();
  /** @type {Bench | undefined} */
  let bench;
  try {
    bench = await benchOf(row);
    await runSeeds(row, bench, result, plan);
    if (row.bench !== 'shared') await bench.close();
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    result.verdict = `FAILED after seed ${plan.first + result.seeds - 1}: ${what}`;
    result.sign = 'bad';
    result.findings.examples.push(bench?.stack.log('logger').slice(-2000) ?? '');
    await (row.bench === 'shared' ? closeShared() : bench?.close())?.catch(() => {});
  }
  result.seconds = (Date.now() - began) / 1000;
  return result;
}

/**
 * @param {Row} row
 * @param {Bench} bench
 * @param {Result} result is filled in
 * @param {{seeds: number, first: number, short: boolean}} plan
 */
async function runSeeds(row, bench, result, { seeds, first, short }) {
  await row.begin?.(bench);
  const { expect, seeded } = row;
  // A few seeds may by chance not show what is broken: then a control has more of them.
  const enough = () =>
    result.seeds >= (seeded ? seeds : 1) &&
    (!expect || !seeded || result.findings[expect] > 0 || result.seeds >= 10 * seeds);
  for (; !enough(); result.seeds++) {
    add(result.findings, await row.run(bench, first + result.seeds, short));
  }
  add(result.findings, bench.checker.checkWhole());
  Object.assign(result, judge(row, result.findings));
}

/**
 * @param {Row} row
 * @param {import('./checker.js').Findings} findings
 * @returns {{verdict: string, sign: 'good' | 'bad'}}
 */
function judge({ expect }, findings) {
  if (!expect) {
    return clean(findings) ? { verdict: 'clean', sign: 'good' } : { verdict: 'RED', sign: 'bad' };
  }
  return findings[expect] > 0
    ? { verdict: 'red, as it must be', sign: 'good' }
    : { verdict: `NOT RED: nothing ${expect}`, sign: 'bad' };
}
