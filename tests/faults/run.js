/**
 * Runs the matrix and prints it as a table. Ends with 1 where a row is not clean, or a negative
 * control is.
 *
 *   SEEDS=100 node tests/faults/run.js [part of a row's name …]
 *
 * SEEDS        how often each seeded row is run (default 100)
 * FIRST_SEED   the first seed (default 1): to run one again
 */
import { closeShared, rows, runRow } from './rows.js';

const seeds = Number(process.env.SEEDS || 100);
const first = Number(process.env.FIRST_SEED || 1);
const wanted = process.argv.slice(2);

const columns = /** @type {const} */ ([
  ...['row', 'seeds', 'messages', 'lost', 'doubled', 'phantom', 'disorder', 'receipts'],
  ...['integrity', 's', 'verdict'],
]);

/** @param {import('./rows.js').Result} result */
function cells({ name, seeds, findings, seconds, verdict }) {
  const { messages, lost, doubled, phantom, disorder, receipts, integrity } = findings;
  return [
    ...[name, seeds, messages, lost, doubled, phantom, disorder, receipts, integrity],
    ...[Math.round(seconds), verdict],
  ].map(String);
}

const chosen = rows.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
const width = Math.max(...chosen.map(({ name }) => name.length));

/** @param {readonly string[]} line */
const print = (line) => {
  const [name, ...rest] = line;
  const padded = rest.map((cell, i) => cell.padStart(i < 8 ? (columns[i + 1]?.length ?? 0) : 3));
  console.log(`| ${[name?.padEnd(width), ...padded].join(' | ')} |`);
};

print(columns);
print(['-'.repeat(width), ...columns.slice(1).map((name) => '-'.repeat(name.length))]);
let bad = 0;
for (const row of chosen) {
  const result = await runRow(row, seeds, first);
  print(cells(result));
  if (result.sign === 'bad') {
    bad++;
    for (const example of result.findings.examples) console.log(`  ${example}`);
  }
}
await closeShared();
console.log(bad > 0 ? `${bad} rows are not as they must be` : 'all rows are as they must be');
process.exit(bad > 0 ? 1 : 0);
