// The connection to the broker: one MQTT.js client after the other, with our own reconnecting, since
// the one in MQTT.js neither backs off nor survives a refusal.

import { backoff } from './backoff.js';

/** @typedef {import('./store.js').ConnectionState} ConnectionState */
/** @typedef {import('mqtt').MqttClient} MqttClient */
/** @typedef {NonNullable<import('mqtt').IClientOptions['will']>} Will */
/** @typedef {(url: string, options: import('mqtt').IClientOptions) => MqttClient} Connect */

/**
 * What the broker is told. A hidden tab's timers run once a minute, so that our probes may be 85 s
 * apart; the broker waits for one and a half times this.
 */
const KEEPALIVE_S = 120;
const PROBE_MS = 25_000;
const ANSWER_MS = 4_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that lasted this long was a good one: the next wait is short again. */
const GOOD_MS = 10_000;

/** The broker's reasons to refuse a message that it would refuse again (MQTT 5, 3.4.2.1). */
const FINAL_REASONS = new Map([
  [0x87, 'not authorized'],
  [0x90, 'topic name invalid'],
  [0x95, 'message too large'],
  [0x99, 'payload format invalid'],
]);

/** "Unacceptable protocol version", in the words of 3.1.1 and of 5. */
const WRONG_VERSION = [0x01, 0x84];
/** "Bad user name or password" and "not authorized", likewise. */
const DENIED = [0x04, 0x05, 0x86, 0x87];

/**
 * Who the broker is told this page is.
 * @typedef {object} Login
 * @property {string} clientId the MQTT one: who has it can end this connection, so it is told to the broker alone
 * @property {string} [username] with a password that is good for one connection
 * @property {string} [password]
 * @property {number} [goodMs] after so long the page logs in anew, before the broker ends the connection
 */

/** Why there is no login: waitMs, how long to wait for the next try. @typedef {{why?: ConnectionState['cause'], line?: string, waitMs?: number}} NoLogin */

/** A login that could not be renewed yet is asked for again. */
const RENEW_AGAIN_MS = 30_000;

/**
 * @param {unknown} error
 * @returns {number | undefined}
 */
function codeOf(error) {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** A retained copy is no new message; of these it is what there is. @param {string} topic */
const isStanding = (topic) => /\/(presence\/.*|topic)$/.test(topic);

/**
 * @template {Login} L
 * @param {object} parts
 * @param {() => Promise<Connect>} parts.load
 * @param {string} parts.url
 * @param {(refused: boolean) => Promise<L>} parts.logIn refused: the broker has just refused one
 *   without a password; fails with a NoLogin
 * @param {(login: L) => void} parts.onLogin it is used from now on
 * @param {string[]} parts.topics
 * @param {() => {topics: string[], will: Will | undefined}} parts.retained asked for each connection: topics
 *   whose retained copies are wanted, and what the broker says when the connection ends
 * @param {() => Promise<ConnectionState['cause']>} parts.askWhy why the server opens no WebSocket
 * @param {(state: ConnectionState) => void} parts.onState
 * @param {(topic: string, payload: Uint8Array) => void} parts.onMessage
 * @param {import('./clock.js').Clock} parts.clock
 */
export function createConnection(parts) {
  const { load, url, logIn, onLogin, topics, retained, askWhy, onState, onMessage, clock } = parts;
  /** @type {MqttClient | null} */
  let client = null;
  /** @type {ConnectionState['phase']} */
  let phase = 'waiting';
  let retryAt = 0;
  /** @type {ConnectionState['cause']} */
  let cause = '';
  let line = '';
  /** @type {4 | 5} */
  let version = 5;
  let onlineSince = 0;
  let failures = 0;
  let attempts = 0;
  let lastPacketAt = 0;
  /** @type {string[]} */
  let subscribed = [];
  /** @type {() => void} */
  let cancelTimer = () => {};
  /** @type {() => void} */
  let cancelRenewal = () => {};

  /** @param {ConnectionState['phase']} next @param {number} at */
  function setPhase(next, at = 0) {
    phase = next;
    retryAt = at;
    if (phase === 'online') cause = '';
    onState({ phase, retryAt, cause, line });
  }

  /** A browser does not tell why a WebSocket was refused, so the server is asked. */
  async function learnWhy() {
    const answer = await askWhy();
    if (phase === 'online') return;
    cause = answer;
    onState({ phase, retryAt, cause, line });
  }

  /** @param {number} ms @param {() => void} callback */
  function schedule(ms, callback) {
    cancelTimer();
    cancelTimer = clock.after(ms, callback);
  }

  function endClient() {
    const ended = client;
    client = null;
    cancelRenewal();
    ended?.end(true);
  }

  /** @param {number} [waitMs] */
  function goOffline(waitMs) {
    endClient();
    if (phase === 'online' && clock.now() - onlineSince >= GOOD_MS) failures = 0;
    failures += 1;
    const delay = waitMs ?? backoff(failures, clock.random());
    setPhase('offline', clock.now() + delay);
    schedule(delay, attempt);
  }

  /** @param {Login} login @returns {import('mqtt').IClientOptions} */
  function options({ clientId, username, password }) {
    return {
      clientId,
      username,
      password,
      clean: true,
      protocolVersion: version,
      keepalive: KEEPALIVE_S,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      resubscribe: false,
      timerVariant: 'native',
      queueQoSZero: false,
      manualConnect: true,
      will: retained().will,
    };
  }

  /**
   * @param {boolean} [refused] the broker has just refused a login without a password
   * @param {L} [given]
   */
  async function attempt(refused = false, given = undefined) {
    const mine = ++attempts;
    cancelTimer();
    setPhase('connecting');
    try {
      const connect = await load();
      const login = given ?? (await logIn(refused));
      if (mine !== attempts) return;
      if (cause !== 'full' && cause !== 'socket') cause = '';
      onLogin(login);
      open(connect(url, options(login)), login, refused);
    } catch (error) {
      if (mine !== attempts) return;
      const { why = 'script', waitMs, ...said } = /** @type {NoLogin} */ (error);
      cause = why;
      line = said.line ?? '';
      goOffline(waitMs);
    }
  }

  /** Drops the connection for another one, as somebody else perhaps. @param {L} [login] */
  function restart(login) {
    endClient();
    attempt(false, login);
  }

  /** Asks for another login while this one still holds. */
  async function renew() {
    const mine = client;
    const login = await logIn(false).catch(() => null);
    if (client !== mine) return;
    if (login) restart(login);
    else cancelRenewal = clock.after(RENEW_AGAIN_MS, renew);
  }

  /** @param {MqttClient} mine @param {Login} login @param {boolean} asked a login with a password was asked for */
  function open(mine, login, asked) {
    let opened = false;
    let greeted = false;
    client = mine;
    /** @param {number} [code] */
    const end = (code) => {
      if (client !== mine) return;
      const refused = WRONG_VERSION.includes(code ?? 0);
      const denied = DENIED.includes(code ?? 0);
      // A broker of the other version may say so, or just hang up.
      if (!greeted && !denied && (opened || refused)) version = version === 5 ? 4 : 5;
      goOffline();
      if (!opened) learnWhy();
      if (refused && version === 4) schedule(0, attempt);
      if (denied && !greeted && !asked && !login.password) schedule(0, () => attempt(true));
    };
    mine.on('error', (error) => end(codeOf(error)));
    mine.on('close', () => end());
    mine.on('packetreceive', () => {
      lastPacketAt = clock.now();
    });
    mine.on('message', (topic, payload, packet) => {
      if (client === mine && (!packet.retain || isStanding(topic))) onMessage(topic, payload);
    });
    mine.on('connect', () => {
      greeted = true;
      if (client === mine) subscribe(mine, login);
    });
    mine.connect();
    mine.stream.on('connect', () => {
      opened = true;
    });
  }

  /** @param {MqttClient} mine @param {Login} login */
  function subscribe(mine, { goodMs }) {
    // rh 2: no retained copies; where that is not understood, the packet's own flag tells.
    mine.subscribe(topics, { qos: 1, rh: 2 }, (error) => {
      if (client !== mine) return;
      if (error) {
        goOffline();
        return;
      }
      onlineSince = clock.now();
      setPhase('online');
      subscribed = [];
      subscribeRetained();
      schedule(PROBE_MS, probe);
      if (goodMs) cancelRenewal = clock.after(goodMs, renew);
    });
  }

  /** Hears the topics of presence, and no others from before. */
  function subscribeRetained() {
    if (phase !== 'online') return;
    const { topics: next } = retained();
    const gone = subscribed.filter((topic) => !next.includes(topic));
    if (gone.length > 0) client?.unsubscribe(gone);
    if (next.length > 0) client?.subscribe(next, { qos: 1, rh: 0 });
    subscribed = next;
  }

  /** Asks the broker for a sign of life; without one, the connection is taken for dead. */
  function probe() {
    const asked = clock.now();
    client?.sendPing();
    schedule(ANSWER_MS, () => {
      if (lastPacketAt < asked) goOffline();
      else schedule(PROBE_MS, probe);
    });
  }

  return {
    start: () => attempt(),
    restart: () => restart(),

    /** Something may have changed, for better or for worse: find out now. */
    check() {
      if (phase === 'online') probe();
      else if (phase === 'offline') attempt();
    },

    /** The topics whose retained copies are wanted are others now. */
    subscribeRetained,

    /**
     * @param {string} topic
     * @param {string} payload
     * @param {import('./presence.js').PublishOptions} [options]
     * @returns {Promise<string>} '', or why the broker refuses it for good
     */
    publish(topic, payload, { qos = 1, retain = false, expiryS } = { qos: 1 }) {
      const mine = client;
      if (!mine || phase !== 'online') return Promise.resolve('');
      return new Promise((resolve) => {
        const properties =
          expiryS && version === 5 ? { properties: { messageExpiryInterval: expiryS } } : {};
        mine.publish(topic, payload, { qos, retain, ...properties }, (error) => {
          resolve(FINAL_REASONS.get(codeOf(error) ?? 0) ?? '');
        });
      });
    },
  };
}

/** @typedef {ReturnType<typeof createConnection>} Connection */
