// Searches the history over HTTP. What matched comes as segments of plain text.

import { describeError, HistoryError, request } from './history.js';
import { isRoom, parsePage } from './payload.js';

/** @typedef {{text: string, match: boolean}} Segment */
/** @typedef {import('./payload.js').StoredMessage & {room: string, snippet: Segment[]}} Match */
/** @typedef {{matches: Match[], older: boolean}} Page oldest first; whether there are older ones */

export const SEARCH_LIMIT = 20;

/**
 * @param {unknown} value
 * @returns {Segment[] | null}
 */
function parseSnippet(value) {
  if (!Array.isArray(value) || value.length === 0) return null;
  if (!value.every((segment) => typeof segment?.text === 'string')) return null;
  return value.map(({ text, match }) => ({ text, match: match === true }));
}

/**
 * @param {unknown} value
 * @returns {Match[] | null} null where it is anything else than a page of matches
 */
export function parseMatches(value) {
  const page = parsePage(value);
  if (page === null || !Array.isArray(value)) return null;
  /** @type {Match[]} */
  const matches = [];
  for (const [i, message] of page.entries()) {
    const { room } = value[i];
    const snippet = parseSnippet(value[i].snippet);
    if (snippet === null || typeof room !== 'string' || !isRoom(room)) return null;
    matches.push({ ...message, room, snippet });
  }
  return matches;
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
    if (!response.ok) throw new HistoryError(await describeError(response));
    const matches = parseMatches(await response.json().catch(() => null));
    if (matches === null) throw new HistoryError('the answer is not a page of matches');
    return { matches, older: hasPrevious(response.headers.get('Link')) };
  };
}

/** @typedef {ReturnType<typeof createSearch>} Search */
