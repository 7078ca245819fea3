// How pages of the history get into the log, and how its window moves by them. All functions are
// pure.

import {
  append,
  cutEnd,
  emptyLog,
  indexOfSent,
  inOrder,
  isPending,
  looksLike,
  newRow,
  trimmed,
  withRow,
} from './log.js';

/** @typedef {import('./log.js').Log} Log */
/** @typedef {import('./log.js').Row} Row */
/** @typedef {import('./payload.js').StoredMessage} StoredMessage */

/**
 * items: oldest first. older, newer: whether there is more of it in that direction.
 * @typedef {{items: readonly StoredMessage[], older: boolean, newer: boolean}} Page
 */

/** The history, over HTTP, can overtake the live copy, over the WebSocket, but not by long. */
const OVERTAKE_MS = 3_000;

/**
 * @param {readonly Row[]} rows
 * @param {StoredMessage} item
 */
function indexOfStored(rows, item) {
  const byId = rows.findIndex((row) => row.id === item.id);
  if (byId >= 0) return byId;
  const bySender = indexOfSent(rows, item);
  if (bySender >= 0) return bySender;
  return rows.findIndex((row) => (row.id === null || row.guessed) && looksLike(row, item));
}

/**
 * Takes the id of this message from a row for which it was wrongly guessed.
 * @param {readonly Row[]} rows
 * @param {StoredMessage} item
 */
function withoutWrongGuess(rows, item) {
  const index = rows.findIndex((row) => row.id === item.id && row.guessed);
  if (index < 0 || looksLike(rows[index], item)) return rows;
  return withRow(rows, index, { id: null, ts: null, guessed: false });
}

/**
 * How a page of the history came: when, and whether live messages were coming in at the time.
 * @typedef {{now: number, live: boolean}} Reading
 */

/**
 * @param {Log} log
 * @param {StoredMessage} item
 * @param {Reading} reading
 * @returns {Log}
 */
function addStored(log, item, { now, live }) {
  const { id, ts, nickname, text, clientId, msgId } = item;
  const message = { nickname, text, clientId, msgId };
  /** @type {Partial<Row>} */
  const facts = { ...message, id, ts, guessed: false, state: 'stored', reason: '' };
  const rows = withoutWrongGuess(log.rows, item);
  const index = indexOfStored(rows, item);
  if (index >= 0) return { ...log, rows: withRow(rows, index, facts) };
  const aheadUntil = live && msgId === null ? now + OVERTAKE_MS : 0;
  return append({ ...log, rows }, { ...newRow(item, log.nextKey, now), ...facts, aheadUntil });
}

/**
 * @param {Log} log
 * @param {readonly StoredMessage[]} items
 * @param {Reading} reading
 * @returns {Log}
 */
function addAll(log, items, reading) {
  const next = items.reduce((rest, item) => addStored(rest, item, reading), log);
  return { ...next, rows: inOrder(next.rows) };
}

/**
 * The page with which a room is opened, or another place in it. If it is the newest, live rows may be
 * older than it, with a gap after them: the history is then read on from the oldest of those.
 * @param {Log} log
 * @param {Page} page
 * @param {Reading} reading
 * @returns {Log}
 */
export function openHistory(log, { items, older, newer }, reading) {
  if (newer || log.first !== null) log = onlyPending(log);
  const start = items[0]?.id ?? 0;
  const before = log.rows.flatMap(({ id }) => (id !== null && id < start ? [id] : []));
  const first = Math.min(start, ...before);
  const cursor = before.length > 0 ? first - 1 : (items.at(-1)?.id ?? 0);
  const next = addAll(log, items, reading);
  const wanted = newer || before.length > 0 || next.rows.some(({ id }) => id === null);
  const edges = { start: !older && before.length === 0, tail: !newer };
  return trimmed({ ...next, ...edges, first, cursor, wanted });
}

/**
 * The page that follows the cursor.
 * @param {Log} log
 * @param {Page} page
 * @param {Reading} reading
 * @returns {Log}
 */
export function extendHistory(log, { items, newer }, reading) {
  const next = addAll(log, items, reading);
  const cursor = Math.max(log.cursor, items.at(-1)?.id ?? 0);
  return trimmed({ ...next, cursor, tail: log.tail || !newer });
}

/**
 * The page that precedes the first row.
 * @param {Log} log
 * @param {Page} page
 * @param {Reading} reading
 * @returns {Log}
 */
export function prependHistory(log, { items, older }, { now }) {
  const next = addAll(log, items, { now, live: false });
  return cutEnd({ ...next, first: items[0]?.id ?? log.first, start: !older });
}

/**
 * Leaves the place in the history: what is pending stays, and the newest page is to be read.
 * @param {Log} log
 * @returns {Log}
 */
export function onlyPending(log) {
  return { ...emptyLog(), rows: log.rows.filter(isPending), nextKey: log.nextKey };
}

/**
 * The history was read to its end, in a reading that began at `began`.
 * @param {Log} log
 * @param {number} began
 * @returns {Log}
 */
export function endHistory(log, began) {
  const seek = (/** @type {Row} */ row) =>
    row.state === 'live' && row.at < began && !row.sought ? { ...row, sought: true } : row;
  return { ...log, rows: log.rows.map(seek) };
}
