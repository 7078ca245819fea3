/** The machine that is measured on: what it is, and whether it has something else to do. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build, top } from '../lib/stack.js';

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

/** What a program says, both ways; empty where it is missing. @param {string[]} args */
function said(/** @type {string} */ program, ...args) {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
  return `${stdout ?? ''}${stderr ?? ''}`.trim();
}

/** @param {string} text */
const version = (text) => /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? 'not installed';

/** How ours was compiled, as configure noted it. */
function compiled() {
  const log = join(build, 'config.log');
  const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
  return ['CC', 'CFLAGS']
    .map((name) => new RegExp(`^${name}='(.*)'`, 'm').exec(text)?.[1])
    .join(' ');
}

/** @param {string} scratch the folder whose disk is written to */
export function describe(scratch) {
  const cpu = cpus();
  return {
    cpu: cpu[0]?.model.trim() ?? 'unknown',
    cores: cpu.length,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GB`,
    kernel: release(),
    disk: said('df', '--output=source,fstype,avail', '-h', scratch).split('\n').at(-1) ?? '',
    compiled: compiled(),
    nginx: version(said('nginx', '-v')),
    mosquitto: version(said('mosquitto', '-h').split('\n')[0]),
    sqlite: version(said('sqlite3', '--version')),
    mariadb: version(said('mariadbd', '--version').replace(/^\S+/, '')),
    fossil: version(said('fossil', 'version')),
    node: process.version.slice(1),
  };
}

/** The commit that the tree is at, with a + where it was changed since; empty outside a clone. */
export function commit() {
  const id = spawnSync('git', ['-C', top, 'rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' });
  if (id.status !== 0) return '';
  return `${id.stdout.trim()}${said('git', '-C', top, 'status', '--porcelain', '-uno') ? '+' : ''}`;
}

/** @typedef {{busy: number, all: number, processes: Map<string, number>}} Ticks of the clock, since the start */

/** @param {string} text of /proc/stat */
export function cpuTicks(text) {
  const [user, nice, system, idle, wait, ...rest] = text.split('\n')[0].split(/\s+/).slice(1);
  const busy = [user, nice, system, ...rest.slice(0, 3)].reduce((sum, n) => sum + Number(n), 0);
  return { busy, all: busy + Number(idle) + Number(wait) };
}

/** @param {string} pid @returns {[string, number]} its name and ticks */
function processTicks(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const end = stat.lastIndexOf(')');
    const fields = stat.slice(end + 2).split(' ');
    const name = stat.slice(stat.indexOf('(') + 1, end);
    return [`${name} (process ${pid})`, Number(fields[11]) + Number(fields[12])];
  } catch {
    return ['', 0]; // it has ended
  }
}

/** @returns {Ticks} */
function ticks() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const processes = new Map(pids.map(processTicks));
  return { ...cpuTicks(readFileSync('/proc/stat', 'utf8')), processes };
}

/** What a machine that has nothing to do still does, as a share of all its cores. */
const QUIET = 0.06;

/** @param {Ticks} before @param {Ticks} after @returns {string | undefined} what keeps it busy */
export function busyWith(before, after) {
  const share = (after.busy - before.busy) / Math.max(1, after.all - before.all);
  if (share <= QUIET) return undefined;
  const grown = Array.from(after.processes, ([name, value]) => ({
    name,
    by: value - (before.processes.get(name) ?? 0),
  })).sort((a, b) => b.by - a.by)[0];
  const most = grown?.by > 0 ? `, most of it by ${grown.name}` : '';
  return `${(100 * share).toFixed(0)} % of its processors are in use${most}`;
}

/** Looks for three seconds. @returns {Promise<string | undefined>} */
export async function busy() {
  const before = ticks();
  await sleep(3000);
  return busyWith(before, ticks());
}
