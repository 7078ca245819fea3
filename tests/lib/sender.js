/**
 * Sends as the page does: a message counts as sent when its receipt has come, and until then the
 * same one, under the same msgId, goes out again and again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './stack.js';

/** @typedef {{id: number, msgId: string, clientId: string, ts: string}} Receipt */

const TICK_MS = 100;
/** A test is in more of a hurry than the page. */
const AGAIN_MS = 500;

/** @typedef {{payload: string, tries: number, due: number}} Pending */
/** @typedef {(tries: number) => number} Wait ms for a receipt, after so many tries */

export class Sender {
  /** @type {Map<string, Pending>} without a receipt, by msgId */
  #pending = new Map();
  /** @type {Map<string, Receipt>} by msgId */
  receipts = new Map();
  #count = 0;
  #timer;

  /**
   * @param {import('mqtt').MqttClient} client
   * @param {string} clientId
   * @param {string} room
   * @param {Wait} [wait]
   */
  constructor(client, clientId, room, wait = () => AGAIN_MS) {
    this.client = client;
    this.clientId = clientId;
    this.topic = `chat/${room}`;
    this.wait = wait;
    client.on('message', (topic, payload) => {
      if (topic === `${this.topic}/stored`) this.#note(JSON.parse(payload.toString()));
    });
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (const pending of this.#pending.values()) if (pending.due <= now) this.#publish(pending);
    }, TICK_MS);
  }

  /**
   * @param {import('./stack.js').Stack} stack
   * @param {string} clientId
   * @param {{room?: string, over?: 'web', wait?: Wait}} [options]
   */
  static async open(stack, clientId, { room = 'messages', over, wait } = {}) {
    const client = await stack.client({ over });
    await client.subscribeAsync(`chat/${room}/stored`, { qos: 1 });
    return new Sender(client, clientId, room, wait);
  }

  /** @param {Receipt[]} receipts of everybody */
  #note(receipts) {
    for (const receipt of receipts) {
      if (receipt.clientId !== this.clientId) continue;
      this.receipts.set(receipt.msgId, receipt);
      this.#pending.delete(receipt.msgId);
    }
  }

  /** @param {Pending} pending */
  #publish(pending) {
    if (!this.client.connected) return;
    this.client.publish(this.topic, pending.payload, { qos: 1 }, () => {});
    pending.tries += 1;
    pending.due = performance.now() + this.wait(pending.tries);
  }

  /** Sends one more message; its text is its number. */
  send() {
    const text = String(++this.#count);
    const msgId = `${this.clientId}-${text}`;
    const payload = JSON.stringify({
      nickname: this.clientId,
      text,
      clientId: this.clientId,
      msgId,
    });
    const pending = { payload, tries: 0, due: 0 };
    this.#pending.set(msgId, pending);
    this.#publish(pending);
    return msgId;
  }

  /**
   * Sends until told to stop.
   * @param {AbortSignal} signal
   * @param {number} everyMs
   */
  async sendUntil(signal, everyMs) {
    while (!signal.aborted) {
      this.send();
      await sleep(everyMs);
    }
  }

  /** Waits until every message has its receipt. */
  async settle() {
    try {
      await until(() => this.#pending.size === 0, 30_000, `all receipts of ${this.clientId}`);
    } finally {
      clearInterval(this.#timer);
    }
  }
}
