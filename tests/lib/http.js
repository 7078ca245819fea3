/**
 * HTTP as it is sent: unlike fetch(), this neither tidies the path nor forbids a header.
 */
import { request } from 'node:http';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} body
 * @property {() => any} json
 */

/**
 * @param {number} port on 127.0.0.1
 * @param {string} path sent as it is
 * @param {{method?: string, headers?: Record<string, string>, body?: string,
 *   localAddress?: string}} [options] `localAddress`: from where
 * @returns {Promise<Answer>}
 */
export function http(port, path, { method = 'GET', headers = {}, body, localAddress } = {}) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers, localAddress, agent: false };
    const outgoing = request(options, async (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      for await (const chunk of incoming) text += chunk;
      const { statusCode: status = 0, headers } = incoming;
      resolve({ status, headers, body: text, json: () => JSON.parse(text) });
    });
    outgoing.once('upgrade', (incoming, socket) => {
      socket.destroy();
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body: '',
        json: () => undefined,
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/**
 * The handshake of a WebSocket, from a page of that origin.
 * @param {number} port
 * @param {string} path
 * @param {Record<string, string>} headers
 * @param {string} [localAddress] from where
 */
export function handshake(port, path, headers, localAddress) {
  return http(port, path, {
    localAddress,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol': 'mqtt',
      ...headers,
    },
  });
}
