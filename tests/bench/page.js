/** What the page weighs and how soon it is there: a round is a run of tests/browser/budgets.js. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { top } from '../lib/stack.js';

/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {{what: string, value: number, unit: string, limit?: number}} Budget */

const run = promisify(execFile);
const CHROMIUM = process.env.MQTT_CHAT_CHROMIUM || '/usr/bin/chromium';

/** @param {string} number */
const value = (number) => Number(number.replaceAll(',', ''));

/** A line of the table: what, in at least two spaces, value, unit, what is allowed. @param {string} line @returns {Budget[]} */
function budget(line) {
  const [, what, number, unit, limit] =
    /^(.+?)(?: in \d+ s)? {2,}([\d.,]+) ?(KB|ms|)(?: +[≤<] ([\d.,]+).*)?$/.exec(line.trim()) ?? [];
  if (!what) return [];
  return [{ what, value: value(number), unit, ...(limit ? { limit: value(limit) } : {}) }];
}

/** @param {Budget[][]} rounds @returns {Figure[]} */
function figures(rounds) {
  return rounds[0].map(({ what, unit, limit }) => {
    const values = rounds.map(
      (round) => round.find((one) => one.what === what)?.value ?? Number.NaN,
    );
    const wanted = limit === undefined ? [] : [{ limit }];
    return { what, unit, better: 'less', ours: { name: 'ours', values }, against: [], wanted };
  });
}

/** @type {import('./figures.js').Section} */
export default {
  name: 'page',
  title: 'The page in the browser',
  async run({ rounds, say }) {
    if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: apt-get install chromium`);
    /** @type {Budget[][]} */
    const all = [];
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds}`);
      const script = join(top, 'tests/browser/budgets.js');
      const { stdout } = await run(process.execPath, [script]);
      all.push(stdout.split('\n').flatMap(budget));
    }
    if (!all[0].length) throw new Error('tests/browser/budgets.js printed no table');
    return { figures: figures(all) };
  },
};
