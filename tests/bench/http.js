/**
 * How fast the newest page comes through nginx: held against a responder that has the same bytes in
 * memory and against the stack that this one replaced, in rounds that take turns, so that what else
 * the machine does hits all alike. `make bench-http [ROUNDS=5] [SECONDS=5] [REQUESTS=1000000]`
 *
 * Needs wrk, and for the replaced stack what baseline/start names; without that it is left out.
 * REQUESTS: how many the responder answers before its memory is compared with that after 1,000.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, freePort, startStack, top, until } from '../lib/stack.js';

const ROUNDS = Number(process.env.ROUNDS || 5);
const SECONDS = Number(process.env.SECONDS || 5);
const REQUESTS = Number(process.env.REQUESTS || 0);
const CLIENTS = [1, 16, 64, 256];
const MESSAGES = 10_000;
const SLOW_READERS = 16;

/** @typedef {{rate: number, p50: number, p99: number, failed: number}} Figures times in ms */
/** @typedef {{name: string, url: string, beside?: () => (() => void)}} Contender */

/** @param {string} text as wrk writes it, 1.25ms */
function milliseconds(text) {
  const [, number, unit] = /([\d.]+)(us|ms|s|m)/.exec(text) ?? [];
  return Number(number) * { us: 0.001, ms: 1, s: 1000, m: 60_000 }[/** @type {'us'} */ (unit)];
}

/** @param {string} url @param {string[]} args @returns {Figures} */
function wrk(url, ...args) {
  const { stdout, error } = spawnSync('wrk', [...args, '--latency', url], { encoding: 'utf8' });
  if (error) throw new Error('wrk is missing: apt-get install wrk');
  const value = (/** @type {RegExp} */ what) => what.exec(stdout)?.[1] ?? '0';
  return {
    rate: Number(value(/Requests\/sec: +([\d.]+)/)),
    p50: milliseconds(value(/50% +(\S+)/)),
    p99: milliseconds(value(/99% +(\S+)/)),
    failed: Number(value(/Non-2xx or 3xx responses: (\d+)/)),
  };
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

async function startPage() {
  const stack = await startStack();
  const text = 'Message of an ordinary length, as people write them';
  const client = await stack.client();
  const rows = Array.from({ length: MESSAGES }, (_, n) =>
    client.publishAsync(
      'chat/messages',
      JSON.stringify({
        nickname: 'Tester',
        text: `${text} ${n}`,
        clientId: 'cli-001',
        msgId: `${n}`,
      }),
      { qos: 1 },
    ),
  );
  await Promise.all(rows);
  for (let n = 0; n < 200; n++)
    await client.publishAsync('chat/long', 'x'.repeat(4000), { qos: 1 });
  await until(async () => (await stack.history('room=long&limit=200')).length === 200, 60_000);
  return stack;
}

/**
 * The same nginx before a responder that answers what `page` answers now, from memory.
 * @param {import('../lib/stack.js').Stack} page
 */
async function startConstant(page) {
  const stack = await startStack({ start: [] });
  const plain = { headers: { 'accept-encoding': 'identity' } };
  const response = await fetch(`${page.root}/api/messages`, plain);
  const names = ['content-type', 'cache-control', 'content-length', 'etag', 'link'];
  const head = names.map((name) => `${name}: ${response.headers.get(name)}\r\n`).join('');
  if (head.includes('null')) throw new Error(`an answer without one of ${names}: ${head}`);
  const file = join(stack.dataDir, 'etc/answer');
  writeFileSync(file, `Status: 200 OK\r\n${head}\r\n${await response.text()}`, { mode: 0o644 });
  const launcher = join(stack.dataDir, 'services/api');
  const config = join(stack.dataDir, 'etc/mqtt-chat.conf');
  const threads = /^threads = (\d+)/m.exec(readFileSync(config, 'utf8'))?.[1];
  const real = `${join(build, 'cgi-bin/chat.fcgi')} --config ${config}`;
  const constant = `${join(build, 'tests/bench/constant')} ${threads} ${file}`;
  writeFileSync(launcher, readFileSync(launcher, 'utf8').replace(real, constant));
  await stack.start('api');
  await stack.start('nginx');
  return stack;
}

async function startBaseline() {
  const needed = spawnSync('/usr/bin/python3', ['-c', 'import flask, pymysql, gunicorn']);
  if (needed.status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'mqtt-chat-baseline-'));
  const port = await freePort();
  const args = [folder, port, MESSAGES].map(String);
  const process = spawn(join(top, 'tests/bench/baseline/start'), args, { stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}/api/messages`;
  await until(async () => (await fetch(url)).ok, 60_000, 'the replaced stack answers');
  return {
    url,
    async close() {
      process.kill('SIGTERM');
      await until(() => process.exitCode !== null || process.signalCode !== null, 30_000);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Readers of large pages who take a little and then nothing. @param {number} port */
function readSlowly(port) {
  const sockets = Array.from({ length: SLOW_READERS }, () => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.once('data', () => socket.pause());
    socket.write('GET /api/messages?room=long&limit=200 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return socket;
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

/** @param {Contender[]} contenders @param {number} clients */
function runRounds(contenders, clients) {
  const all = new Map(contenders.map(({ name }) => [name, /** @type {Figures[]} */ ([])]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, url, beside } of contenders) {
      const end = beside?.();
      const threads = Math.min(clients, 2);
      all.get(name)?.push(wrk(url, `-t${threads}`, `-c${clients}`, `-d${SECONDS}`));
      end?.();
    }
  }
  return all;
}

/** @param {Map<string, Figures[]>} all @param {number} clients */
function report(all, clients) {
  const page = all.get('page') ?? [];
  for (const [name, figures] of all) {
    const rates = figures.map(({ rate }) => rate);
    const [p50, p99] = [median(figures.map((f) => f.p50)), median(figures.map((f) => f.p99))];
    const ratio = median(figures.map(({ rate }, round) => page[round].rate / rate));
    const failed = figures.reduce((sum, f) => sum + f.failed, 0);
    console.log(
      [
        String(clients).padStart(7),
        name.padEnd(22),
        median(rates).toFixed(0).padStart(7),
        `${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)}`.padStart(13),
        p50.toFixed(2).padStart(8),
        p99.toFixed(2).padStart(8),
        (p99 / p50).toFixed(1).padStart(7),
        ratio.toFixed(2).padStart(7),
        failed ? ` ${failed} not 200` : '',
      ].join(' '),
    );
  }
}

/** @param {import('../lib/stack.js').Stack} stack the responder's memory, in KB */
function memory(stack) {
  const pid = stack.pid('api');
  const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0];
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1]);
}

/** @param {import('../lib/stack.js').Stack} stack */
function compareMemory(stack) {
  const urls = [
    'messages',
    'messages?limit=200',
    'messages?before=5000',
    'messages?around=77',
    'nothing',
  ];
  let done = 0;
  const answer = (/** @type {number} */ count) => {
    for (let n = 0; done < count; n++) {
      const { rate } = wrk(`${stack.root}/api/${urls[n % urls.length]}`, '-t1', '-c16', '-d1');
      done += rate;
    }
    return memory(stack);
  };
  const [first, last] = [answer(1000), answer(REQUESTS)];
  console.log(
    `memory: ${first} KB after 1,000 requests or more, ${last} KB after ${done.toFixed(0)}`,
  );
}

const page = await startPage();
const constant = await startConstant(page);
const baseline = await startBaseline();
const url = `${page.root}/api/messages`;
/** @type {Contender[]} */
const contenders = [
  { name: 'page', url },
  { name: 'page, slow readers', url, beside: () => readSlowly(page.port) },
  { name: 'from memory', url: `${constant.root}/api/messages` },
  ...(baseline ? [{ name: 'Flask and MariaDB', url: baseline.url }] : []),
];
console.log(
  `${cpus().length} cores, ${ROUNDS} rounds of ${SECONDS} s, medians; page ÷ it by round`,
);
console.log(
  'clients                            req/s     min–max   p50 ms   p99 ms p99/p50  page ÷',
);
for (const clients of CLIENTS) report(runRounds(contenders, clients), clients);
if (REQUESTS) compareMemory(page);
await baseline?.close();
await constant.close();
await page.close();
