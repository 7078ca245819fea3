/** A round of idle browsers in a room in which there is talk, and the figures of all rounds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../lib/stack.js';
import { busyDuring, Crowd, memory, startWide } from './crowd-program.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {import('./crowd-program.js').Status} Status */
/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./figures.js').Options} Options */

const EVERY_MS = 200;
/** Of a burst, altogether; less on a smaller scale. */
const DELIVERIES = 100_000;
const PATIENCE_MS = 300_000;
const STRAIGHT = 'straight at the broker';

/** @param {import('mqtt').MqttClient} client @param {number} n */
function say(client, n) {
  const message = { nickname: 'Tester', text: String(process.hrtime.bigint()) };
  const payload = JSON.stringify({ ...message, clientId: 'crowd', msgId: `crowd-${n}` });
  client.publish('chat/messages', payload, { qos: 1 });
}

/** @param {Crowd} crowd @param {number} messages said @returns {Promise<Status>} */
function heardBy(crowd, messages) {
  return until(
    async () => {
      await sleep(200);
      const status = await crowd.status();
      return status.messages >= messages * crowd.count ? status : undefined;
    },
    PATIENCE_MS,
    `${messages} messages reach each of ${crowd.count} clients`,
  );
}

/**
 * @typedef {object} Idle
 * @property {number} connected s until the last is
 * @property {number} mosquitto KB a client
 * @property {number} nginx KB a client
 * @property {number} p50 ms
 * @property {number} p99 ms
 * @property {number} rate deliveries a second
 * @property {number} lost connections
 * @property {string} chatBusy
 * @property {string} burstBusy
 */

/**
 * @param {Stack} stack
 * @param {Crowd} crowd
 * @param {number} seconds
 * @param {number} scale
 * @returns {Promise<Idle>}
 */
async function listen(stack, crowd, seconds, scale) {
  const before = [memory(stack, 'broker'), memory(stack, 'nginx')];
  const { seconds: connected, lost } = await crowd.ask('connect 256');
  const [mosquitto, nginx] = [memory(stack, 'broker'), memory(stack, 'nginx')].map(
    (after, n) => (after - before[n]) / crowd.count,
  );
  const client = await stack.client({ over: 'web' });
  let count = 0;
  await crowd.ask('forget');
  const chat = await busyDuring(stack, crowd, async () => {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(EVERY_MS))
      say(client, count++);
    return heardBy(crowd, count);
  });
  const { p50, p99 } = chat.result;
  const lostLater = chat.result.lost;
  await crowd.ask('forget');
  const messages = Math.ceil((DELIVERIES * scale) / crowd.count);
  const burst = await busyDuring(stack, crowd, () => {
    for (let n = 0; n < messages; n++) say(client, count++);
    return heardBy(crowd, messages);
  });
  client.end(true);
  return {
    ...{
      connected,
      mosquitto,
      nginx,
      p50,
      p99,
      rate: burst.result.messages / burst.result.seconds,
    },
    ...{ lost: lost + lostLater + burst.result.lost, chatBusy: chat.busy, burstBusy: burst.busy },
  };
}

/** @param {number} clients @param {'open' | 'openStraight'} how @param {Options} options */
export async function listenOnce(clients, how, { seconds, scale }) {
  const stack = await startWide(clients);
  const crowd = await Crowd[how](stack, clients);
  try {
    return await listen(stack, crowd, seconds, scale);
  } finally {
    await crowd.close();
    await stack.close();
  }
}

/** @param {number} clients @param {Idle[]} ours @param {Idle[]} straight @returns {Figure[]} */
export function idleFigures(clients, ours, straight) {
  const of = `${clients.toLocaleString('en')} clients`;
  /** @param {keyof Idle} key @param {Idle[]} rounds */
  const values = (key, rounds) => rounds.map((round) => Number(round[key]));
  /** @type {(key: keyof Idle, what: string, unit: string, better: 'more' | 'less', note?: string) => Figure} */
  const figure = (key, what, unit, better, note) => ({
    ...{ what: `${of}: ${what}`, unit, better },
    ours: { name: 'ours', values: values(key, ours) },
    against: [{ name: STRAIGHT, values: values(key, straight) }],
    ...(note ? { note } : {}),
  });
  const lost = Math.max(...values('lost', ours));
  const idle = lost ? `up to ${lost} connections were lost in a round` : 'no connection was lost';
  return [
    figure('connected', 'all connect', 's', 'less', idle),
    figure('rate', 'fan-out of a burst', 'deliveries/s', 'more', `busy: ${ours[0].burstBusy}`),
    figure('p50', 'publish → each client, p50', 'ms', 'less', `busy: ${ours[0].chatBusy}`),
    figure('p99', 'publish → each client, p99', 'ms', 'less'),
    figure('mosquitto', "mosquitto's memory a client", 'KB', 'less'),
    { ...figure('nginx', "nginx's memory a client", 'KB', 'less'), against: [] },
  ];
}

/**
 * How long it takes until all are connected, where each tells all others of its presence and where
 * none does.
 * @param {number} clients
 */
export async function arriveOnce(clients) {
  const stack = await startWide(clients);
  const times = { named: 0, silent: 0 };
  try {
    for (const how of /** @type {const} */ (['silent', 'named'])) {
      const crowd = await Crowd.open(stack, clients);
      if (how === 'named') await crowd.ask('named');
      times[how] = (await crowd.ask('connect 256')).seconds;
      await crowd.close();
    }
  } finally {
    await stack.close();
  }
  return times;
}

/** @param {number} clients @param {Awaited<ReturnType<typeof arriveOnce>>[]} rounds @returns {Figure} */
export function arrivalFigure(clients, rounds) {
  return {
    ...{
      what: `${clients.toLocaleString('en')} with nicknames connect`,
      unit: 's',
      better: 'less',
    },
    ours: { name: 'ours', values: rounds.map(({ named }) => named) },
    against: [{ name: 'without nicknames', values: rounds.map(({ silent }) => silent) }],
    note: `each says to all in the room that it is there: ${(clients ** 2).toLocaleString('en')} messages`,
  };
}
