/**
 * What the whole thing can, against what it stands on and what it replaces, in one run:
 * `make bench [ROUNDS=5] [SECONDS=5] [SCALE=1] [ONLY=http,growth] [OUT=folder] [FORCE=1]`
 *
 * Status 0 if it measured, whatever came of it: the table says that.
 */
import { join, resolve } from 'node:path';
import { build } from '../lib/stack.js';
import { bench } from './bench.js';
import { busy } from './machine.js';

const SECTIONS = ['http', 'growth', 'store', 'latency', 'footprint', 'crowd', 'page'];

/** @param {string} problem @returns {never} */
function refuse(problem) {
  console.error(`bench: ${problem}`);
  process.exit(64);
}

/** @param {string} name @param {number} usual */
function number(name, usual) {
  const value = Number(process.env[name] || usual);
  if (!(value > 0)) refuse(`${name} must be a number above 0, not '${process.env[name]}'`);
  return value;
}

/** @param {string} only @returns {Promise<import('./figures.js').Section[]>} */
function chosen(only) {
  const names = only ? only.split(',') : SECTIONS;
  const unknown = names.find((name) => !SECTIONS.includes(name));
  if (unknown !== undefined)
    refuse(`ONLY has no section '${unknown}'; there are ${SECTIONS.join(', ')}`);
  return Promise.all(names.map(async (name) => (await import(`./${name}.js`)).default));
}

const settings = {
  rounds: Math.ceil(number('ROUNDS', 5)),
  seconds: number('SECONDS', 5),
  scale: number('SCALE', 1),
};
const sections = await chosen(process.env.ONLY ?? '');
const folder = resolve(process.env.OUT || join(build, 'bench'));
if (!process.env.FORCE) {
  const what = await busy();
  if (what) refuse(`not now: ${what}; end that, or measure all the same with FORCE=1`);
}
const report = await bench(sections, settings, folder);
console.log(`\n${join(folder, 'bench.html')} (and bench.json)`);
process.exit(report.sections.some(({ error }) => error) ? 1 : 0);
