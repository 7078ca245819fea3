// The messages of a room, put together from three sources that overlap and arrive in any order:
// live copies, the logger's receipts, and pages of the history. All functions are pure; `now` is in
// milliseconds and comes with the event.
//
// Rows with an id are in the order of their ids; rows without one follow, in the order of arrival.
// From `first` to `cursor` the room is known without a gap. Only pages of the history move `cursor`:
// a receipt for 12 says nothing of 11, since ids are shared with other rooms. But it names the id
// before it in the room, so one that is not here is noticed. It is a window that pages.js moves; while it does not reach to the newest message, nothing live is added to it.

/** @typedef {import('./payload.js').Message} Message */
/** @typedef {import('./payload.js').Receipt} Receipt */
/** @typedef {import('./payload.js').StoredMessage} StoredMessage */

/**
 * live: somebody else's, shown before it is known to be stored. sending: ours, until then.
 * @typedef {'live' | 'sending' | 'stored' | 'failed'} RowState
 */

/**
 * @typedef {object} RowFacts
 * @property {number} key stays the same as the row changes
 * @property {number | null} id
 * @property {boolean} guessed the id is from a receipt without msgId: good for the order, and to be
 *   confirmed by the history
 * @property {string | null} ts the server's time
 * @property {number} at when this page saw it first
 * @property {RowState} state
 * @property {string} reason why it failed
 * @property {number} tries how often it was sent
 * @property {number} unanswered how many of those, on this connection, waited for a receipt in vain
 * @property {number} retryAt when it is sent again unless it is stored by then
 * @property {number} aheadUntil a row that the history brought, without msgId: until when a live
 *   copy may still turn up that is the same message; 0 for never
 * @property {boolean} sought the history was read to its end and did not have it
 */

/** @typedef {Readonly<Message & RowFacts>} Row */

/**
 * @typedef {object} Log
 * @property {readonly Row[]} rows
 * @property {number | null} first null until there was a page of the history
 * @property {number} cursor
 * @property {boolean} start there is nothing older in the room
 * @property {boolean} tail the window reaches to the newest message
 * @property {boolean} held the reader looks at older rows, which therefore have to stay
 * @property {boolean} wanted there is something in the history that is not here
 * @property {number} nextKey
 */

/** Rows that the window holds. */
export const ROWS_MAX = 300;
/** And so many more, until the oldest go together: each time all rows that stay are moved. */
export const ROWS_SPARE = 20;
/** Ids beyond the cursor before a page of the history is asked to confirm them. */
const UNCONFIRMED_MAX = 100;

/** @returns {Log} */
export function emptyLog() {
  return {
    rows: [],
    first: null,
    cursor: 0,
    start: false,
    tail: true,
    held: false,
    wanted: false,
    nextKey: 1,
  };
}

/**
 * @param {Message} message
 * @param {number} key
 * @param {number} now
 * @returns {Row}
 */
export function newRow({ nickname, text, clientId, msgId }, key, now) {
  return {
    nickname,
    text,
    clientId,
    msgId,
    key,
    at: now,
    id: null,
    guessed: false,
    ts: null,
    state: 'live',
    reason: '',
    tries: 0,
    unanswered: 0,
    retryAt: 0,
    aheadUntil: 0,
    sought: false,
  };
}

/**
 * @param {readonly Row[]} rows
 * @param {{clientId: string | null, msgId: string | null}} sender
 */
export function indexOfSent(rows, { clientId, msgId }) {
  if (msgId === null) return -1;
  return rows.findIndex((row) => row.msgId === msgId && row.clientId === clientId);
}

/**
 * Whether two messages without msgId may be the same one.
 * @param {Message} a
 * @param {Message} b
 */
export function looksLike(a, b) {
  return (
    a.msgId === null &&
    b.msgId === null &&
    a.nickname === b.nickname &&
    a.clientId === b.clientId &&
    a.text.trim() === b.text.trim()
  );
}

/**
 * @param {readonly Row[]} rows
 * @param {number} index
 * @param {Partial<Row>} change
 */
export function withRow(rows, index, change) {
  return rows.map((row, i) => (i === index ? { ...row, ...change } : row));
}

/** @param {readonly Row[]} rows */
export function inOrder(rows) {
  const rank = (/** @type {Row} */ row) => row.id ?? Number.POSITIVE_INFINITY;
  return [...rows].sort((a, b) => (rank(a) === rank(b) ? a.key - b.key : rank(a) - rank(b)));
}

/**
 * What this page has to see stored: it is never dropped.
 * @param {Row} row
 */
export function isPending(row) {
  return row.state === 'sending' || row.state === 'failed';
}

/**
 * @param {Log} log
 * @param {Row} row
 * @returns {Log}
 */
export function append(log, row) {
  return { ...log, rows: [...log.rows, row], nextKey: log.nextKey + 1 };
}

/**
 * A message as it came from the broker.
 * @param {Log} log
 * @param {Message} message
 * @param {number} now
 * @returns {Log}
 */
export function addLive(log, message, now) {
  if (!log.tail || indexOfSent(log.rows, message) >= 0) return log;
  const ahead = log.rows.findIndex((row) => row.aheadUntil > now && looksLike(row, message));
  if (ahead >= 0) return { ...log, rows: withRow(log.rows, ahead, { aheadUntil: 0 }) };
  return trimmed(append(log, newRow(message, log.nextKey, now)));
}

/**
 * A receipt for what is not here, or here without msgId. Then the first such row is probably meant,
 * since receipts come in the order of the messages; which one it is only the history can tell.
 * @param {Log} log
 * @param {Receipt} receipt
 * @returns {Log}
 */
function guess(log, { id, ts, clientId, msgId }) {
  if (id <= log.cursor || log.rows.some((row) => row.id === id)) return log;
  const index = log.rows.findIndex(
    (row) => row.id === null && row.msgId === null && row.clientId === clientId,
  );
  if (msgId !== null || index < 0) return { ...log, wanted: true };
  return { ...log, wanted: true, rows: withRow(log.rows, index, { id, ts, guessed: true }) };
}

/**
 * @param {Log} log
 * @param {Receipt} receipt
 * @returns {Log}
 */
function applyReceipt(log, receipt) {
  const index = indexOfSent(log.rows, receipt);
  const row = log.rows[index];
  if (!row) return guess(log, receipt);
  if (row.id !== null) return log;
  // Somebody sent again what was stored before our oldest row: it belongs above, out of sight.
  if (row.state === 'live' && log.first !== null && receipt.id < log.first) {
    return { ...log, rows: log.rows.filter((other) => other !== row) };
  }
  const passed = log.rows.slice(0, index).some((other) => other.state === 'live' && !other.sought);
  const rows = withRow(log.rows, index, { id: receipt.id, ts: receipt.ts, state: 'stored' });
  return { ...log, rows, wanted: log.wanted || passed };
}

/**
 * Whether the message before it in the room is not here.
 * @param {Log} log
 * @param {Receipt} receipt
 */
function leavesGap({ first, cursor, rows }, { prev }) {
  return first !== null && (prev ?? 0) > cursor && !rows.some(({ id }) => id === prev);
}

/**
 * Where the window does not reach: only what was pending is settled by it.
 * @param {Log} log
 * @param {readonly Receipt[]} receipts
 * @returns {Log}
 */
function settlePending(log, receipts) {
  const settled = receipts.map((receipt) => log.rows[indexOfSent(log.rows, receipt)]);
  const rows = log.rows.filter((row) => !isPending(row) || !settled.includes(row));
  return { ...log, rows, wanted: true };
}

/**
 * @param {Log} log
 * @param {readonly Receipt[]} receipts
 * @returns {Log}
 */
export function addReceipts(log, receipts) {
  if (!log.tail) return settlePending(log, receipts);
  const next = receipts.reduce((before, receipt) => {
    const after = applyReceipt(before, receipt);
    return leavesGap(before, receipt) ? { ...after, wanted: true } : after;
  }, log);
  const unconfirmed = next.rows.filter(({ id }) => id !== null && id > next.cursor).length;
  const wanted = next.wanted || unconfirmed >= UNCONFIRMED_MAX;
  return trimmed({ ...next, wanted, rows: inOrder(next.rows) });
}

/**
 * Keeps the window small, at the end that the reader is not at. What is dropped from beyond the
 * cursor comes back with the next page of the history.
 * @param {Log} log
 * @returns {Log}
 */
export function trimmed(log) {
  return log.held && log.tail ? cutEnd(log) : cutStart(log);
}

/**
 * @param {Log} log
 * @returns {Log}
 */
export function cutStart(log) {
  const surplus = log.rows.length - ROWS_MAX;
  if (surplus <= ROWS_SPARE) return log;
  const rows = log.rows.filter((row, i) => i >= surplus || isPending(row));
  const first = rows[0].id ?? log.first;
  // What was dropped need not be confirmed any more.
  return { ...log, rows, first, cursor: Math.max(log.cursor, (first ?? 0) - 1), start: false };
}

/**
 * @param {Log} log
 * @returns {Log}
 */
export function cutEnd(log) {
  if (log.rows.length <= ROWS_MAX) return log;
  const rows = log.rows.filter((row, i) => i < ROWS_MAX || isPending(row));
  const dropped = rows.length < log.rows.length;
  const last = rows.findLast((row) => row.id !== null)?.id ?? log.cursor;
  return { ...log, rows, cursor: Math.min(log.cursor, last), tail: log.tail && !dropped };
}
