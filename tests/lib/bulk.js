/** For exports: many messages at once, and clients that do not read. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';

/**
 * Puts messages into a room, as somebody with a shell would.
 * @param {import('./stack.js').Stack} stack
 * @param {string} room
 * @param {number} count
 * @param {number} [length] of a text, about
 */
export function fill({ database }, room, count, length = 50) {
  const { status, stderr } = spawnSync('sqlite3', [
    database,
    `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
     INSERT INTO messages (ts, room, nickname, text)
     SELECT 1795455665123 + i, '${room}', 'Ann',
            'message ' || i || substr(hex(zeroblob(${length})), 1, i % ${2 * length})
     FROM n`,
  ]);
  if (status !== 0) throw new Error(String(stderr));
}

/**
 * Begins a GET; the body stays on its way until somebody reads it.
 * @param {number} port on 127.0.0.1
 * @param {string} path
 */
export async function begin(port, path) {
  const request = get({ host: '127.0.0.1', port, path, agent: false });
  /** @type {import('node:http').IncomingMessage[]} */
  const [answer] = await once(request, 'response');
  answer.on('error', () => {});
  return answer;
}

/**
 * Reads it to its end; `whole` tells whether that is the end that was meant.
 * @param {import('node:http').IncomingMessage} answer
 */
export async function finish(answer) {
  let text = '';
  answer.setEncoding('utf8');
  try {
    for await (const chunk of answer) text += chunk;
  } catch {
    return { text, whole: false };
  }
  return { text, whole: answer.complete };
}
