/**
 * FastCGI as it is sent, for a test that speaks to the responder's socket itself, rightly or
 * not (https://fastcgi-archives.github.io/FastCGI_Specification.html).
 */
import { connect } from 'node:net';

export const BEGIN = 1;
export const ABORT = 2;
export const END = 3;
export const PARAMS = 4;
export const STDIN = 5;
export const STDOUT = 6;
export const DATA = 8;
export const GET_VALUES = 9;

/**
 * @param {number} type
 * @param {Buffer | string} [content]
 * @param {{id?: number, version?: number, padding?: number}} [options]
 */
export function record(type, content = '', { id = 1, version = 1, padding = 0 } = {}) {
  const body = Buffer.from(content);
  const head = Buffer.from([version, type, id >> 8, id & 255, 0, 0, padding, 0]);
  head.writeUInt16BE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(padding)]);
}

/** @param {{keep?: boolean, id?: number, role?: number}} [options] */
export const begin = ({ keep = false, id = 1, role = 1 } = {}) =>
  record(BEGIN, Buffer.from([0, role, keep ? 1 : 0, 0, 0, 0, 0, 0]), { id });

/**
 * A length as it stands before a name or a value.
 * @param {number} n
 */
export function length(n) {
  if (n < 128) return Buffer.from([n]);
  const four = Buffer.alloc(4);
  four.writeUInt32BE((n | 0x80000000) >>> 0);
  return four;
}

/** @param {Record<string, string>} values */
export const pairs = (values) =>
  Buffer.concat(
    Object.entries(values).flatMap(([name, value]) => [
      length(Buffer.byteLength(name)),
      length(Buffer.byteLength(value)),
      Buffer.from(name),
      Buffer.from(value),
    ]),
  );

/**
 * A whole request, as nginx sends one.
 * @param {Record<string, string>} values
 * @param {{keep?: boolean, id?: number}} [options]
 */
export const request = (values, options = {}) =>
  Buffer.concat([
    begin(options),
    record(PARAMS, pairs(values), options),
    record(PARAMS, '', options),
    record(STDIN, '', options),
  ]);

/** The newest messages. */
export const messages = { REQUEST_METHOD: 'GET', PATH_INFO: '/messages', QUERY_STRING: '' };

/**
 * Sends bytes and gives what came back until the other side ended it, or `until` it is enough.
 * @param {string} path of the socket
 * @param {Buffer} bytes
 * @param {{ms?: number, end?: boolean, enough?: (received: Buffer) => boolean}} [options] `end`: say
 *   that no more will come
 * @returns {Promise<Buffer>}
 */
export function exchange(path, bytes, { ms = 10_000, end = false, enough = () => false } = {}) {
  return new Promise((resolve) => {
    /** @type {Buffer} */
    let received = Buffer.alloc(0);
    const socket = connect({ path, allowHalfOpen: true });
    const timer = setTimeout(() => socket.destroy(), ms);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (enough(received)) socket.destroy();
    });
    socket.on('error', () => {}); // a reset is an end
    socket.once('end', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
    socket.write(bytes);
    if (end) socket.end();
  });
}

/**
 * The records in what came back: those that are whole.
 * @param {Buffer} bytes
 */
export function records(bytes) {
  const found = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt16BE(at + 4);
    if (at + 8 + size > bytes.length) break;
    found.push({
      type: bytes[at + 1],
      id: bytes.readUInt16BE(at + 2),
      content: bytes.subarray(at + 8, at + 8 + size),
    });
    at += 8 + size + bytes[at + 6];
  }
  return found;
}

/**
 * What the responder wrote of an answer, head and body.
 * @param {Buffer} bytes
 */
export const output = (bytes) =>
  Buffer.concat(
    records(bytes)
      .filter(({ type }) => type === STDOUT)
      .map(({ content }) => content),
  ).toString();

/** @param {Buffer} bytes whether an answer has ended in them */
export const ended = (bytes) => records(bytes).some(({ type }) => type === END);
