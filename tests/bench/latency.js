/** How long it takes from publishing to the receipt, to another subscriber, and to another screen. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack, until } from '../lib/stack.js';
import { quantile } from './figures.js';
import { run, send, TEXT } from './load.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./figures.js').Options} Options */
/** @typedef {import('mqtt').MqttClient} MqttClient */
/** @typedef {{p50: number, p99: number}} Times in ms */
/** @typedef {() => Promise<Times>} Measure */

const EVERY_MS = 10;
const LOAD_RATE = 1000;
const LOAD_SENDERS = 10;
const SCREENS = 20;
const CHROMIUM = process.env.MQTT_CHAT_CHROMIUM || '/usr/bin/chromium';
const ALLOWED = '1.5 × fsync + 1 ms';

/** @param {number[]} values @returns {Times} */
function timesOf(values) {
  if (values.length === 0) throw new Error('nothing came back');
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99) };
}

/** Otherwise Nagle's algorithm in this client is what is measured. @param {MqttClient} client */
function sendAtOnce(client) {
  const stream = /** @type {import('node:net').Socket} */ (client.stream);
  stream.setNoDelay?.(true);
  return client;
}

let runs = 0;

/**
 * Publishes every few milliseconds, until all have come back.
 * @param {MqttClient} from
 * @param {MqttClient} to
 * @param {string} topic that is heard
 * @param {(payload: any) => string[]} namesOf what came
 * @param {number} seconds
 */
async function rounds(from, to, topic, namesOf, seconds) {
  const clientId = `clock-${++runs}`;
  /** @type {Map<string, number>} */
  const sent = new Map();
  /** @type {number[]} */
  const times = [];
  /** @param {string} heard @param {Buffer} payload */
  const hear = (heard, payload) => {
    const at = performance.now();
    if (heard !== topic) return;
    for (const name of namesOf(JSON.parse(payload.toString()))) {
      const began = sent.get(name);
      if (began !== undefined) times.push(at - began);
      sent.delete(name);
    }
  };
  to.on('message', hear);
  const end = performance.now() + seconds * 1000;
  for (let n = 0; performance.now() < end; n++) {
    const msgId = `${clientId}-${n}`;
    const payload = JSON.stringify({ nickname: 'Clock', text: `${TEXT} ${n}`, clientId, msgId });
    sent.set(msgId, performance.now());
    from.publish('chat/latency', payload, { qos: 1 });
    await sleep(EVERY_MS);
  }
  await until(() => sent.size === 0, 60_000, 'what was sent came back');
  to.off('message', hear);
  return timesOf(times);
}

/** @param {Stack} stack @param {Options} options @returns {Promise<Measure>} */
async function receipts(stack, { seconds }) {
  const client = sendAtOnce(await stack.client());
  await client.subscribeAsync('chat/latency/stored', { qos: 1 });
  const names = (/** @type {{msgId: string}[]} */ list) => list.map(({ msgId }) => msgId);
  return () => rounds(client, client, 'chat/latency/stored', names, seconds);
}

/** @param {Options} options @returns {Measure} */
const disk =
  ({ scratch, seconds }) =>
  async () => {
    const text = await run('sync', join(scratch, 'wal'), seconds, EVERY_MS);
    return timesOf(text.trim().split('\n').map(Number));
  };

/**
 * From one subscriber to another, both connected in the same way.
 * @param {Stack} stack
 * @param {Options} options
 * @param {import('mqtt').IClientOptions & {over?: 'web'}} way
 * @returns {Promise<Measure>}
 */
async function others(stack, { seconds }, way) {
  const [from, to] = [await stack.client(way), await stack.client(way)].map(sendAtOnce);
  await to.subscribeAsync('chat/latency', { qos: 1 });
  const names = (/** @type {{msgId: string}} */ { msgId }) => [msgId];
  return () => rounds(from, to, 'chat/latency', names, seconds);
}

/** @param {Stack} stack @returns {import('mqtt').IClientOptions} */
const straight = ({ wsPort }) => ({
  protocol: 'ws',
  host: '127.0.0.1',
  port: wsPort,
  path: '/mqtt',
});

/**
 * @param {Stack} stack
 * @param {Measure} measure
 * @param {boolean} loaded
 * @param {number} seconds
 */
async function under(stack, measure, loaded, seconds) {
  if (!loaded) return measure();
  // Longer than the measurement, which ends when its last message is back.
  const load = { topic: 'chat/load', senders: LOAD_SENDERS, rate: LOAD_RATE };
  const sending = send(stack.mqttPort, { ...load, count: Math.ceil((seconds + 1) * LOAD_RATE) });
  await sleep(500);
  const times = await measure();
  await sending;
  return times;
}

/**
 * @param {Stack} stack
 * @param {[string, Measure][]} contenders
 * @param {boolean} loaded
 * @param {Options} options
 */
async function compare(stack, contenders, loaded, { rounds: times, seconds }) {
  const all = contenders.map(([name]) => ({ name, times: /** @type {Times[]} */ ([]) }));
  for (const [, measure] of contenders) await measure(); // warm
  for (let round = 0; round < times; round++) {
    for (const [i, [, measure]] of contenders.entries()) {
      all[i].times.push(await under(stack, measure, loaded, seconds));
    }
  }
  return all;
}

/**
 * @param {Awaited<ReturnType<typeof compare>>} all ours first
 * @param {string} what
 * @param {keyof Times} which
 * @returns {Figure}
 */
function figure(all, what, which) {
  const [ours, ...against] = all.map(({ name, times }) => ({
    name,
    values: times.map((time) => time[which]),
  }));
  return { what: `${what}, ${which}`, unit: 'ms', better: 'less', ours, against };
}

/** @param {Figure} measured @returns {Figure} with what is promised of it */
function withAllowance(measured) {
  const values = measured.against[0].values.map((value) => 1.5 * value + 1);
  return {
    ...measured,
    against: [...measured.against, { name: ALLOWED, values }],
    wanted: [{ against: ALLOWED, limit: 1 }],
    note: 'the disk alone: seven frames of a -wal file appended (28,840 bytes), fdatasync()',
  };
}

/** @param {Stack} stack @param {Options} options */
async function measureAll(stack, options) {
  /** @type {[string, Measure][]} */
  const stored = [
    ['mqtt-chat', await receipts(stack, options)],
    ['fsync', disk(options)],
  ];
  /** @type {[string, Measure][]} */
  const heard = [
    ['through nginx', await others(stack, options, { over: 'web' })],
    ['broker’s WebSocket', await others(stack, options, straight(stack))],
    ['broker’s TCP', await others(stack, options, {})],
  ];
  /** @type {Figure[]} */
  const figures = [];
  for (const loaded of [false, true]) {
    const when = loaded ? `${LOAD_RATE.toLocaleString('en-US')} messages/s beside it` : 'idle';
    options.say(`times, ${when}`);
    const receipt = await compare(stack, stored, loaded, options);
    figures.push(withAllowance(figure(receipt, `publish → receipt, ${when}`, 'p50')));
    figures.push(figure(receipt, `publish → receipt, ${when}`, 'p99'));
    const other = await compare(stack, heard, loaded, options);
    const wanted = [{ against: 'broker’s WebSocket', limit: 1.5 }];
    figures.push({ ...figure(other, `publish → subscriber, ${when}`, 'p50'), wanted });
    figures.push(figure(other, `publish → subscriber, ${when}`, 'p99'));
  }
  return figures;
}

/** The wall clock when the row with this text is painted. Runs in the page. @param {string} text */
function paintedAt(text) {
  return new Promise((resolve) => {
    const look = () =>
      Array.from(document.querySelectorAll('.row .text')).some((p) => p.textContent === text);
    const seen = () =>
      requestAnimationFrame(() =>
        setTimeout(() => resolve(performance.timeOrigin + performance.now())),
      );
    const observer = new MutationObserver(() => {
      if (!look()) return;
      observer.disconnect();
      seen();
    });
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}

/** The wall clock of the next Enter. Runs in the page. */
function pressedAt() {
  return new Promise((resolve) => {
    addEventListener(
      'keydown',
      ({ key }) => key === 'Enter' && resolve(performance.timeOrigin + performance.now()),
      { once: true, capture: true },
    );
  });
}

/** @param {Stack} stack @param {Options} options @returns {Promise<Figure>} */
async function measureScreens(stack, { rounds: times, say }) {
  say('from screen to screen');
  const { Browser, enter } = await import('../browser/browser.js');
  // A page in a hidden tab paints nothing, so each has a browser of its own.
  const browsers = [await Browser.open(), await Browser.open()];
  try {
    const [from, to] = await Promise.all(
      browsers.map(async (browser) => enter(stack, await browser.context(), 'screens')),
    );
    /** @type {number[]} */
    const values = [];
    for (let round = 0; round < times; round++) {
      /** @type {number[]} */
      const all = [];
      for (let n = 0; n < SCREENS; n++) {
        const text = `${TEXT} ${round}-${n}`;
        await from.fill('#text', text);
        const [seen, pressed] = [to.evaluate(paintedAt, text), from.evaluate(pressedAt)];
        await from.press('#text', 'Enter');
        all.push(Number(await seen) - Number(await pressed));
      }
      values.push(quantile(all, 0.5));
    }
    return {
      ...{ what: 'key → other screen, p50', unit: 'ms', better: 'less', against: [] },
      ours: { name: 'Chromium → Chromium', values },
      note: 'from the key in one page until the row is painted in the other: frames come every 16.7 ms',
    };
  } finally {
    for (const browser of browsers) await browser.close();
  }
}

/** @type {import('./figures.js').Section} */
export default {
  name: 'latency',
  title: 'From one to another',
  async run(options) {
    const stack = await startStack();
    try {
      const figures = await measureAll(stack, options);
      if (existsSync(CHROMIUM)) figures.push(await measureScreens(stack, options));
      else options.say(`without browsers: ${CHROMIUM} is missing (apt-get install chromium)`);
      return { figures };
    } finally {
      await stack.close();
    }
  },
};
