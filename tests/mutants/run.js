/**
 * How good are the tests? Makes small changes to the C code, one at a time in a copy of the tree,
 * and looks whether a test fails. What survives is a line that nobody would miss, a check that is
 * not needed, or a hole in the tests.
 *
 *   MUTANTS=60 SEED=anything ONLY=src/store node tests/mutants/run.js
 *
 * The same SEED on the same tree gives the same sample; without one it is another each day. First
 * the unit tests run, then, for what survives them, the system's and the administrator's, then a
 * short round of the faults. What runs for far longer than it should counts as killed. Not counted:
 * what does not compile, and what the compiler makes the same code of. Not made: what no test here
 * can see, which mutate.js names (a microsecond more, a leak, what is said where memory is out).
 *
 * Ends with 1 where less than 80 % are killed: of 60, chance alone moves the score by that much.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomOf } from '../faults/random.js';
import { changesOf } from './mutate.js';

/** @typedef {import('./mutate.js').Change & {file: string, kind: string}} Mutant */
/** @typedef {{name: string, command: string[], ms: number}} Test `ms`: what it took, when well */

const top = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const wanted = Number(process.env.MUTANTS || 60);
const seed = process.env.SEED || new Date().toISOString().slice(0, 10);
const random = randomOf(`mutants ${seed}`);
const copy = mkdtempSync(join(tmpdir(), 'mqtt-chat-mutants-'));
const build = join(copy, 'build');
const env = { ...process.env, MAKEFLAGS: '', MQTT_CHAT_BUILD: build, SEEDS: '3' };
const AT_ONCE = 2;
/** @type {Set<() => void>} how to end what runs */
const running = new Set();

// ---- the copy ----

function prepare() {
  const left = ['.git', 'build', 'run', 'Makefile', 'config.status'];
  const taken = (/** @type {string} */ from) =>
    !left.includes(relative(top, from)) && !/\.[oa]$/.test(from);
  cpSync(top, copy, { recursive: true, preserveTimestamps: true, filter: taken });
  chmodSync(copy, 0o755); // for nginx
  mkdirSync(build);
  // Without lines' numbers, the same code is the same file.
  const flags = ['../configure', '-q', 'CFLAGS=-O2 -g0 -w'];
  if (spawnSync('sh', flags, { cwd: build, env, stdio: 'inherit' }).status !== 0) return false;
  return make('all') && make('check', 'TESTS=');
}

/** A machine that has much to do gets its time: too slow is not killed. @param {string[]} args */
const make = (...args) =>
  spawnSync('make', ['-s', '-j2', ...args], { cwd: build, env, timeout: 900_000 }).status === 0;

// ---- the tests ----

/** @param {string} folder */
const scripts = (folder) =>
  readdirSync(join(copy, folder))
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => testOf(`${folder}/${name}`, 'node', `../${folder}/${name}`));

/** @param {string} name @param {...string} command @returns {Test} */
const testOf = (name, ...command) => ({ name, command, ms: 60_000 });

function allTests() {
  const units = readdirSync(join(build, 'tests/unit')).filter((name) => /^test_\w+$/.test(name));
  const limited = ['sh', '-c', 'ulimit -v 4000000; exec "$0"'];
  return {
    unit: [
      ...units.map((name) => testOf(name, ...limited, `tests/unit/${name}`)),
      testOf('fuzz', 'sh', '../tests/fuzz/replay.sh'),
    ],
    system: scripts('tests/system'),
    admin: scripts('tests/admin'),
    faults: [testOf('faults', 'node', '../tests/faults/run.js', '--short')],
  };
}

/** @param {Test} test @param {AbortSignal} signal @returns {Promise<boolean>} whether it is well */
function run({ command: [program = '', ...args], ms }, signal) {
  const child = spawn(program, args, { cwd: build, env, detached: true, stdio: 'ignore' });
  const end = (/** @type {NodeJS.Signals} */ how) => {
    try {
      process.kill(-Number(child.pid), how);
    } catch {
      // it has ended
    }
  };
  const stop = () => {
    end('SIGTERM'); // so that it ends what it has started
    setTimeout(end, 5000, 'SIGKILL').unref();
  };
  const timer = setTimeout(stop, 10_000 + 4 * ms);
  signal.addEventListener('abort', stop);
  running.add(stop);
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      running.delete(stop);
      resolve(code === 0);
    });
  });
}

/** @param {Test[]} tests @returns {Promise<string>} the first that fails, or an empty string */
async function firstToFail(tests) {
  const queue = [...tests].sort((a, b) => a.ms - b.ms);
  const failed = new AbortController();
  let first = '';
  const work = async () => {
    for (let test = queue.shift(); test && !first; test = queue.shift()) {
      const begun = Date.now();
      const well = await run(test, failed.signal);
      if (well) test.ms = Math.max(Date.now() - begun, test.ms === 60_000 ? 0 : test.ms);
      else first ||= test.name;
      if (!well) failed.abort();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return first;
}

// ---- the sample ----

/** Each kind as often as any other. */
function* sample() {
  /** @type {Map<string, Mutant[]>} */
  const byKind = new Map();
  const sources = ['src', 'cgi-bin'].flatMap((folder) =>
    readdirSync(join(copy, folder), { recursive: true }).map((name) => join(folder, String(name))),
  );
  for (const file of sources.sort()) {
    if (!file.endsWith('.c') || !file.startsWith(process.env.ONLY ?? '')) continue;
    for (const { kind, changes } of changesOf(readFileSync(join(copy, file), 'utf8'))) {
      const mutants = changes.map((change) => ({ ...change, file, kind }));
      byKind.set(kind, [...(byKind.get(kind) ?? []), ...mutants]);
    }
  }
  while (byKind.size > 0) {
    for (const [kind, mutants] of byKind) {
      if (mutants.length === 0) byKind.delete(kind);
      else yield/** @type {Mutant} */ (mutants.splice(random(mutants.length), 1)[0]);
    }
  }
}

/** @param {Mutant} mutant @param {ReturnType<typeof allTests>} tests @returns {Promise<string>} */
async function killerOf({ file }, { unit, system, admin, faults }) {
  if (!make('all') || !make('check', 'TESTS=')) return 'build';
  const first = await firstToFail(unit);
  if (first) return `unit ${first}`;
  const rest = file.startsWith('src/admin') ? admin : [...system, ...admin];
  const logger = !/^(src\/admin|src\/api|cgi-bin)/.test(file);
  const killer = (await firstToFail(rest)) || (logger ? await firstToFail(faults) : '');
  return killer && `whole ${killer}`;
}

/**
 * @param {Mutant} mutant
 * @param {ReturnType<typeof allTests>} tests
 * @returns {Promise<string | undefined>} what kills it; undefined where it is none
 */
async function tryMutant(mutant, tests) {
  const source = join(copy, mutant.file);
  const object = mutant.file.replace(/c$/, 'o');
  const text = readFileSync(source, 'utf8');
  if (!make(object)) throw new Error(`${mutant.file} does not compile`);
  const before = readFileSync(join(build, object));
  writeFileSync(source, text.slice(0, mutant.at) + mutant.by + text.slice(mutant.end));
  try {
    if (!make(object) || readFileSync(join(build, object)).equals(before)) return undefined;
    return await killerOf(mutant, tests);
  } finally {
    writeFileSync(source, text);
  }
}

/** @param {Mutant} mutant as a piece of a diff */
function diff({ file, at, end, by }) {
  const text = readFileSync(join(copy, file), 'utf8');
  const from = text.lastIndexOf('\n', at - 1) + 1;
  const to = text.indexOf('\n', end);
  const sides = { '-': text.slice(from, to), '+': text.slice(from, at) + by + text.slice(end, to) };
  return Object.entries(sides)
    .flatMap(([sign, side]) => side.split('\n').map((line) => `    ${sign}${line}`))
    .join('\n');
}

async function main() {
  if (!prepare()) throw new Error('the tree does not build');
  const tests = allTests();
  const red = await firstToFail(Object.values(tests).flat());
  if (red) throw new Error(`${red} fails without a change`);
  /** @type {Record<string, number>} */
  const counts = { none: 0, survived: 0 };
  let tried = 0;
  for (const mutant of sample()) {
    if (tried >= wanted) break;
    const line = readFileSync(join(copy, mutant.file), 'utf8').slice(0, mutant.at).split('\n');
    const killer = await tryMutant(mutant, tests);
    const sort = killer === undefined ? 'none' : killer.split(' ')[0] || 'survived';
    counts[sort] = (counts[sort] ?? 0) + 1;
    if (killer === undefined) continue;
    tried++;
    const where = `${mutant.file}:${line.length} ${mutant.kind}`;
    console.log(killer ? `killed by ${killer}: ${where}` : `SURVIVED: ${where}\n${diff(mutant)}`);
  }
  const { none, survived, ...killed } = counts;
  const score = Math.round((1 - Number(survived) / Math.max(tried, 1)) * 100);
  const by = Object.entries(killed).map(([stage, n]) => `${stage} ${n}`);
  console.log(`seed ${seed}: ${tried - Number(survived)} of ${tried} killed, ${score} %`);
  console.log(`(${by.join(', ')}); ${none} more did not compile or were the same code`);
  return score < 80 ? 1 : 0;
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.once(signal, () => process.exit(1));
process.on('exit', () => {
  for (const stop of running) stop();
  rmSync(copy, { recursive: true, force: true });
});
process.exit(await main());
