/**
 * How fast history comes through nginx: held against what the same nginx does with the same bytes from
 * a file and from a responder that does nothing, against the stack that this one replaced, and against
 * Fossil's chat. With REQUESTS=1000000 also the responder's memory after so many.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { startStack, until } from '../lib/stack.js';
import { median } from './figures.js';
import { startOthers, TEXT } from './others.js';
import { inTurns, wrk } from './wrk.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('./figures.js').Options} Options */
/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./wrk.js').Speed} Speed */
/** @typedef {{name: string, origin: string, paths: string[], beside?: () => Promise<() => void>}} Contender */
/** @typedef {{name: string, clients: number[], contenders: Contender[], wanted: boolean}} Question */
/** @typedef {{clients: number, speeds: Map<string, Speed[]>}} Result */

const CLIENTS = [1, 16, 64, 256];
const SLOW_READERS = 16;
const OURS = 'ours';
const SLOW = 'ours, 16 slow readers beside';
const [NOTHING, FILE] = ['nothing done', 'static file'];
const [FLASK, FOSSIL] = ['Flask and MariaDB', "Fossil's chat"];

/** @param {number} messages */
async function startOurs(messages) {
  const stack = await startStack();
  const client = await stack.client();
  const sent = Array.from({ length: messages }, (_, n) => {
    const message = {
      nickname: 'Tester',
      text: `${TEXT} ${n}`,
      clientId: 'cli-001',
      msgId: `${n}`,
    };
    return client.publishAsync('chat/messages', JSON.stringify(message), { qos: 1 });
  });
  await Promise.all(sent);
  for (let n = 0; n < 200; n++)
    await client.publishAsync('chat/long', 'x'.repeat(4000), { qos: 1 });
  await until(async () => (await stack.history('room=long&limit=200')).length === 200, 60_000);
  client.end(true);
  return stack;
}

/** Readers of large pages who take a little and then nothing. @param {number} port */
async function readSlowly(port) {
  const sockets = Array.from({ length: SLOW_READERS }, () => connect(port, '127.0.0.1'));
  const began = sockets.map(
    (socket) =>
      new Promise((resolve, reject) => {
        socket.on('error', reject);
        socket.once('data', () => resolve(socket.pause()));
        socket.write('GET /api/messages?room=long&limit=200 HTTP/1.1\r\nHost: localhost\r\n\r\n');
      }),
  );
  await Promise.all(began);
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

/** Ids at random, of those that have a page before them. @param {number} messages */
const ids = (messages) =>
  Array.from({ length: 5000 }, () => 20 + Math.floor(Math.random() * (messages - 20)));

/**
 * @param {Stack} stack
 * @param {Awaited<ReturnType<typeof startOthers>>} others
 * @param {number} messages
 * @returns {Question[]}
 */
function questions(stack, { origin, ...others }, messages) {
  const [ours, newest] = [stack.origin, ['/api/messages']];
  const places = ids(messages);
  const middle = (/** @type {string} */ path) => places.map((id) => `${path}before=${id}`);
  const nothing = { name: NOTHING, origin, paths: newest };
  const file = { name: FILE, origin, paths: ['/static/newest.json'] };
  const slow = { name: SLOW, origin: ours, paths: newest, beside: () => readSlowly(stack.port) };
  const old = (/** @type {string[]} */ pages, /** @type {string[]} */ polls) => [
    ...(others.flask ? [{ name: FLASK, origin, paths: pages }] : []),
    ...(others.fossil ? [{ name: FOSSIL, origin, paths: polls }] : []),
  ];
  const same = [nothing, file];
  const newestOld = old(['/flask/api/messages'], ['/fossil/chat-poll?name=-10']);
  const middleOld = old(middle('/flask/api/messages?'), middle('/fossil/chat-poll?n=10&'));
  /** @type {(name: string, paths: string[], others: Contender[], clients?: number[]) => Question} */
  const question = (name, paths, contenders, clients = CLIENTS) => {
    const first = { name: OURS, origin: ours, paths };
    return { name, clients, contenders: [first, ...contenders], wanted: paths === newest };
  };
  return [
    question('newest page', newest, [slow, ...same, ...newestOld]),
    question('page at a random place', middle('/api/messages?'), [...same, ...middleOld]),
    question(
      'search, one match',
      places.map((id) => `/api/search?q=${id}`),
      [nothing],
      [16],
    ),
    question('search, all match', ['/api/search?q=ordinary'], [nothing], [16]),
  ];
}

/** @param {Contender} contender @param {number} clients @param {Options} options */
async function measure({ origin, paths, beside }, clients, { seconds, scratch }) {
  const end = await beside?.();
  const speed = await wrk(origin, paths, { clients, seconds, scratch });
  end?.();
  return speed;
}

/** @param {Map<string, Speed[]>} speeds @returns {string} */
function failures(speeds) {
  const sums = Array.from(speeds, ([name, list]) => ({
    name,
    failed: list.reduce((sum, { failed }) => sum + failed, 0),
  }));
  const bad = sums.filter(({ failed }) => failed).map(({ name, failed }) => `${failed} of ${name}`);
  return bad.length ? `failed or timed out: ${bad.join(', ')}` : '';
}

/**
 * @param {string} what
 * @param {Map<string, Speed[]>} speeds
 * @param {Pick<Figure, 'unit' | 'better' | 'wanted' | 'minor' | 'note'>} rest
 * @param {(speed: Speed) => number} pick
 * @returns {Figure}
 */
function figure(what, speeds, rest, pick) {
  const [ours, ...against] = Array.from(speeds, ([name, list]) => ({
    name,
    values: list.map(pick),
  }));
  return { what, ...rest, ours, against };
}

/** @param {number} clients @param {Map<string, Speed[]>} speeds */
function promises(clients, speeds) {
  if (clients !== 16 && clients !== 64) return [];
  const limits = { [NOTHING]: 0.95, [FLASK]: 15, [FOSSIL]: 100 };
  const all = Object.entries(limits).map(([against, limit]) => ({ against, limit }));
  return all.filter(({ against }) => speeds.has(against));
}

/** @param {Question} question @param {Result} result @returns {Figure[]} */
function figures({ name, wanted }, { clients, speeds }) {
  const what = `${name}, ${clients} client${clients > 1 ? 's' : ''}`;
  /** @type {{unit: string, better: 'less', minor: true}} */
  const time = { unit: 'ms', better: 'less', minor: true };
  const limits = wanted ? promises(clients, speeds) : [];
  const [note, unit] = [failures(speeds) || undefined, 'pages/s'];
  const ratio = (/** @type {Speed} */ { p99, p50 }) => p99 / p50;
  return [
    figure(what, speeds, { unit, better: 'more', wanted: limits, note }, ({ rate }) => rate),
    figure(`${what}: p50`, speeds, time, ({ p50 }) => p50),
    figure(`${what}: p99`, speeds, time, ({ p99 }) => p99),
    ...(wanted && clients === 64
      ? [figure(`${what}: p99 ÷ p50`, speeds, { ...time, unit: '', wanted: [{ limit: 5 }] }, ratio)]
      : []),
  ];
}

/** @param {Question} question @param {Result[]} results @returns {import('./figures.js').Plot[]} */
function plots({ name, contenders }, results) {
  if (results.length < 2) return [];
  const lines = (/** @type {'rate' | 'p50' | 'p99'} */ what) =>
    contenders.map(({ name: contender }) => ({
      name: contender,
      points: results.map(({ clients, speeds }) => {
        const values = (speeds.get(contender) ?? []).map((speed) => speed[what]);
        return /** @type {[number, number]} */ ([clients, median(values)]);
      }),
    }));
  const x = { label: 'clients', log: true };
  const ms = { label: 'ms', log: true };
  return [
    { title: `${name}: pages/s`, x, y: { label: 'pages/s', log: true }, lines: lines('rate') },
    { title: `${name}: p50`, x, y: ms, lines: lines('p50') },
    { title: `${name}: p99`, x, y: ms, lines: lines('p99') },
  ];
}

/** @param {Question} question @param {Options} options */
async function ask(question, options) {
  const results = [];
  for (const clients of question.clients) {
    options.say(`${question.name}, ${clients} clients`);
    const speeds = await inTurns(options.rounds, question.contenders, (contender) =>
      measure(contender, clients, options),
    );
    results.push({ clients, speeds });
  }
  return {
    figures: results.flatMap((result) => figures(question, result)),
    plots: plots(question, results),
  };
}

/** @param {Stack} stack the responder's memory, in KB */
function memory(stack) {
  const pid = stack.pid('api');
  const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0];
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1]);
}

/** @param {Stack} stack @param {number} requests @param {Options} options @returns {Promise<Figure>} */
async function compareMemory(stack, requests, { scratch, say }) {
  say(`memory after ${requests} requests`);
  const queries = ['messages', 'messages?limit=200', 'messages?before=5000', 'messages?around=77'];
  const paths = [...queries, 'nothing'].map((query) => `/api/${query}`);
  let done = 0;
  const until = async (/** @type {number} */ count) => {
    while (done < count)
      done += (await wrk(stack.origin, paths, { clients: 16, seconds: 1, scratch })).rate;
    return { values: [memory(stack)] };
  };
  const first = { name: 'after 1,000 or more', ...(await until(1000)) };
  const ours = { name: `after ${requests.toLocaleString('en-US')}`, ...(await until(requests)) };
  return { what: "the responder's memory", unit: 'KB', better: 'less', ours, against: [first] };
}

/** @param {Stack} stack @param {number} messages @param {Options} options */
async function askAll(stack, messages, options) {
  const others = await startOthers(stack, messages);
  try {
    const answers = [];
    for (const question of questions(stack, others, messages))
      answers.push(await ask(question, options));
    const requests = Number(process.env.REQUESTS || 0);
    const memory = requests ? [await compareMemory(stack, requests, options)] : [];
    return {
      figures: [...answers.flatMap(({ figures }) => figures), ...memory],
      plots: answers.flatMap(({ plots }) => plots),
    };
  } finally {
    await others.close();
  }
}

/** @type {import('./figures.js').Section} */
export default {
  name: 'http',
  title: 'History over HTTP',
  needs: ['wrk'],
  async run(options) {
    const messages = Math.max(1000, Math.round(10_000 * options.scale));
    const stack = await startOurs(messages);
    try {
      return await askAll(stack, messages, options);
    } finally {
      await stack.close();
    }
  },
};
