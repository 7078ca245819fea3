// Searches the history over HTTP. What matched comes as segments of plain text.

import { describe, HistoryError, request } from './history.js';
import { isRoom, parsePage } from './payload.js';

/** @typedef {{text: string, match: boolean}} Segment */
/** @typedef {import('./payload.js').StoredMessage & {room: string, snippet: Segment[]}} Match */
/** @typedef {{matches: Match[], older: boolean}} Page oldest first; whether there are older ones */

export const SEARCH_LIMIT = 20;

/**
 * @param {unknown} value
 * @returns {value is Segment}
 */
function isSegment(value) {
  const segment = Object(value);
  return typeof segment.text === 'string' && typeof segment.match === 'boolean';
}

/**
 * @param {unknown} value
 * @returns {Match[] | null} null where it is anything else than a page of matches
 */
export function parseMatches(value) {
  const page = parsePage(value);
  if (page === null || !Array.isArray(value)) return null;
  const good = value.every(
    ({ room, snippet }) =>
      typeof room === 'string' &&
      isRoom(room) &&
      Array.isArray(snippet) &&
      snippet.length > 0 &&
      snippet.every(isSegment),
  );
  if (!good) return null;
  return page.map((message, i) => ({ ...message, room: value[i].room, snippet: value[i].snippet }));
}

/** @param {string | null} header */
export function hasPrevious(header) {
  return /;\s*rel="?prev"?/.test(header ?? '');
}

/**
 * @param {URL} base of the API, ending in a slash
 * @param {typeof fetch} fetcher
 */
export function createSearch(base, fetcher = (...args) => fetch(...args)) {
  /**
   * @param {{q: string, room?: string, before?: number}} query without a room: in all of them
   * @returns {Promise<Page>}
   */
  return async function search(query) {
    const url = new URL('search', base);
    for (const [name, value] of Object.entries({ ...query, limit: SEARCH_LIMIT })) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const response = await request(url, fetcher);
    if (!response.ok) throw new HistoryError(await describe(response));
    const matches = parseMatches(await response.json().catch(() => null));
    if (matches === null) throw new HistoryError('the answer is not a page of matches');
    return { matches, older: hasPrevious(response.headers.get('Link')) };
  };
}

/** @typedef {ReturnType<typeof createSearch>} Search */
