/** What the sections about MQTT have in common: the programs that make the load, and who they load. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build, freePort, top, until } from '../lib/stack.js';
import { installed } from './parts.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('./figures.js').Options} Options */

export const TEXT = 'Message of an ordinary length, as people write them';

/** @param {string} name of a program beside this file */
export const program = (name) => join(build, 'tests/bench', name);

/**
 * Runs a program of ours to its end, and gives what it wrote.
 * @param {string} name
 * @param {...(string | number)} args
 * @returns {Promise<string>}
 */
export async function run(name, ...args) {
  const child = spawn(program(name), args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${code}`);
  return text;
}

/**
 * Publishes, and is back when the broker has acknowledged everything.
 * @param {number} port
 * @param {{topic?: string, senders: number, window?: number, count: number, rate?: number}} what
 * @returns {Promise<{seconds: number, processor: number}>}
 */
export async function send(port, { topic = 'chat/bench', senders, window = 100, count, rate = 0 }) {
  return JSON.parse(await run('send', port, topic, senders, window, count, rate));
}

/** @param {number} pid the seconds of the processor that it has had */
export function processor(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** @param {number} pid @returns {number[]} */
export function children(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

/** @param {number} pid its share of the memory, in MB */
export function pss(pid) {
  const kb = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

/** @param {Stack} stack @param {import('../lib/stack.js').Service} name */
export function pidOf(stack, name) {
  const pid = stack.pid(name);
  if (pid === undefined) throw new Error(`${name} is not running`);
  return pid;
}

/** How many of the room's messages are stored. @param {Stack} stack @param {string} room */
export async function stored(stack, room) {
  const rooms = await (await fetch(`${stack.root}/api/rooms`)).json();
  return rooms.find((/** @type {{room: string}} */ one) => one.room === room)?.messages ?? 0;
}

/** Whether the original's stack can run here, its logger too. */
export const hasOriginal = () => installed('flask', 'paho', 'mariadb');

/** The stack that this one replaced, with its logger at a broker of ours. */
export class Original {
  /** @type {(line: string) => void} */
  #answered = () => {};

  /** @param {string} folder @param {number} port @param {import('node:child_process').ChildProcess} process */
  constructor(folder, port, process) {
    this.folder = folder;
    this.url = `http://127.0.0.1:${port}/api/messages`;
    this.process = process;
    const args = ['--no-defaults', '-u', 'root', '-S', join(folder, 'mariadb.sock')];
    this.shell = spawn('mariadb', [...args, '-N', '--unbuffered', 'chat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.shell.stdout }).on('line', (line) => this.#answered(line));
  }

  /** @param {Options} options @param {number} mqttPort @param {number} messages */
  static async start({ scratch }, mqttPort, messages) {
    mkdirSync(scratch, { recursive: true });
    const folder = mkdtempSync(join(scratch, 'original-'));
    const port = await freePort();
    const child = spawn(
      join(top, 'tests/bench/baseline/start'),
      [folder, port, messages, mqttPort].map(String),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ready = once(createInterface({ input: child.stdout }), 'line');
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('baseline/start ended')));
    ended.catch(() => {});
    await Promise.race([ready, ended]);
    const original = new Original(folder, port, child);
    await until(async () => (await fetch(original.url)).ok, 60_000, 'the replaced stack answers');
    return original;
  }

  /** @param {'mariadbd' | 'gunicorn' | 'logger'} name */
  pid(name) {
    return Number(readFileSync(join(this.folder, `${name}.pid`), 'utf8'));
  }

  /** The newest id, asked in a session that stays. @returns {Promise<number>} */
  newest() {
    const answer = new Promise((resolve) => {
      this.#answered = (line) => resolve(Number(line));
    });
    this.shell.stdin.write('SELECT coalesce(max(id), 0) FROM messages;\n');
    return /** @type {Promise<number>} */ (answer);
  }

  async close() {
    this.shell.stdin.end();
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}
