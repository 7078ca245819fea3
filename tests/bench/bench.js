/** Runs sections one after the other and writes what they return: terminal, bench.json, bench.html. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { html } from './html.js';
import { commit, describe } from './machine.js';
import { installed, missingParts } from './parts.js';
import { table } from './table.js';

/** @typedef {import('./figures.js').Section} Section */
/** @typedef {{rounds: number, seconds: number, scale: number}} Settings */
/**
 * @typedef {object} Measured
 * @property {string} name
 * @property {string} title
 * @property {number} took seconds
 * @property {import('./figures.js').Figure[]} figures
 * @property {import('./figures.js').Plot[]} plots
 * @property {string} [error] why there are none
 *
 * @typedef {object} Report what bench.json holds
 * @property {string} date
 * @property {string} commit
 * @property {string} [missing] what was left out
 * @property {Settings} settings
 * @property {Record<string, string | number>} machine
 * @property {Measured[]} sections
 */

/** @param {string} text */
const say = (text) => console.error(`  ${text}`);

/** @param {Section} section @param {Settings} settings @returns {Promise<Measured>} */
async function measure(section, settings) {
  const { name, title } = section;
  const scratch = mkdtempSync(join(tmpdir(), 'mqtt-chat-bench-'));
  const began = Date.now();
  try {
    const { figures, plots = [] } = await section.run({ ...settings, scratch, say });
    return { name, title, took: (Date.now() - began) / 1000, figures, plots };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { name, title, took: 0, figures: [], plots: [], error: why };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {string} folder @param {Report} report */
function write(folder, report) {
  writeFileSync(join(folder, 'bench.json'), `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(join(folder, 'bench.html'), html(report));
}

/**
 * What was measured is written after each section, so that nothing is lost when a later one fails.
 * @param {Section[]} sections
 * @param {Settings} settings
 * @param {string} folder for the report
 */
export async function bench(sections, settings, folder) {
  mkdirSync(folder, { recursive: true });
  /** @type {Report} */
  const report = {
    ...{ date: new Date().toISOString(), commit: commit(), missing: missingParts(), settings },
    ...{ machine: describe(tmpdir()), sections: [] },
  };
  if (report.missing) console.error(`bench: ${report.missing}`);
  for (const section of sections.filter(({ needs = [] }) => installed(...needs))) {
    console.error(`bench: ${section.title}`);
    const measured = await measure(section, settings);
    report.sections.push(measured);
    if (measured.error) console.error(`bench: ${section.name} not measured: ${measured.error}`);
    else console.log(table(section.title, measured.figures));
    write(folder, report);
  }
  return report;
}
