// Reads pages of a room's history from the HTTP API. An answer that is not a page is an error: it
// must never look like an empty room.

import { parsePage, parseRooms } from './payload.js';

/**
 * @typedef {{room: string, limit: number, before?: number, after?: number, around?: number,
 *   since?: string}} Query since: a time, as RFC 3339 has it
 */

export const PAGE_MAX = 200;
/** So many rooms are asked for: of more, those that are talked in most lately. */
export const LIST_MAX = 200;
const TIMEOUT_MS = 10_000;

export class HistoryError extends Error {
  /**
   * @param {string} message
   * @param {number} [retryAfterMs] what the server asked for, or 0
   * @param {number} [status] of the answer, if there was one
   */
  constructor(message, retryAfterMs = 0, status = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.status = status;
  }
}

/** @param {Response} response */
export async function describeError(response) {
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
  /** @param {URL} url */
  async function get(url) {
    const response = await request(url, fetcher);
    if (response.ok) return response;
    const seconds = Number(response.headers.get('Retry-After')) || 0;
    throw new HistoryError(await describeError(response), seconds * 1000, response.status);
  }

  /**
   * A page of messages, oldest first.
   * @param {Query} query at most one of the last four
   * @returns {Promise<import('./pages.js').Page>}
   */
  async function page(query) {
    const url = new URL('messages', base);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    const response = await get(url);
    const items = parsePage(await response.json().catch(() => null));
    if (items === null) throw new HistoryError('the answer is not a page of messages');
    const link = response.headers.get('Link') ?? '';
    return { items, older: link.includes('rel="prev"'), newer: link.includes('rel="next"') };
  }

  /**
   * The LIST_MAX rooms with the newest messages; none where the API does not tell.
   * @param {string} [part] of their names
   */
  async function rooms(part = '') {
    const url = new URL('rooms', base);
    url.searchParams.set('limit', String(LIST_MAX));
    if (part) url.searchParams.set('q', part);
    try {
      return parseRooms(await (await get(url)).json());
    } catch {
      return [];
    }
  }
  return { page, rooms };
}

/** @typedef {ReturnType<typeof createHistory>} HistoryApi */
