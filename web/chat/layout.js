// What stands in the log, from the top: the messages, and the lines between them. Pure.

import { isPending } from './log.js';
import { isSameDay } from './times.js';

/** @typedef {import('./log.js').Row} Row */
/** @typedef {import('./room.js').Room} Room */

/**
 * head: the name of its author stands above it. Lines have keys that rows cannot have.
 * @typedef {{kind: 'row', key: number, row: Row, head: boolean}
 *   | {kind: 'day', key: string, time: Date}
 *   | {kind: 'new' | 'start', key: string}} Item
 */

/** Longer after the last, one's next message has one's name again. */
const TOGETHER_MS = 5 * 60_000;

/** @type {WeakMap<Row, Date>} */
const times = new WeakMap();

/** When the message was written: by the server's clock, once it is known. @param {Row} row */
export function timeOf(row) {
  const known = times.get(row);
  if (known) return known;
  const time = new Date(row.ts ?? row.at);
  times.set(row, time);
  return time;
}

/**
 * Whether a message needs no name of its own after the one before.
 * @param {Row | undefined} before
 * @param {Row} row
 */
function continues(before, row) {
  if (!before || before.nickname !== row.nickname || before.clientId !== row.clientId) return false;
  return timeOf(row).getTime() - timeOf(before).getTime() <= TOGETHER_MS;
}

/** @param {Row} row @param {number | null} newFrom @param {string} own */
function isNew(row, newFrom, own) {
  return newFrom !== null && row.clientId !== own && (row.id === null || row.id > newFrom);
}

/**
 * What is pending belongs to the end, and is not shown where the end is not.
 * @param {Room} room
 * @param {string} own client id
 * @returns {Item[]}
 */
export function layOut({ log, newFrom }, own) {
  const rows = log.tail ? log.rows : log.rows.filter((row) => row.id !== null && !isPending(row));
  /** @type {Item[]} */
  const items = log.start && rows.length > 0 ? [{ kind: 'start', key: 'start' }] : [];
  let before = /** @type {Row | undefined} */ (undefined);
  let line = newFrom;
  for (const row of rows) {
    const time = timeOf(row);
    if (!before || !isSameDay(timeOf(before), time)) {
      items.push({ kind: 'day', key: time.toDateString(), time });
      before = undefined;
    }
    if (isNew(row, line, own)) {
      items.push({ kind: 'new', key: 'new' });
      before = undefined;
      line = null;
    }
    items.push({ kind: 'row', key: row.key, row, head: !continues(before, row) });
    before = row;
  }
  return items;
}
