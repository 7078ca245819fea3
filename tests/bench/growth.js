/**
 * What becomes of the times of a page and of a search while the history grows from a thousand messages
 * to ten million, through nginx and in the responder alone, and what a message takes on the disk.
 *
 * No question is asked twice in a row, so the responder answers none from its cache. What is asked is
 * read once before, since some systems soon drop a file that nobody reads: with enough memory no disk
 * is measured.
 */
import { execFile } from 'node:child_process';
import { chownSync, createReadStream, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build, startStack, until } from '../lib/stack.js';
import { median } from './figures.js';
import { inTurns, wrk } from './wrk.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./figures.js').Options} Options */
/** @typedef {{name: string, count: number, stack: Stack}} History */
/** @typedef {{what: string, line: string, paths: (count: number) => string[]}} Question line: in the plots */
/** @typedef {{what: string, line: string, times: Map<string, number[]>}} Timed in ms, by history */

const run = promisify(execFile);
const SMALLEST = 1000;
const LARGEST = 10_000_000;
const BASE = 10_000; // what the others are held against
const ASKED = 200; // questions a round, in the responder alone
const BYTES = 350; // on the disk a message, with something to spare

/** The more frequent half of what generate.c calls first. */
const COMMON = ['the', 'to', 'a', 'and', 'is', 'in', 'it', 'you', 'of', 'for'];
const FREQUENT = [
  ...COMMON,
  'on',
  'that',
  'have',
  'we',
  'open',
  'door',
  'ok',
  'what',
  'not',
  'was',
];
const SYLLABLES = 'ka ter mo lin su ra pe ton vi ne shu bar do gel fi wo'.split(' ');

/** The word of that rank, as generate.c makes it. @param {number} rank */
function word(rank) {
  if (rank < FREQUENT.length) return FREQUENT[rank];
  let text = '';
  for (let rest = rank * 7 + 3; rest; rest = Math.floor(rest / 16)) text += SYLLABLES[rest % 16];
  return text;
}

/** @template T @param {number} length @param {(n: number) => T} make */
const list = (length, make) => Array.from({ length }, (_, n) => make(n));

/** @param {number} count */
const place = (count) => Math.floor(count * (0.1 + 0.8 * Math.random()));

/** @param {string} query @returns {(count: number) => string[]} */
const anywhere = (query) => (count) =>
  list(5000, () => `/messages?room=room-0&${query}=${place(count)}`);

/** @type {Question[]} */
const QUESTIONS = [
  {
    what: 'newest page',
    line: 'newest page',
    paths: () => list(50, (n) => `/messages?room=room-${n}`),
  },
  { what: 'page before a random place', line: 'page before', paths: anywhere('before') },
  { what: 'page around a random place', line: 'page around', paths: anywhere('around') },
  {
    what: 'search for a word that about 90 messages have',
    line: 'search, rare word',
    paths: (count) =>
      list(10, (n) => `/search?q=${word(Math.floor((count / 100) * (1 - (n + 1) / 50)))}`),
  },
  {
    what: 'search for a word that a tenth to a half of them have',
    line: 'search, frequent word',
    paths: () => COMMON.map((one) => `/search?q=${one}`),
  },
];

/** @param {number} scale */
function sizes(scale) {
  const top = Math.max(2 * BASE, LARGEST * scale);
  return list(5, (n) => SMALLEST * 10 ** n).filter((count) => count <= top);
}

/** @param {number[]} counts @param {Options} options */
function checkDisk(counts, { scratch, say }) {
  const need = (counts.reduce((sum, count) => sum + count) * BYTES) / 2 ** 30;
  const { bavail, bsize } = statfsSync(scratch);
  const free = (bavail * bsize) / 2 ** 30;
  const sum = `histories of up to ${counts.at(-1)?.toLocaleString('en-US')} messages: ${need.toFixed(1)} GB of ${free.toFixed(0)} GB free`;
  if (free < need + 1)
    throw new Error(`not enough disk for ${sum}; set TMPDIR to a larger one, or SCALE=0.1`);
  say(sum);
}

/** @param {number} count @returns {Promise<History>} */
async function startHistory(count) {
  const stack = await startStack({ start: [] });
  await run(join(build, 'tests/bench/generate'), [stack.database, String(count)]);
  const { uid, gid } = statSync(dirname(stack.database));
  chownSync(stack.database, uid, gid);
  for (const file of ['-wal', '-shm']) {
    if (statSync(stack.database + file, { throwIfNoEntry: false }))
      chownSync(stack.database + file, uid, gid);
  }
  for (const name of /** @type {const} */ (['broker', 'logger', 'api', 'nginx'])) {
    await stack.start(name);
  }
  await until(async () => (await stack.history('room=room-0')).length === 10, 60_000);
  return { name: power(count), count, stack };
}

/** @param {number} count 10000 as 10⁴ messages */
function power(count) {
  const digit = '⁰¹²³⁴⁵⁶⁷⁸⁹'[Math.round(Math.log10(count))];
  return `10${digit} messages`;
}

/** @param {Stack} stack */
async function readWhole(stack) {
  for await (const _ of createReadStream(stack.database, { highWaterMark: 1 << 20 }));
}

/** What one client waits. @param {Question} question @param {History} history @param {Options} options */
async function throughNginx({ paths }, { stack, count }, { seconds, scratch }) {
  const asked = paths(count).map((path) => `/api${path}`);
  return (await wrk(stack.origin, asked, { clients: 1, seconds: seconds / 2, scratch })).p50;
}

/** Of its own process, that has the database open: the time of each question's first answer. */
async function inResponder(
  /** @type {Question} */ { paths },
  /** @type {History} */ { stack, count },
) {
  const program = join(build, 'tests/bench/measure');
  const asked = paths(count).slice(0, ASKED);
  const { stdout } = await run(program, [stack.database, ...asked], { maxBuffer: 1 << 24 });
  const answers = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const wrong = answers.find(([, , , , status]) => status !== '200');
  if (wrong) throw new Error(`${wrong.at(-1)} was answered with ${wrong[4]}`);
  return median(answers.map(([first]) => Number(first)));
}

/** That generate.c makes what is asked for here. @param {Question} question @param {History[]} histories */
async function checkAnswers({ what, paths }, histories) {
  for (const { name, count, stack } of histories) {
    const answer = await fetch(`${stack.root}/api${paths(count)[0]}`);
    if (!(await answer.json()).length) throw new Error(`${what} finds nothing in ${name}`);
  }
}

/** @param {Timed} timed @param {History[]} histories @returns {Figure} the largest against the others */
function figure({ what, times }, histories) {
  const contenders = histories.map(({ name }) => ({ name, values: times.get(name) ?? [] }));
  const against = contenders.slice(0, -1);
  const wanted = [{ against: power(BASE), limit: 1.3 }];
  return {
    what,
    unit: 'ms',
    better: 'less',
    ours: contenders[contenders.length - 1],
    against,
    wanted,
  };
}

/** @param {string} title @param {Timed[]} all @param {History[]} histories */
function plot(title, all, histories) {
  const lines = all.map(({ line, times }) => ({
    name: line,
    points: histories.map(({ name, count }) => {
      return /** @type {[number, number]} */ ([count, median(times.get(name) ?? [])]);
    }),
  }));
  return { title, x: { label: 'messages', log: true }, y: { label: 'ms', log: true }, lines };
}

/** @param {Stack} stack @returns {{whole: number, index: number}} bytes, the index of the search for itself */
function bytes(stack) {
  const [row] = stack.sql(`SELECT sum(pgsize) AS whole,
    sum(pgsize) FILTER (WHERE name LIKE 'search%') AS "index" FROM dbstat WHERE aggregate = TRUE`);
  return { whole: Number(row.whole), index: Number(row.index) };
}

/** @param {History[]} histories */
function onDisk(histories) {
  const taken = histories.map(({ name, count, stack }) => {
    const { whole, index } = bytes(stack);
    return { name, count, whole: whole / count, without: (whole - index) / count };
  });
  const kinds = /** @type {const} */ ([
    ['whole', 'on the disk a message'],
    ['without', 'on the disk a message, without the index of the search'],
  ]);
  const figures = kinds.map(([kind, what]) => {
    const contenders = taken.map((one) => ({ name: one.name, values: [one[kind]] }));
    const against = contenders.slice(0, -1);
    return /** @type {Figure} */ ({
      ...{ what, unit: 'bytes', better: 'less', minor: true },
      ...{ ours: contenders[contenders.length - 1], against },
    });
  });
  const lines = kinds.map(([kind], n) => ({
    name: ['whole', 'without the index'][n],
    points: taken.map((one) => /** @type {[number, number]} */ ([one.count, one[kind]])),
  }));
  const [x, y] = [{ label: 'messages', log: true }, { label: 'bytes' }];
  return { figures, plot: { title: 'On the disk, a message', x, y, lines } };
}

/**
 * @param {string} where
 * @param {History[]} histories
 * @param {Options} options
 * @param {(question: Question, history: History, options: Options) => Promise<number>} measure
 */
async function ask(where, histories, options, measure) {
  /** @type {Timed[]} */
  const all = [];
  for (const question of QUESTIONS) {
    options.say(`${question.what}, ${where}`);
    await checkAnswers(question, histories);
    const times = await inTurns(options.rounds, histories, async (history) => {
      await readWhole(history.stack);
      return measure(question, history, options);
    });
    all.push({ what: `${question.what}, ${where}`, line: question.line, times });
  }
  return {
    figures: all.map((timed) => figure(timed, histories)),
    plot: plot(`Median time, ${where}`, all, histories),
  };
}

/** @type {import('./figures.js').Section} */
export default {
  name: 'growth',
  title: 'While the history grows',
  needs: ['wrk'],
  async run(options) {
    const counts = sizes(options.scale);
    checkDisk(counts, options);
    /** @type {History[]} */
    const histories = [];
    try {
      for (const count of counts) {
        options.say(`makes ${count.toLocaleString('en-US')} messages`);
        histories.push(await startHistory(count));
      }
      const web = await ask('through nginx', histories, options, throughNginx);
      const alone = await ask('in the responder', histories, options, inResponder);
      const disk = onDisk(histories);
      return {
        figures: [...web.figures, ...alone.figures, ...disk.figures],
        plots: [web.plot, alone.plot, disk.plot],
      };
    } finally {
      for (const { stack } of histories) await stack.close();
    }
  },
};
