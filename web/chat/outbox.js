// What of a room's messages is ours to send: from the first try until it is stored, refused or given
// up. All functions are pure; `now` is in milliseconds and comes with the event.

import { append, indexOfSent, isPending, newRow, withRow } from './log.js';

/** @typedef {import('./log.js').Log} Log */
/** @typedef {import('./log.js').Row} Row */
/** @typedef {import('./payload.js').Message} Message */
/** @typedef {import('./payload.js').Rejection} Rejection */

/** The first wait for a receipt; each that was in vain doubles the next. */
const RESEND_MS = 3_000;
const RESEND_MAX_MS = 60_000;
/** So many waits in vain, and the page says so: the first time it was sent, and the second. */
const LATE_AFTER = 2;

/**
 * A message of our own, on its way.
 * @param {Log} log
 * @param {Message} message
 * @param {number} now
 * @param {number} [tries] it was sent before
 * @returns {Log}
 */
export function addOwn(log, message, now, tries = 0) {
  return append(log, { ...newRow(message, log.nextKey, now), state: 'sending', tries });
}

/**
 * What was never sent is from now on this sender's. What was may be stored already, under the ids that
 * it has: with others it would be another message.
 * @param {Log} log
 * @param {{clientId: string, nickname: string}} sender
 * @returns {Log}
 */
export function claimUnsent(log, { clientId, nickname }) {
  const claim = (/** @type {Row} */ row) =>
    isPending(row) && row.tries === 0 ? { ...row, clientId, nickname } : row;
  return { ...log, rows: log.rows.map(claim) };
}

/** How the guard says that it takes nothing more of a sender for a while: "too fast, try again in 3 s". */
const TOO_FAST = /^too fast\D*(\d{1,2})?/;
/** Where it does not say for how long. */
const TOO_FAST_S = 5;

/**
 * It is not stored. Only what is ours to send fails here: others have their own page. The broker may
 * have refused it already, without a reason. What came too fast is sent again.
 * @param {Log} log
 * @param {Rejection} rejection
 * @param {number} now
 * @returns {Log}
 */
export function addRejection(log, { reason, ...sent }, now) {
  const row = log.rows[indexOfSent(log.rows, sent)];
  if (!row || !isPending(row)) return log;
  const [fast, seconds = TOO_FAST_S] = TOO_FAST.exec(reason) ?? [];
  const again = { unanswered: 0, retryAt: now + (Number(seconds) + 1) * 1000 };
  const change = fast
    ? { ...again, reason, state: /** @type {const} */ ('sending') }
    : { reason, state: /** @type {const} */ ('failed') };
  return { ...log, rows: withRow(log.rows, log.rows.indexOf(row), change) };
}

/**
 * @param {readonly Row[]} rows
 * @param {number} key
 */
function indexOfSending(rows, key) {
  return rows.findIndex((row) => row.key === key && row.state === 'sending');
}

/**
 * The broker refuses it, unless a rejection has said more.
 * @param {Log} log
 * @param {number} key
 * @param {string} reason
 * @returns {Log}
 */
export function fail(log, key, reason) {
  const index = indexOfSending(log.rows, key);
  if (index < 0 || log.rows[index].reason) return log;
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
  const change = { tries: row.tries + 1, unanswered, retryAt, reason: '' };
  return { ...log, rows: withRow(log.rows, index, change) };
}

/**
 * Makes it due at once, whatever it waits for, or why ever it failed. What failed under somebody else's
 * id is from now on this sender's.
 * @param {Log} log
 * @param {number} key
 * @param {{clientId: string, nickname: string}} sender
 * @returns {Log}
 */
export function sendAgain(log, key, { clientId, nickname }) {
  const index = log.rows.findIndex((row) => row.key === key && isPending(row));
  const row = log.rows[index];
  if (!row) return log;
  const again = /** @type {const} */ ({ state: 'sending', reason: '', retryAt: 0 });
  const other = row.state === 'failed' && row.clientId !== clientId;
  const change = other ? { ...again, clientId, nickname, tries: 0 } : again;
  return { ...log, rows: withRow(log.rows, index, change) };
}

/**
 * Gives up what was not stored.
 * @param {Log} log
 * @param {string | null} msgId
 * @returns {Log}
 */
export function discard(log, msgId) {
  const rows = log.rows.filter((row) => row.msgId !== msgId || !isPending(row));
  return rows.length === log.rows.length ? log : { ...log, rows };
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
export function toSend(log) {
  return log.rows.filter((row) => row.state === 'sending');
}
