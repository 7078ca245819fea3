/** Clients that do not behave: one that subscribes and reads nothing, one that publishes as fast as it can. */
import { connect } from 'node:net';
import mqttPacket from 'mqtt-packet';

/** @typedef {import('node:net').Socket} Socket */

const PING = mqttPacket.generate({ cmd: 'pingreq' });
const PIECE = 65536;

/** Unlike node's own, an error is no rejection here: 'close' follows. @param {Socket} socket @param {string} event */
const once = (socket, event) => new Promise((resolve) => socket.once(event, resolve));

/**
 * A client of MQTT 3.1.1 that the broker has let in; nobody reads what it is sent from now on.
 * @param {number} port
 * @param {string} clientId
 * @returns {Promise<Socket>}
 */
async function enter(port, clientId) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(mqttPacket.generate({ cmd: 'connect', clientId, clean: true, keepalive: 0 }));
  await once(socket, 'data');
  return socket;
}

/**
 * Subscribes at QoS 1, and reads nothing.
 * @param {number} port
 * @param {string} topic
 */
export async function subscribeAndSleep(port, topic) {
  const socket = await enter(port, `sleeper-${topic.replaceAll('/', '-')}`);
  const subscriptions = [{ topic, qos: /** @type {const} */ (1) }];
  socket.write(mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions }));
  await once(socket, 'data');
  socket.pause();
  return socket;
}

/**
 * Publishes so many messages of `bytes` at QoS 0, and waits until the broker has read them all.
 * Returns false where the broker ended the connection before.
 * @param {number} port
 * @param {string} topic
 * @param {number} count
 * @param {number} bytes
 */
export async function flood(port, topic, count, bytes) {
  const socket = await enter(port, `flood-${topic.replaceAll('/', '-')}-${bytes}`);
  const closed = once(socket, 'close').then(() => false);
  const payload = 'x'.repeat(bytes);
  const one = mqttPacket.generate({
    ...{ cmd: /** @type {const} */ ('publish'), topic, payload },
    ...{ qos: /** @type {const} */ (0), dup: false, retain: false },
  });
  const atOnce = Math.max(1, Math.floor(PIECE / one.length));
  const piece = Buffer.concat(Array(atOnce).fill(one));
  for (let sent = 0; sent < count; sent += atOnce) {
    const part = piece.subarray(0, Math.min(atOnce, count - sent) * one.length);
    if (socket.write(part)) continue;
    const drained = once(socket, 'drain').then(() => true);
    if (!(await Promise.race([drained, closed]))) return false;
  }
  socket.write(PING);
  const alive = await Promise.race([once(socket, 'data').then(() => true), closed]);
  socket.destroy();
  return alive;
}
