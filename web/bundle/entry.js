// The part of MQTT.js that a page needs: its client over the browser's own WebSocket. MQTT.js's
// connect() is left out on purpose, since it drags in URL parsing, SOCKS and every other transport.
import client from 'mqtt/lib/client';
import ws from 'mqtt/lib/connect/ws';
import packet from 'mqtt-packet';

// This package is an ES module, so esbuild, as node, hands over a CommonJS module whole.
const { default: MqttClient } = client;
const { browserStreamBuilder } = ws;

// With the first packet it would make a buffer for each of 65,536 numbers: half a second of a phone's.
Object.assign(packet.writeToStream, { cacheNumbers: false });

/**
 * @param {string} url ws: or wss:
 * @param {import('mqtt').IClientOptions} options
 * @returns {import('mqtt').MqttClient}
 */
export function connect(url, options) {
  /** @type {import('mqtt').IClientOptions} */
  const settings = {
    ...options,
    protocol: url.startsWith('wss:') ? 'wss' : 'ws',
    hostname: new URL(url).hostname,
    createWebsocket: (/** @type {string} */ _url, /** @type {string[]} */ protocols) =>
      new WebSocket(url, protocols),
  };
  return new MqttClient((self) => browserStreamBuilder(self, settings), settings);
}
