/**
 * A private stack whose logger runs under the shim (shim.c), with the switches to make it fail, its
 * traffic and its checker.
 *
 * MQTT_CHAT_SHIM   the shared object (default: tests/faults/shim.so in the build folder)
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build, services, startStack, until } from '../lib/stack.js';
import { Checker } from './checker.js';
import { Traffic } from './traffic.js';

export const shim = process.env.MQTT_CHAT_SHIM || join(build, 'tests/faults/shim.so');

/** mosquitto_pub 2.0.11 ends too early when it has more lines than there are packet ids. */
const LINES_MAX = 50_000;

/** Where the shim can kill the logger. */
export const points = /** @type {const} */ ([
  'callback-begin', // a message is there, its PUBACK queued
  'callback', // its JSON is about to be parsed
  'callback-end', // it is in the batch
  'before-commit',
  'half-pwrite', // half of a write to the database or its WAL
  'before-sync',
  'after-sync',
  'after-commit', // stored, not acknowledged
  'before-write',
  'half-send', // two bytes of a PUBACK, or half a receipt
  'after-write',
  'slice', // anywhere in a slice of the index
]);

/**
 * @typedef {object} BenchOptions
 * @property {(config: string) => string} [broker] changes the broker's configuration
 * @property {(bench: Bench) => void} [prepare] before anything starts
 * @property {(bench: Bench) => string} [wrap] what the logger is run under, in sh's words
 * @property {boolean} [web] nginx and the API are wanted, too
 */

export class Bench {
  /** @type {import('node:child_process').ChildProcess[]} */
  #helpers = [];
  /** @type {(() => void)[]} */
  #cleanups = [];
  #plans = 0;

  /** @param {import('../lib/stack.js').Stack} stack */
  constructor(stack) {
    this.stack = stack;
    this.folder = join(stack.dataDir, 'faults');
    this.history = join(stack.dataDir, 'history');
    this.traffic = new Traffic(stack);
    this.checker = new Checker(stack, this.traffic);
  }

  /** @param {BenchOptions} [options] */
  static async open({ broker, prepare, wrap = () => '', web = false } = {}) {
    if (!existsSync(shim)) throw new Error(`${shim} is missing: make check builds it`);
    const stack = await startStack({ start: [] });
    const bench = new Bench(stack);
    try {
      mkdirSync(bench.folder);
      chmodSync(bench.folder, 0o777);
      bench.#wrapLogger(wrap(bench));
      const config = join(stack.dataDir, 'etc/broker.conf');
      if (broker) writeFileSync(config, broker(readFileSync(config, 'utf8')));
      prepare?.(bench);
      await stack.start('broker');
      await stack.start('logger');
      if (web) for (const name of /** @type {const} */ (['api', 'nginx'])) await stack.start(name);
      await bench.traffic.open();
    } catch (error) {
      await bench.close();
      throw error;
    }
    return bench;
  }

  /**
   * The launcher ends in the logger's own command line: what comes before it takes the shim in.
   * @param {string} wrap
   */
  #wrapLogger(wrap) {
    const file = join(this.stack.dataDir, 'services/logger');
    const preload = [wrap.includes('LD_PRELOAD') ? '' : `LD_PRELOAD=${shim}`];
    const env = [
      ...preload,
      `FAULTS=${this.folder}`,
      `FAULTS_DATABASE=${this.stack.database}`,
      'ASAN_OPTIONS=verify_asan_link_order=0',
    ];
    const launcher = readFileSync(file, 'utf8');
    const wrapped = launcher.replace(/(\S+\/mqtt-chat-logger)/, `env ${env.join(' ')} ${wrap} $1`);
    writeFileSync(file, wrapped);
  }

  // ---- the shim's switches ----

  /**
   * @param {string} name
   * @param {string} [value]
   */
  set(name, value = '') {
    writeFileSync(join(this.folder, name), value);
  }

  /** @param {...string} names */
  clear(...names) {
    for (const name of names) rmSync(join(this.folder, name), { force: true, recursive: true });
  }

  /**
   * Kills the logger when it reaches a point for the n-th time from now.
   * @param {string} point
   * @param {number} n
   */
  arm(point, n) {
    this.clear('fired');
    this.set('kill', `${point} ${n} ${++this.#plans}`);
  }

  /**
   * Makes calls fail from their n-th on.
   * @param {'sync' | 'write'} call
   * @param {'EIO' | 'ENOSPC' | 'EROFS'} error
   * @param {number} [n]
   */
  fail(call, error, n = 1) {
    this.set('after', `${n} ${++this.#plans}`);
    this.set(call, error);
  }

  heal() {
    this.clear('sync', 'write', 'after');
  }

  /** The kill point that was reached, or an empty string. */
  get fired() {
    const file = join(this.folder, 'fired');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  // ---- the logger ----

  async killLogger() {
    if (this.stack.pid('logger')) await this.stack.kill('logger');
  }

  /**
   * Starts the logger again, and again where a kill point ends it on its way up.
   * @returns {Promise<number>} how often it died
   */
  async startLogger() {
    for (let deaths = 0; ; deaths++) {
      try {
        await this.stack.start('logger');
        return deaths;
      } catch (error) {
        if (!this.fired) throw error;
        await this.killLogger();
        this.clear('kill', 'fired');
      }
    }
  }

  /** Its log from here on, as a function. */
  logFrom() {
    const start = this.stack.log('logger').length;
    return () => this.stack.log('logger').slice(start);
  }

  /** What is resident and was resident at most, in KiB. */
  memory() {
    const status = readFileSync(`/proc/${this.stack.pid('logger')}/status`, 'utf8');
    const of = (/** @type {string} */ name) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    return { rss: of('VmRSS'), peak: of('VmHWM') };
  }

  // ---- the database from outside ----

  /**
   * Runs SQL as somebody who may write.
   * @param {string} sql
   */
  write(sql) {
    const run = spawnSync('sqlite3', ['-cmd', '.timeout 5000', this.stack.database, sql], {
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(run.stderr);
    return run.stdout;
  }

  /**
   * A shell that stays in its transaction until it is let go.
   * @param {string} sql
   */
  async hold(sql) {
    const shell = spawn('sqlite3', [this.stack.database], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#helpers.push(shell);
    let said = '';
    shell.stdout.on('data', (data) => {
      said += data;
    });
    shell.stdin.write(`${sql}\nSELECT 'held';\n`);
    await until(() => said.includes('held'), 10_000, sql);
    return async () => {
      const gone = new Promise((resolve) => shell.once('exit', resolve));
      shell.stdin.end('ROLLBACK;\n');
      await gone;
    };
  }

  /** The names of what the logger keeps on the disk. */
  files() {
    return readdirSync(this.history).filter((name) => !name.endsWith('-shm'));
  }

  /**
   * Publishes lines as devices' messages, as fast as the broker takes them, past the books.
   * @param {string} room
   * @param {string[]} lines
   */
  async pour(room, lines) {
    const args = ['-h', '127.0.0.1', '-p', String(this.stack.mqttPort), '-q', '1', '-l'];
    for (let at = 0; at < lines.length; at += LINES_MAX) {
      const pub = spawn('mosquitto_pub', [...args, '-t', `chat/${room}`], {
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      this.#helpers.push(pub);
      const ended = new Promise((resolve) => pub.once('exit', resolve));
      pub.stdin.end(lines.slice(at, at + LINES_MAX).join(''));
      if ((await ended) !== 0) throw new Error('mosquitto_pub failed');
    }
  }

  /** Everything sent so far has gone its way, and the books are compared with the database. */
  async settle() {
    await this.traffic.settle();
    return this.checker.check();
  }

  /**
   * Runs when everything has ended, before the folder goes.
   * @param {() => void} cleanup
   */
  onClose(cleanup) {
    this.#cleanups.push(cleanup);
  }

  async close() {
    this.traffic.close();
    for (const helper of this.#helpers) helper.kill('SIGKILL');
    this.clear('kill', 'sync', 'write', 'after', 'disk');
    try {
      for (const name of [...services].reverse()) {
        if (this.stack.alive(name)) await this.stack.stop(name);
      }
    } finally {
      for (const cleanup of this.#cleanups) cleanup();
    }
    await this.stack.close();
  }
}
