/**
 * Numbered messages from several senders, and the books on what became of each: sent, acknowledged
 * by the broker, promised by a receipt.
 *
 * Three kinds, two senders each, all at QoS 1: `plain` is a device's text, `json` the original's
 * payload without a msgId, `ids` has one and sends again until its receipt is there, as the page
 * does. A message's text is its sender and its number, so that it can be told whatever happens.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../lib/stack.js';

/** @typedef {'plain' | 'json' | 'ids' | 'other'} Kind */
/** @typedef {{id: number, msgId: string | null, clientId: string | null, ts: string}} Receipt */
/**
 * @typedef {object} Sent
 * @property {string} text
 * @property {string} sender
 * @property {number} n
 * @property {Kind} kind
 * @property {string} room
 * @property {boolean} acked by the broker
 * @property {boolean} receipted
 */

const AGAIN_MS = 1000;
const SETTLE_MS = Number(process.env.MQTT_CHAT_WAIT || 60) * 1000;

class Sender {
  /** @type {Map<string, Sent>} without a receipt, by msgId */
  pending = new Map();
  /** @type {Set<Sent>} without a PUBACK */
  inflight = new Set();
  muted = false;
  #count = 0;
  #timer;

  /**
   * @param {Traffic} traffic
   * @param {import('mqtt').MqttClient} client
   * @param {string} name
   * @param {Kind} kind
   * @param {string} room
   */
  constructor(traffic, client, name, kind, room) {
    this.traffic = traffic;
    this.client = client;
    this.name = name;
    this.kind = kind;
    this.room = room;
    this.#timer = setInterval(() => this.#again(), AGAIN_MS);
  }

  /** Oldest first, and not more than the broker can be expected to have lost. */
  #again() {
    if (!this.client.connected || this.inflight.size > 0) return;
    for (const sent of this.pending.values()) this.#publish(sent);
  }

  /** @param {Sent} sent */
  #publish(sent) {
    this.inflight.add(sent);
    this.client.publish(`chat/${this.room}`, this.#payload(sent), { qos: 1 }, (error) => {
      this.inflight.delete(sent);
      if (!error) sent.acked = true;
    });
  }

  /** @param {Sent} sent */
  #payload({ text, n }) {
    const { name, kind } = this;
    if (kind === 'plain') return text;
    if (kind === 'json') return JSON.stringify({ nickname: name, text });
    return JSON.stringify({ nickname: name, text, clientId: name, msgId: `${name}-${n}` });
  }

  send() {
    const n = ++this.#count;
    const { name, kind, room } = this;
    /** @type {Sent} */
    const sent = {
      ...{ text: `${name} ${n}`, sender: name, n, kind, room },
      ...{ acked: false, receipted: false },
    };
    this.traffic.sent.set(sent.text, sent);
    if (kind === 'ids') this.pending.set(`${name}-${n}`, sent);
    this.#publish(sent);
    return sent;
  }

  /** @param {string} msgId */
  receipt(msgId) {
    const sent = this.pending.get(msgId);
    if (sent) sent.receipted = true;
    this.pending.delete(msgId);
  }

  mute() {
    this.muted = true;
  }

  close() {
    clearInterval(this.#timer);
  }
}

export class Traffic {
  /** @type {Map<string, Sent>} by text */
  sent = new Map();
  /** @type {Receipt[]} since the last check */
  receipts = [];
  /** @type {{msgId: string | null, clientId: string | null, reason: string}[]} */
  rejections = [];
  /** @type {Map<string, Sender>} */
  #senders = new Map();

  /** @param {import('../lib/stack.js').Stack} stack */
  constructor(stack) {
    this.stack = stack;
  }

  async open() {
    const listener = await this.stack.client();
    listener.on('message', (topic, payload) => this.#hear(topic, payload));
    await listener.subscribeAsync(['chat/+/stored', 'chat/+/rejected'], { qos: 1 });
    for (const [name, kind, room] of /** @type {[string, Kind, string][]} */ ([
      ['door', 'plain', 'lab'],
      ['window', 'plain', 'messages'],
      ['anna', 'json', 'messages'],
      ['bert', 'json', 'kitchen'],
      ['carl', 'ids', 'messages'],
      ['dora', 'ids', 'kitchen'],
    ])) {
      await this.add(name, kind, room);
    }
    this.fence = await this.add('fence', 'ids', 'fence');
  }

  /**
   * @param {string} name
   * @param {Kind} kind
   * @param {string} room
   * @param {{over?: 'web'}} [options]
   */
  async add(name, kind, room, options) {
    const sender = new Sender(this, await this.stack.client(options), name, kind, room);
    this.#senders.set(name, sender);
    return sender;
  }

  /**
   * @param {string} topic
   * @param {Buffer} payload
   */
  #hear(topic, payload) {
    const heard = JSON.parse(payload.toString());
    if (topic.endsWith('/rejected')) {
      this.rejections.push(heard);
      return;
    }
    for (const receipt of /** @type {Receipt[]} */ (heard)) {
      this.receipts.push(receipt);
      if (receipt.clientId && receipt.msgId) {
        this.#senders.get(receipt.clientId)?.receipt(receipt.msgId);
      }
    }
  }

  /**
   * Somebody else sends this text, as a device or with the nickname n; it is acknowledged.
   * @param {string} text
   * @param {string} [room]
   */
  expect(text, room = 'messages') {
    const sender = `other ${this.sent.size}`;
    this.sent.set(text, {
      ...{ text, sender, n: 1, kind: /** @type {const} */ ('other'), room },
      ...{ acked: true, receipted: false },
    });
  }

  get senders() {
    return [...this.#senders.values()].filter((sender) => sender !== this.fence && !sender.muted);
  }

  /**
   * Each sender says up to `most` things at once.
   * @param {(limit: number) => number} random
   * @param {number} [most]
   */
  wave(random, most = 8) {
    for (const sender of this.senders) {
      for (let i = random(most + 1); i > 0; i--) sender.send();
    }
  }

  /**
   * Waves with a breath between them, so that they make several batches.
   * @param {(limit: number) => number} random
   * @param {number} count
   */
  async waves(random, count) {
    for (let i = 0; i < count; i++) {
      this.wave(random);
      await sleep(random(5));
    }
  }

  /**
   * As much as the broker takes.
   * @param {number} count
   */
  async flood(count) {
    const { senders } = this;
    for (let i = 0; i < count; i++) {
      senders[i % senders.length]?.send();
      if (i % 600 === 599) await this.acked();
    }
  }

  /** Waits until the broker has acknowledged everything. */
  async acked() {
    await until(
      () => [...this.#senders.values()].every((sender) => sender.inflight.size === 0),
      SETTLE_MS,
      'the broker acknowledges what was sent',
    );
  }

  /**
   * Waits until the logger has had everything: a broker delivers in order, so what is sent behind
   * everything else gets its receipt after it.
   */
  async settle() {
    await this.acked();
    const fence = this.fence?.send();
    await until(
      () => fence?.receipted && this.senders.every((sender) => sender.pending.size === 0),
      SETTLE_MS,
      'every message with a msgId gets its receipt',
    );
  }

  close() {
    for (const sender of this.#senders.values()) sender.close();
  }
}
