/**
 * A private broker with the plugin, and people with tokens. The tokens are signed here, by node's
 * own crypto, so that the plugin is held to the format and not to our code that signs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { build, runBrokerUnder, startStack, top, until } from './stack.js';

/** @typedef {'mqtt' | 'ws'} Way native MQTT, or the broker's WebSocket listener */
/** @typedef {import('node:crypto').KeyObject} Key */
/**
 * What a token says; see src/auth/token.h.
 * @typedef {Record<string, unknown> & {sub: string, cid?: string}} Claims
 */

/** @type {readonly Way[]} */
export const ways = ['mqtt', 'ws'];

let made = 0;
/** A name that no other test has. @param {string} prefix */
export const fresh = (prefix) => `${prefix}${++made}`;

export const seconds = () => Math.floor(Date.now() / 1000);

/** @param {Claims} claims @param {Key} key */
export function signed(claims, key) {
  const head = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${head}.${sign(null, Buffer.from(head), key).toString('base64url')}`;
}

/**
 * What a page's token says, of a user whose name is made of `name`.
 * @param {string} name
 * @param {Partial<Claims>} [more]
 * @returns {Claims & {nick: string, pid: string, cid: string}}
 */
export function page(name, more = {}) {
  const own = fresh(name);
  return {
    ...{ id: fresh('t'), sub: `@${own}`, nick: own, cid: `page-${own}`, pid: `p-${own}` },
    ...{ role: 'user', exp: seconds() + 60, until: seconds() + 3600 },
    ...more,
  };
}

/** A device's. @param {string} name @param {Partial<Claims>} [more] */
export function device(name, more = {}) {
  const own = fresh(name);
  return {
    ...{ id: fresh('t'), sub: `@${own}`, nick: own, role: 'device', exp: seconds() + 3600 },
    ...more,
  };
}

/** A message as a page sends it. @param {{nick?: unknown, sub: string}} who @param {string} text */
export const says = (who, text, more = {}) =>
  JSON.stringify({ nickname: who.nick, text, clientId: who.sub, msgId: fresh('m'), ...more });

/** One at the broker: what came to it, and what its connection came to. */
export class Person {
  /** @type {{topic: string, payload: string, retain: boolean}[]} */
  heard = [];
  /** @type {number | undefined} of DISCONNECT */
  ended;

  /** @param {mqtt.MqttClient} client @param {Claims} claims */
  constructor(client, claims) {
    this.client = client;
    this.claims = claims;
    client.on('error', () => {});
    this.closed = new Promise((resolve) => client.once('close', () => resolve(undefined)));
    client.on('disconnect', (packet) => {
      this.ended = packet.reasonCode;
    });
    client.on('message', (topic, payload, packet) => {
      this.heard.push({ topic, payload: payload.toString(), retain: packet.retain });
    });
  }

  /** @param {string} text */
  has(text) {
    return this.heard.some((one) => one.payload.includes(text));
  }

  /** Until it has heard the text. @param {string} text */
  hears(text) {
    return until(() => this.has(text), 10000, `somebody hears ${text}`);
  }

  /** The reason code of a publish: 0, or why not; -1 where the connection ended. @param {string} topic @param {string} payload */
  async publish(topic, payload, { retain = false, qos = /** @type {0 | 1 | 2} */ (1) } = {}) {
    try {
      return await Promise.race([
        this.client.publishAsync(topic, payload, { qos, retain }).then(() => 0),
        this.closed.then(() => -1),
      ]);
    } catch (error) {
      return /** @type {{code: number}} */ (error).code;
    }
  }

  /** The reason codes of a SUBSCRIBE, one a filter. @param {string[]} filters */
  async subscribe(...filters) {
    const packet = await new Promise((resolve) => {
      this.client.subscribe(filters, { qos: 1 }, (_error, _granted, suback) => resolve(suback));
    });
    return /** @type {number[]} */ (packet.granted);
  }
}

/** A broker with the plugin. */
export class Guarded {
  #keys = generateKeyPairSync('ed25519');
  /** @type {mqtt.MqttClient[]} */
  #clients = [];

  /** @param {import('./stack.js').Stack} stack */
  constructor(stack) {
    this.stack = stack;
    this.etc = join(stack.dataDir, 'etc');
    this.bansFile = join(this.etc, 'bans');
    this.keyFile = join(this.etc, 'token.pub');
    this.confFile = join(this.etc, 'broker.d/guard.conf');
    this.write(this.keyFile, String(this.#keys.publicKey.export({ format: 'pem', type: 'spki' })));
    this.write(this.confFile, this.configuration());
    runBrokerUnder(stack.dataDir);
  }

  configuration() {
    const values = [
      `guard=${join(build, 'src/guard/guard.so')}`,
      ...[`token_public_key=${this.keyFile}`, `bans_file=${this.bansFile}`],
    ];
    const input = readFileSync(join(top, 'mosquitto/guard.conf.in'));
    const run = spawnSync(join(top, 'spawn-fcgi/expand'), values, { input, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
    return run.stdout;
  }

  /** The private key, as PEM. */
  get privateKey() {
    return String(this.#keys.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  }

  /** A file that the broker's user can read. @param {string} path @param {string} text */
  write(path, text) {
    writeFileSync(path, text);
    chmodSync(path, 0o644);
  }

  /** @param {Claims} claims */
  token(claims) {
    return signed(claims, this.#keys.privateKey);
  }

  /**
   * Connects with a token for these claims; fails with the CONNACK's reason as `code`.
   * @param {Way} way
   * @param {Claims} claims
   * @param {mqtt.IClientOptions} [options]
   * @returns {Promise<Person>}
   */
  enter(way, claims, options = {}) {
    const { mqttPort, wsPort } = this.stack;
    const url = way === 'ws' ? `ws://127.0.0.1:${wsPort}/mqtt` : `mqtt://127.0.0.1:${mqttPort}`;
    const client = mqtt.connect(url, {
      ...{ protocolVersion: 5, reconnectPeriod: 0, username: claims.sub },
      ...{ password: this.token(claims), clientId: claims.cid || fresh('id-') },
      ...options,
    });
    this.#clients.push(client);
    const person = new Person(client, claims);
    return new Promise((resolve, reject) => {
      client.once('connect', () => resolve(person));
      client.once('error', reject);
      client.once('close', () => reject(new Error('closed')));
    });
  }

  /** Whether a CONNECT is refused with 0x87. @param {Parameters<Guarded['enter']>} args */
  async refuses(...args) {
    try {
      await this.enter(...args);
      return false;
    } catch (error) {
      return /** @type {{code: number}} */ (error).code === 0x87;
    }
  }

  /** Who hears and sees all that one can. */
  async witness() {
    const person = await this.enter('mqtt', page('witness'));
    await person.subscribe('chat/+', 'chat/+/typing', 'chat/+/presence/+', 'chat/+/rejected');
    return person;
  }

  /** As the logger: publishes on the Unix socket. @param {string} topic @param {string} payload */
  async tell(topic, payload) {
    const password = readFileSync(join(this.etc, 'logger.password'), 'utf8').trim();
    const args = ['--unix', this.stack.brokerSocket, '-u', 'logger', '-P', password, '-q', '1'];
    const child = spawn('mosquitto_pub', [...args, '-t', topic, payload ? '-s' : '-n']);
    child.stdin.on('error', () => {}); // with -n it does not read
    child.stdin.end(payload);
    const code = await new Promise((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`mosquitto_pub: ${code}`);
  }

  /** What the broker's log says, once it does. @param {RegExp} pattern */
  logged(pattern) {
    return until(() => pattern.test(this.stack.log('broker')), 10000, `the log says ${pattern}`);
  }

  async close() {
    for (const client of this.#clients) client.end(true);
    await this.stack.close();
  }
}

/**
 * Starts a broker with the plugin, and other services. `first` may change its files before.
 * @param {{start?: readonly import('./stack.js').Service[], first?: (guarded: Guarded) => void}} [options]
 */
export async function startGuarded({ start = ['broker'], first = () => {} } = {}) {
  const guarded = new Guarded(await startStack({ start: [] }));
  try {
    first(guarded);
    for (const name of start) await guarded.stack.start(name);
  } catch (error) {
    await guarded.close();
    throw error;
  }
  return guarded;
}
