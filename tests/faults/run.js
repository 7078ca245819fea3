/**
 * Runs the matrix and prints it as a table. Ends with 1 where a row is not clean, or a negative
 * control is.
 *
 *   SEEDS=100 node tests/faults/run.js [--short] [--json] [part of a row's name …]
 *
 * --short      without what takes long
 * --json       a line of JSON for each row
 * SEEDS        how often each seeded row is run (default 100)
 * FIRST_SEED   the first seed (default 1): to run one again
 */
import { fileURLToPath } from 'node:url';
import { spawnIsolated } from './namespace.js';
import { closeShared, rows, runRow } from './rows.js';

const seeds = Number(process.env.SEEDS || 100);
const first = Number(process.env.FIRST_SEED || 1);
const options = process.argv.slice(2).filter((word) => word.startsWith('--'));
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const [short, json] = ['--short', '--json'].map((name) => options.includes(name));

const columns = /** @type {const} */ ([
  ...['row', 'seeds', 'messages', 'lost', 'doubled', 'phantom', 'disorder', 'receipts'],
  ...['integrity', 's', 'verdict'],
]);
const chosen = rows.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
const width = Math.max(...chosen.map(({ name }) => name.length));

/** @param {readonly string[]} line */
function print([name = '', ...rest]) {
  const padded = rest.map((cell, i) => cell.padStart(Math.max(columns[i + 1]?.length ?? 0, 3)));
  console.log(`| ${[name.padEnd(width), ...padded].join(' | ')} |`);
}

/** @param {import('./rows.js').Result} result */
function printResult(result) {
  const { name, seeds: count, findings, seconds, verdict, sign } = result;
  const { messages, lost, doubled, phantom, disorder, receipts, integrity } = findings;
  const figures = [count, messages, lost, doubled, phantom, disorder, receipts, integrity];
  print([name, ...figures, Math.round(seconds), verdict].map(String));
  const more = sign === 'bad' ? [...findings.notes, ...findings.examples] : findings.notes;
  for (const line of more) console.log(`    ${line}`);
}

async function main() {
  let bad = 0;
  if (!json) print(columns);
  if (!json)
    print([...columns].map((name, i) => '-'.repeat(i === 0 ? width : Math.max(name.length, 3))));
  for (const row of chosen) {
    const result = await runRow(row, { seeds, first, short: short ?? false });
    if (result.sign === 'bad') bad++;
    if (json) console.log(JSON.stringify(result));
    else printResult(result);
  }
  await closeShared();
  if (!json) console.log(bad > 0 ? `${bad} rows are not as they must be` : 'all is as it must be');
  return bad > 0 ? 1 : 0;
}

if (process.env.FAULTS_MOUNTS === undefined) {
  const file = fileURLToPath(import.meta.url);
  const child = spawnIsolated(file, process.argv.slice(2), { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill('SIGTERM'));
  }
  child.on('exit', (code) => process.exit(code ?? 1));
} else {
  process.exit(await main());
}
