/** wrk, one measurement at a time; what is asked for comes from a list, one path after the other. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Two are enough to ask for more than can be answered; where there are but two processors, one is. */
const THREADS = availableParallelism() > 2 ? 2 : 1;

/** @typedef {{rate: number, p50: number, p99: number, failed: number}} Speed rate of what was answered with 200, times in ms */

/** Each of wrk's threads begins elsewhere in the list. @param {string[]} paths */
const list = (paths) => `
local paths = {${paths.map((path) => JSON.stringify(path)).join(',\n')}}
local requests, threads = {}, 0
function setup(thread)
  thread:set("first", threads * 997)
  threads = threads + 1
end
function init()
  for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path) end
  at = first
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`;

/** One path alone is spared the call of Lua for each request. @param {string[]} paths */
const script = (paths) => `${paths.length > 1 ? list(paths) : ''}
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"us":%d,"p50":%d,"p99":%d,"failed":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
`;

/**
 * @param {string} origin
 * @param {string[]} paths
 * @param {{clients: number, seconds: number, scratch: string}} how
 * @returns {Promise<Speed>}
 */
async function once(origin, paths, { clients, seconds, scratch }) {
  const file = join(scratch, 'wrk.lua');
  writeFileSync(file, script(paths));
  const threads = Math.min(clients, THREADS);
  const url = paths.length > 1 ? origin : origin + paths[0];
  const args = [`-t${threads}`, `-c${clients}`, `-d${seconds}`, '--timeout=10', '-s', file, url];
  const { stdout } = await run('wrk', args);
  const { requests, us, p50, p99, failed } = JSON.parse(stdout.slice(stdout.lastIndexOf('{')));
  const rate = Math.max(0, requests - failed) / (us / 1e6);
  return { rate, p50: p50 / 1000, p99: p99 / 1000, failed };
}

/**
 * After a second to warm up. As many whole seconds as wrk knows, one at least.
 * @param {string} origin
 * @param {string[]} paths
 * @param {{clients: number, seconds: number, scratch: string}} how
 */
export async function wrk(origin, paths, how) {
  await once(origin, paths, { ...how, seconds: 1 });
  return once(origin, paths, { ...how, seconds: Math.max(1, Math.round(how.seconds)) });
}

/**
 * Rounds that take turns: each contender once a round, every second round the other way round.
 * @template {{name: string}} T
 * @template R
 * @param {number} rounds
 * @param {T[]} contenders
 * @param {(contender: T) => Promise<R>} measure
 * @returns {Promise<Map<string, R[]>>} by name
 */
export async function inTurns(rounds, contenders, measure) {
  const results = new Map(contenders.map(({ name }) => [name, /** @type {R[]} */ ([])]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 ? [...contenders].reverse() : contenders;
    for (const contender of order) results.get(contender.name)?.push(await measure(contender));
  }
  return results;
}
