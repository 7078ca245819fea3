/**
 * A private mqtt-chat for a test: real broker, logger, API and nginx, on ports and in a folder of
 * its own, with the configuration and launchers that quickstart has. Each service can be killed and
 * started by itself. Whatever happens to the test, its processes end with it.
 *
 * MQTT_CHAT_BUILD   the build folder (default: build, beside the sources)
 * MQTT_CHAT_PAGE    the page that is served (default web/chat)
 * MQTT_CHAT_WRAP    a command to run the logger and responders under, such as valgrind
 * MQTT_CHAT_WAIT    seconds that a service may take to answer (default 60)
 * MQTT_CHAT_KEEP    keep the data folder
 */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';

/** @typedef {'broker' | 'logger' | 'api' | 'token' | 'nginx'} Service */
/** @typedef {'open' | 'guest' | 'site'} Identity */
/** @typedef {{code: number | null, signal: NodeJS.Signals | null}} Exit */
/**
 * @typedef {object} Running
 * @property {number} pid also its process group
 * @property {number} logStart where in its log this run begins
 * @property {Promise<Exit>} exited
 * @property {boolean} alive
 */
/**
 * @typedef {object} Address
 * @property {number} port
 * @property {number} mqttPort
 * @property {number} wsPort
 * @property {string} urlPrefix
 * @property {Identity} identity
 */
/**
 * @typedef {object} Message as the API gives it
 * @property {number} id
 * @property {string} room
 * @property {string} nickname
 * @property {string} text
 * @property {string | null} clientId
 * @property {string | null} msgId
 * @property {string} ts
 */

delete process.env.NOTIFY_SOCKET; // a container's: no service manager looks after what is started here

export const top = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const build = process.env.MQTT_CHAT_BUILD || join(top, 'build');
const patience = Number(process.env.MQTT_CHAT_WAIT || 60) * 1000;

/** @type {readonly Service[]} in the order in which they start */
export const services = ['broker', 'logger', 'api', 'nginx'];

/** @type {readonly Service[]} with the one that runs only where not everybody may talk */
const allServices = ['broker', 'logger', 'api', 'token', 'nginx'];

/**
 * Whether the programs run as users run them. What measures memory, or lets libfcgi do what a
 * sanitizer reports, is a test only then.
 */
export const asShipped = process.env.MQTT_CHAT_SANITIZERS !== 'yes' && !process.env.MQTT_CHAT_WRAP;

/** What valgrind and the sanitizers write when they find something. */
const finding = /^==\d+==.*|.*(?:AddressSanitizer|LeakSanitizer|runtime error:).*/m;

/** @type {Set<number>} process groups that are ours to end */
const groups = new Set();

process.on('exit', () => {
  for (const group of groups) signalGroup(group, 'SIGKILL');
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => process.exit(1));
}

/**
 * @param {number} group
 * @param {NodeJS.Signals} signal
 */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
  } catch {
    // it is gone
  }
}

/**
 * Whether a process of the group is more than a zombie (which some containers never reap).
 * @param {number} group
 */
export function groupAlive(group) {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(pgrp) === group && state !== 'Z' && state !== 'X';
    } catch {
      return false;
    }
  });
}

/**
 * Asks again and again until the answer is truthy, and returns it.
 * @template T
 * @param {() => T | Promise<T>} ask may throw: that is a no
 * @param {number} [ms]
 * @param {string} [what] what is waited for
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(ask, ms = patience, what = String(ask)) {
  const end = Date.now() + ms;
  /** @type {unknown} */
  let cause;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`, { cause });
    await sleep(20);
  }
}

/**
 * A free port, below those that outgoing connections are given. Tests run side by side: the UDP port
 * of the same number, which nothing here uses, is held until this process ends and tells the others
 * that the TCP port is taken.
 */
export async function freePort() {
  for (;;) {
    const port = 10000 + Math.floor(Math.random() * 10000);
    if ((await holdUdp(port)) && (await canListen(port))) return port;
  }
}

/** @param {number} port */
function holdUdp(port) {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => {
      socket.unref();
      resolve(true);
    });
  });
}

/** @param {number} port */
function canListen(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * @param {number | string} where a port or the path of a Unix socket
 * @returns {Promise<boolean>}
 */
export function listens(where) {
  return new Promise((resolve) => {
    const socket =
      typeof where === 'number' ? connect(where, '127.0.0.1') : connect({ path: where });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export class Stack {
  /** @type {Map<Service, Running>} */
  #running = new Map();
  /** @type {Set<mqtt.MqttClient>} */
  #clients = new Set();

  /**
   * @param {string} dataDir
   * @param {Address} address
   */
  constructor(dataDir, { port, mqttPort, wsPort, urlPrefix }) {
    this.dataDir = dataDir;
    this.port = port;
    this.mqttPort = mqttPort;
    this.wsPort = wsPort;
    /** The broker's for the logger. */
    this.brokerSocket = join(dataDir, 'socket/broker');
    this.origin = `http://127.0.0.1:${port}`;
    this.root = this.origin + urlPrefix;
    /** The page. */
    this.url = `${this.root}/chat/`;
    this.database = join(dataDir, 'history/chat.db');
  }

  /**
   * Starts a service and waits until it answers.
   * @param {Service} name
   */
  async start(name) {
    if (this.#running.get(name)?.alive) throw new Error(`${name} is running`);
    if (name === 'api' || name === 'token') rmSync(this.socket(name), { force: true });
    const logStart = this.log(name).length;
    const log = openSync(this.#logFile(name), 'a');
    const child = spawn(join(this.dataDir, 'services', name), {
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.unref(); // a test that fails before it could end this one ends all the same
    const pid = child.pid;
    if (pid === undefined) throw new Error(`${name} cannot be started`);
    groups.add(pid);
    const run = {
      pid,
      logStart,
      alive: true,
      exited: /** @type {Promise<Exit>} */ (
        new Promise((resolve) => {
          child.once('exit', (code, signal) => {
            run.alive = false;
            resolve({ code, signal });
          });
        })
      ),
    };
    this.#running.set(name, run);
    await until(() => !run.alive || this.answers(name), patience, `${name} answers`).catch(
      (error) => {
        throw new Error(`${error.message}\n${this.log(name).slice(logStart)}`);
      },
    );
    if (!run.alive) throw new Error(`${name} ended:\n${this.log(name).slice(logStart)}`);
  }

  /**
   * Whether the service does its work now.
   * @param {Service} name
   * @returns {Promise<boolean>}
   */
  async answers(name) {
    switch (name) {
      case 'broker': // the logger's listener is the last that it makes
        return (await listens(this.brokerSocket)) && (await listens(this.mqttPort));
      case 'logger':
        return this.log(name).slice(this.#running.get(name)?.logStart).includes('ready: ');
      case 'api':
      case 'token':
        return existsSync(this.socket(name));
      case 'nginx':
        return (await fetch(this.url).catch(() => undefined))?.status === 200;
    }
  }

  /**
   * Ends a service at once, with everything it has forked.
   * @param {Service} name
   * @param {NodeJS.Signals} [signal]
   */
  async kill(name, signal = 'SIGKILL') {
    const run = this.#running.get(name);
    if (!run) throw new Error(`${name} was never started`);
    signalGroup(run.pid, signal);
    await until(() => !run.alive, patience, `${name} ends on ${signal}`);
    await this.#forget(run);
    return run.exited;
  }

  /**
   * Asks a service to end, as its supervisor would, and waits until it has.
   * @param {Service} name
   */
  async stop(name) {
    const run = this.#running.get(name);
    if (!run) throw new Error(`${name} was never started`);
    if (run.alive) process.kill(run.pid, 'SIGTERM');
    await until(() => !run.alive, patience, `${name} ends on SIGTERM`);
    await this.#forget(run);
    return run.exited;
  }

  /** @param {Running} run */
  async #forget(run) {
    await until(() => !groupAlive(run.pid), patience, `the last of group ${run.pid} ends`);
    groups.delete(run.pid);
  }

  /** @param {Service} name */
  pid(name) {
    return this.#running.get(name)?.pid;
  }

  /** @param {Service} name */
  alive(name) {
    return this.#running.get(name)?.alive ?? false;
  }

  /**
   * All that the service has written so far, in all its runs.
   * @param {Service} name
   */
  log(name) {
    const file = this.#logFile(name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** @param {Service} name */
  #logFile(name) {
    return join(this.dataDir, 'log', `${name}.log`);
  }

  /**
   * Where the web server reaches a responder.
   * @param {'api' | 'token'} name
   */
  socket(name) {
    return join(this.dataDir, name === 'api' ? 'socket/api' : 'token/socket');
  }

  /**
   * A connected client: native MQTT 5, or what `options` says. `over: 'web'` goes through nginx, as
   * a page of this site would.
   * @param {mqtt.IClientOptions & {over?: 'web'}} [options]
   * @param {number} [ms] to wait for
   */
  async client({ over, ...options } = {}, ms = patience) {
    const url =
      over === 'web'
        ? `${this.root.replace('http', 'ws')}/mqtt`
        : `mqtt://127.0.0.1:${this.mqttPort}`;
    const client = mqtt.connect(url, {
      protocolVersion: 5,
      reconnectPeriod: 100,
      wsOptions: { origin: this.origin },
      ...options,
    });
    client.on('error', () => {}); // it connects again
    this.#clients.add(client);
    await until(() => client.connected, ms, 'an MQTT client connects');
    return client;
  }

  /**
   * A page of history.
   * @param {string} [query]
   * @returns {Promise<Message[]>}
   */
  async history(query = 'limit=10') {
    const response = await fetch(`${this.root}/api/messages?${query}`);
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return response.json();
  }

  /**
   * The whole history of a room, page by page.
   * @param {string} [room]
   */
  async wholeHistory(room = 'messages') {
    /** @type {Message[]} */
    const all = [];
    for (;;) {
      const page = await this.history(`room=${room}&limit=200&after=${all.at(-1)?.id ?? 0}`);
      all.push(...page);
      if (page.length < 200) return all;
    }
  }

  /**
   * Rows of the database, read as a person with a shell would.
   * @param {string} query
   * @returns {Record<string, unknown>[]}
   */
  sql(query) {
    const run = spawnSync('sqlite3', ['-readonly', '-json', this.database, query], {
      encoding: 'utf8',
      maxBuffer: 1 << 29,
    });
    if (run.status !== 0) throw new Error(run.stderr);
    return JSON.parse(run.stdout || '[]');
  }

  /** Ends everything, removes the folder, and fails if a sanitizer or valgrind complained. */
  async close() {
    for (const client of this.#clients) client.end(true);
    for (const name of [...allServices].reverse()) {
      if (this.#running.get(name)?.alive) await this.stop(name);
    }
    const findings = allServices.map((name) => this.log(name).match(finding)?.[0]).filter(Boolean);
    if (findings.length > 0) {
      throw new Error(`findings: ${findings.join('; ')} (logs: ${this.dataDir}/log)`);
    }
    if (!process.env.MQTT_CHAT_KEEP) rmSync(this.dataDir, { recursive: true });
  }
}

/**
 * The plugin with sanitizers wants their library to come first; MQTT_CHAT_BROKER_WRAP is a command to run
 * the broker under, such as valgrind.
 * @param {string} dataDir
 */
export function runBrokerUnder(dataDir) {
  const launcher = join(dataDir, 'services/broker');
  const before = /(\S*mosquitto) -c/;
  let wrap = process.env.MQTT_CHAT_BROKER_WRAP ?? '';
  if (process.env.MQTT_CHAT_SANITIZERS === 'yes') {
    const libraries = ['libasan.so', 'libubsan.so'].map((name) =>
      spawnSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim(),
    );
    wrap = `env ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=${libraries.join(':')}`;
  }
  if (wrap)
    writeFileSync(launcher, readFileSync(launcher, 'utf8').replace(before, `${wrap} $1 -c`));
}

/**
 * Makes a stack and starts all of it, or the services named.
 * @param {{start?: readonly Service[], urlPrefix?: string, identity?: Identity}} [options]
 */
export async function startStack({
  identity = 'open',
  start = identity === 'open' ? services : allServices,
  urlPrefix = '',
} = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'mqtt-chat-'));
  const address = {
    ...{ port: await freePort(), mqttPort: await freePort(), wsPort: await freePort() },
    urlPrefix,
    identity,
  };
  prepare(dataDir, address);
  if (identity !== 'open') runBrokerUnder(dataDir);
  const stack = new Stack(dataDir, address);
  try {
    for (const name of start) await stack.start(name);
  } catch (error) {
    await stack.close();
    throw error;
  }
  return stack;
}

/**
 * @param {string} dataDir
 * @param {Address} address
 */
function prepare(dataDir, { port, mqttPort, wsPort, urlPrefix, identity }) {
  const { status, stderr } = spawnSync(
    join(top, 'spawn-fcgi/prepare'),
    [
      ...[dataDir, build, `webdir=${join(top, process.env.MQTT_CHAT_PAGE ?? 'web/chat')}`],
      ...[`port=${port}`, `mqtt_port=${mqttPort}`, `ws_port=${wsPort}`],
      ...[`url_prefix=${urlPrefix}`, `identity=${identity}`],
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
}
