/** The load program (crowd.c), the stack that it leans on, and what that takes. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BACKOFF_MAX_MS, backoff } from '../../web/chat/backoff.js';
import { build, services, startStack } from '../lib/stack.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('../lib/stack.js').Service} Service */
/**
 * @typedef {object} Status
 * @property {number} online
 * @property {number} whole clients that have all of the history
 * @property {number} lost connections that ended or failed
 * @property {number} gets
 * @property {number} getsFailed
 * @property {number} messages deliveries of messages
 * @property {number} seconds from the first of those to the last
 * @property {number} p50 ms
 * @property {number} p99 ms
 * @property {number} longest ms
 */

/** A chat takes two of nginx's connections, and one worker may get them all. @param {number} clients */
export async function startWide(clients) {
  const stack = await startStack({ start: [] });
  const config = join(stack.dataDir, 'etc/nginx.conf');
  const text = readFileSync(config, 'utf8');
  const enough = `worker_connections ${2 * clients + 1024};`;
  writeFileSync(config, text.replace(/worker_connections \d+;/, enough));
  for (const service of services) await stack.start(service);
  return stack;
}

/** The page's own rule, as bounds for each failure in a row; it takes any wait between them alike. */
function waits() {
  const bounds = [];
  for (let n = 1; bounds.at(-1)?.[1] !== BACKOFF_MAX_MS; n++)
    bounds.push([backoff(n, 0), backoff(n, 1)]);
  return bounds.map(([from, to]) => `${from}-${to}`).join(' ');
}

export class Crowd {
  #child;
  #answers;

  /**
   * @param {number} port
   * @param {string} path
   * @param {number} count
   */
  constructor(port, path, count) {
    const args = [port, path, 'messages', count].map(String);
    this.count = count;
    this.#child = spawn(join(build, 'tests/bench/crowd'), args, {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Clients through nginx, as pages are. @param {Stack} stack @param {number} count */
  static async open(stack, count) {
    const crowd = new Crowd(stack.port, '/mqtt', count);
    await crowd.ask(`waits ${waits()}`);
    return crowd;
  }

  /** Without nginx in between. @param {Stack} stack @param {number} count */
  static async openStraight(stack, count) {
    const crowd = new Crowd(stack.wsPort, '/', count);
    await crowd.ask(`waits ${waits()}`);
    return crowd;
  }

  get pid() {
    return Number(this.#child.pid);
  }

  /** One command at a time. @param {string} command */
  async ask(command) {
    this.#child.stdin.write(`${command}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the crowd ended at '${command}'`);
    return JSON.parse(value);
  }

  /** @returns {Promise<Status>} */
  status() {
    return this.ask('status');
  }

  async close() {
    this.#child.stdin.end();
    await new Promise((resolve) => {
      if (this.#child.exitCode === null) this.#child.once('exit', resolve);
      else resolve(undefined);
    });
  }
}

/** @param {number} pid @returns {string[]} from the state on */
function stat(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** @param {Stack} stack @param {Service} service */
function pids(stack, service) {
  const group = String(stack.pid(service));
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return stat(pid)[2] === group;
      } catch {
        return false;
      }
    });
}

/** PSS in KB. @param {Stack} stack @param {Service} service */
export function memory(stack, service) {
  return pids(stack, service)
    .map((pid) => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
    .reduce((sum, text) => sum + Number(/^Pss: +(\d+)/m.exec(text)?.[1]), 0);
}

/**
 * How busy each is while something is done: in percent of one core.
 * @template T
 * @param {Stack} stack
 * @param {Crowd} crowd
 * @param {() => Promise<T>} what
 */
export async function busyDuring(stack, crowd, what) {
  /** @type {Record<string, number[]>} */
  const groups = { mosquitto: pids(stack, 'broker'), nginx: pids(stack, 'nginx') };
  groups['the crowd itself'] = [crowd.pid];
  const ticks = (/** @type {number[]} */ of) =>
    of.map(stat).reduce((sum, fields) => sum + Number(fields[11]) + Number(fields[12]), 0);
  const names = Object.keys(groups);
  const before = names.map((name) => ticks(groups[name]));
  const began = process.hrtime.bigint();
  const result = await what();
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const busy = names.map(
    (name, n) => `${name} ${((ticks(groups[name]) - before[n]) / seconds).toFixed(0)} %`,
  );
  return { result, busy: busy.join(', ') };
}
