// The messages of a room, put together from three sources that overlap and arrive in any order:
// live copies, the logger's receipts, and pages of the history. All functions are pure; `now` is in
// milliseconds and comes with the event.
//
// Rows with an id are in the order of their ids; rows without one follow, in the order of arrival.
// From `first` to `cursor` the room is known without a gap. Only pages of the history move `cursor`:
// a receipt for 12 says nothing of 11, since ids are shared with other rooms.

/** @typedef {import('./payload.js').Message} Message */
/** @typedef {import('./payload.js').Receipt} Receipt */
/** @typedef {import('./payload.js').Rejection} Rejection */
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
 * @property {boolean} wanted there is something in the history that is not here
 * @property {number} nextKey
 */

/** Rows that are kept; the oldest go first. */
export const ROWS_MAX = 500;
/** Ids beyond the cursor before a page of the history is asked to confirm them. */
const UNCONFIRMED_MAX = 100;
/** The history, over HTTP, can overtake the live copy, over the WebSocket, but not by long. */
const OVERTAKE_MS = 3_000;
/** The first wait for a receipt; each that was in vain doubles the next. */
const RESEND_MS = 3_000;
const RESEND_MAX_MS = 60_000;
/** So many waits in vain, and the page says so: the first time it was sent, and the second. */
const LATE_AFTER = 2;

/** @returns {Log} */
export function emptyLog() {
  return { rows: [], first: null, cursor: 0, wanted: false, nextKey: 1 };
}

/**
 * @param {Message} message
 * @param {number} key
 * @param {number} now
 * @returns {Row}
 */
function newRow({ nickname, text, clientId, msgId }, key, now) {
  return {
    ...{ nickname, text, clientId, msgId, key, at: now },
    ...{ id: null, guessed: false, ts: null, state: 'live', reason: '' },
    ...{ tries: 0, unanswered: 0, retryAt: 0, aheadUntil: 0, sought: false },
  };
}

/**
 * @param {readonly Row[]} rows
 * @param {{clientId: string | null, msgId: string | null}} sender
 */
function indexOfSent(rows, { clientId, msgId }) {
  if (msgId === null) return -1;
  return rows.findIndex((row) => row.msgId === msgId && row.clientId === clientId);
}

/**
 * Whether two messages without msgId may be the same one.
 * @param {Message} a
 * @param {Message} b
 */
function looksLike(a, b) {
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
function withRow(rows, index, change) {
  return rows.map((row, i) => (i === index ? { ...row, ...change } : row));
}

/** @param {readonly Row[]} rows */
function inOrder(rows) {
  const place = (/** @type {Row} */ row) => row.id ?? Number.POSITIVE_INFINITY;
  return [...rows].sort((a, b) => (place(a) === place(b) ? a.key - b.key : place(a) - place(b)));
}

/**
 * @param {Log} log
 * @param {Row} row
 * @returns {Log}
 */
function append(log, row) {
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
  if (indexOfSent(log.rows, message) >= 0) return log;
  const ahead = log.rows.findIndex((row) => row.aheadUntil > now && looksLike(row, message));
  if (ahead >= 0) return { ...log, rows: withRow(log.rows, ahead, { aheadUntil: 0 }) };
  return trimmed(append(log, newRow(message, log.nextKey, now)));
}

/**
 * A message of our own, on its way.
 * @param {Log} log
 * @param {Message} message
 * @param {number} now
 * @returns {Log}
 */
export function addOwn(log, message, now) {
  return append(log, { ...newRow(message, log.nextKey, now), state: 'sending' });
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
 * @param {Log} log
 * @param {readonly Receipt[]} receipts
 * @returns {Log}
 */
export function addReceipts(log, receipts) {
  const next = receipts.reduce(applyReceipt, log);
  const unconfirmed = next.rows.filter(({ id }) => id !== null && id > next.cursor).length;
  const wanted = next.wanted || unconfirmed >= UNCONFIRMED_MAX;
  return trimmed({ ...next, wanted, rows: inOrder(next.rows) });
}

/**
 * The logger cannot store it. Only what is ours to send fails here: others have their own page.
 * @param {Log} log
 * @param {Rejection} rejection
 * @returns {Log}
 */
export function addRejection(log, rejection) {
  const index = indexOfSent(log.rows, rejection);
  return index < 0 ? log : fail(log, log.rows[index].key, rejection.reason);
}

/**
 * @param {readonly Row[]} rows
 * @param {number} key
 */
function indexOfSending(rows, key) {
  return rows.findIndex((row) => row.key === key && row.state === 'sending');
}

/**
 * @param {Log} log
 * @param {number} key
 * @param {string} reason
 * @returns {Log}
 */
export function fail(log, key, reason) {
  const index = indexOfSending(log.rows, key);
  if (index < 0) return log;
  return { ...log, rows: withRow(log.rows, index, { state: 'failed', reason }) };
}

/**
 * It was sent: for the first time, because its wait was over, or because it was made due at once.
 * @param {Log} log
 * @param {number} key
 * @param {number} now
 * @returns {Log}
 */
export function markSent(log, key, now) {
  const index = indexOfSending(log.rows, key);
  if (index < 0) return log;
  const row = log.rows[index];
  const unanswered = row.unanswered + (row.retryAt > 0 ? 1 : 0);
  const retryAt = now + Math.min(RESEND_MAX_MS, RESEND_MS * 2 ** unanswered);
  const change = { tries: row.tries + 1, unanswered, retryAt };
  return { ...log, rows: withRow(log.rows, index, change) };
}

/**
 * Makes it due at once, whatever it waits for.
 * @param {Log} log
 * @param {number} key
 * @returns {Log}
 */
export function sendAgain(log, key) {
  const index = indexOfSending(log.rows, key);
  return index < 0 ? log : { ...log, rows: withRow(log.rows, index, { retryAt: 0 }) };
}

/**
 * Whether its receipt should have been here by now.
 * @param {Row} row
 */
export function isLate(row) {
  return row.state === 'sending' && row.unanswered >= LATE_AFTER;
}

/**
 * On another connection, whatever has no receipt is due at once, and nothing was in vain yet.
 * @param {Log} log
 * @returns {Log}
 */
export function sendAllAgain(log) {
  const again = (/** @type {Row} */ row) =>
    row.state === 'sending' ? { ...row, retryAt: 0, unanswered: 0 } : row;
  return { ...log, rows: log.rows.map(again) };
}

/**
 * What is to be sent, oldest first.
 * @param {Log} log
 */
export function outbox(log) {
  return log.rows.filter((row) => row.state === 'sending');
}

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
 * The newest page, with which a room is opened. Live rows that are older than it may have a gap
 * after them, so the history is then read on from the oldest of those.
 * @param {Log} log
 * @param {readonly StoredMessage[]} items oldest first
 * @param {Reading} reading
 * @returns {Log}
 */
export function openHistory(log, items, reading) {
  const start = items[0]?.id ?? 0;
  const older = log.rows.flatMap(({ id }) => (id !== null && id < start ? [id] : []));
  const first = Math.min(start, ...older);
  const cursor = older.length > 0 ? first - 1 : (items.at(-1)?.id ?? 0);
  const next = items.reduce((rest, item) => addStored(rest, item, reading), log);
  const wanted = older.length > 0 || next.rows.some(({ id }) => id === null);
  return trimmed({ ...next, rows: inOrder(next.rows), first, cursor, wanted });
}

/**
 * The page that follows the cursor.
 * @param {Log} log
 * @param {readonly StoredMessage[]} items oldest first
 * @param {Reading} reading
 * @returns {Log}
 */
export function extendHistory(log, items, reading) {
  const next = items.reduce((rest, item) => addStored(rest, item, reading), log);
  const cursor = Math.max(log.cursor, items.at(-1)?.id ?? 0);
  return trimmed({ ...next, rows: inOrder(next.rows), cursor });
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

/**
 * Drops the oldest rows if there are too many, but never what is ours and not stored. Whatever is
 * dropped from beyond the cursor comes back with the next page of the history.
 * @param {Log} log
 * @returns {Log}
 */
function trimmed(log) {
  const surplus = log.rows.length - ROWS_MAX;
  if (surplus <= 0) return log;
  const ours = (/** @type {Row} */ row) => row.state === 'sending' || row.state === 'failed';
  const rows = log.rows.filter((row, i) => i >= surplus || ours(row));
  return { ...log, rows, first: rows[0].id ?? log.first };
}
