/**
 * Sends as the page does: a message counts as sent when its receipt has come, and until then the
 * same one, under the same msgId, goes out again and again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './stack.js';

/** @typedef {{id: number, msgId: string, clientId: string, ts: string}} Receipt */

const AGAIN_MS = 500;

export class Sender {
  /** @type {Map<string, string>} payloads without a receipt, by msgId */
  #pending = new Map();
  /** @type {Map<string, Receipt>} by msgId */
  receipts = new Map();
  #count = 0;
  #timer;

  /**
   * @param {import('mqtt').MqttClient} client
   * @param {string} clientId
   * @param {string} room
   */
  constructor(client, clientId, room) {
    this.client = client;
    this.clientId = clientId;
    this.topic = `chat/${room}`;
    client.on('message', (topic, payload) => {
      if (topic === `${this.topic}/stored`) this.#note(JSON.parse(payload.toString()));
    });
    this.#timer = setInterval(() => {
      for (const payload of this.#pending.values()) this.#publish(payload);
    }, AGAIN_MS);
  }

  /**
   * @param {import('./stack.js').Stack} stack
   * @param {string} clientId
   * @param {{room?: string, over?: 'web'}} [options]
   */
  static async open(stack, clientId, { room = 'messages', over } = {}) {
    const client = await stack.client({ over });
    await client.subscribeAsync(`chat/${room}/stored`, { qos: 1 });
    return new Sender(client, clientId, room);
  }

  /** @param {Receipt[]} receipts of everybody */
  #note(receipts) {
    for (const receipt of receipts) {
      if (receipt.clientId !== this.clientId) continue;
      this.receipts.set(receipt.msgId, receipt);
      this.#pending.delete(receipt.msgId);
    }
  }

  /** @param {string} payload */
  #publish(payload) {
    if (this.client.connected) this.client.publish(this.topic, payload, { qos: 1 }, () => {});
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
    this.#pending.set(msgId, payload);
    this.#publish(payload);
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
