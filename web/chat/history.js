// Reads pages of a room's history from the HTTP API. An answer that is not a page is an error: it
// must never look like an empty room.

import { parsePage } from './payload.js';

/** @typedef {import('./payload.js').StoredMessage} StoredMessage */

export const PAGE_MAX = 200;
const TIMEOUT_MS = 10_000;

export class HistoryError extends Error {
  /**
   * @param {string} message
   * @param {number} retryAfterMs what the server asked for, or 0
   */
  constructor(message, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** @param {Response} response */
export async function describe(response) {
  const body = await response.json().catch(() => null);
  const message = body?.error?.message;
  const text = typeof message === 'string' ? message : response.statusText;
  return text ? `${response.status}, ${text}` : `${response.status}`;
}

/** @param {unknown} error */
function isTimeout(error) {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

/**
 * @param {URL} url
 * @param {typeof fetch} fetcher
 */
export async function request(url, fetcher) {
  try {
    return await fetcher(url, { cache: 'no-cache', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw new HistoryError(isTimeout(error) ? 'no answer' : 'the server cannot be reached');
  }
}

/**
 * @param {URL} base of the API, ending in a slash
 * @param {typeof fetch} fetcher
 */
export function createHistory(base, fetcher = (...args) => fetch(...args)) {
  /**
   * A page of messages, oldest first.
   * @param {{room: string, limit: number, after?: number}} query
   * @returns {Promise<StoredMessage[]>}
   */
  async function page(query) {
    const url = new URL('messages', base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    const response = await request(url, fetcher);
    if (!response.ok) {
      const seconds = Number(response.headers.get('Retry-After')) || 0;
      throw new HistoryError(await describe(response), seconds * 1000);
    }
    const items = parsePage(await response.json().catch(() => null));
    if (items === null) throw new HistoryError('the answer is not a page of messages');
    return items;
  }
  return { page };
}

/** @typedef {ReturnType<typeof createHistory>} HistoryApi */
