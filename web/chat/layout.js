// What stands in the log, from the top: the messages, and the lines between them. Pure.

import { isPending } from './log.js';

/** @typedef {import('./log.js').Row} Row */
/** @typedef {import('./room.js').Room} Room */

/**
 * lead: it follows a line. head: the name of its author stands above it. Lines have keys that rows
 * cannot have.
 * @typedef {{kind: 'row', key: number, row: Row, lead: boolean, head: boolean}
 *   | {kind: 'day', key: string, time: Date}
 *   | {kind: 'folded', key: string, keys: number[]}
 *   | {kind: 'new' | 'start', key: string}} Item
 */

/** Longer after the last, one's next message has one's name again. */
const TOGETHER_MS = 5 * 60_000;

/** All rows are laid out anew for each change. @type {WeakMap<Row, {time: Date, day: string}>} */
const times = new WeakMap();

/** @param {Row} row */
function timeAndDay(row) {
  const before = times.get(row);
  if (before) return before;
  const time = new Date(row.ts ?? row.at);
  const both = { time, day: time.toDateString() };
  times.set(row, both);
  return both;
}

/** When the message was written: by the server's clock, once it is known. @param {Row} row */
export const timeOf = (row) => timeAndDay(row).time;

/**
 * Whether a message needs no name of its own after the one before.
 * @param {Row | undefined} before
 * @param {Row} row
 */
function continues(before, row) {
  if (!before || before.nickname !== row.nickname || before.clientId !== row.clientId) return false;
  return Math.abs(timeOf(row).getTime() - timeOf(before).getTime()) <= TOGETHER_MS;
}

/** @param {Row} row @param {number | null} newFrom @param {import('./room.js').IsOwn} isOwn */
function isNew(row, newFrom, isOwn) {
  return newFrom !== null && !isOwn(row) && (row.id === null || row.id > newFrom);
}

/**
 * What is pending belongs to the end, and is not shown where the end is not.
 * @param {Room} room
 * @param {import('./room.js').IsOwn} isOwn
 * @param {(row: Row) => boolean} [isFolded] whether only that it is there is shown
 * @returns {Item[]}
 */
export function layOut({ log, newFrom }, isOwn, isFolded = () => false) {
  const rows = log.tail ? log.rows : log.rows.filter((row) => row.id !== null && !isPending(row));
  /** @type {Item[]} */
  const items = log.start && rows.length > 0 ? [{ kind: 'start', key: 'start' }] : [];
  let before = /** @type {Row | undefined} */ (undefined);
  let line = newFrom;
  for (const row of rows) {
    const { time, day } = timeAndDay(row);
    if (!before || timeAndDay(before).day !== day) {
      // The same day comes twice where a clock was set back.
      items.push({ kind: 'day', key: `${day} ${row.key}`, time });
      before = undefined;
    }
    if (isNew(row, line, isOwn)) {
      items.push({ kind: 'new', key: 'new' });
      before = undefined;
      line = null;
    }
    const lead = before === undefined;
    const last = items.at(-1);
    if (isFolded(row)) {
      if (last?.kind === 'folded') last.keys.push(row.key);
      else items.push({ kind: 'folded', key: `folded ${row.key}`, keys: [row.key] });
    } else items.push({ kind: 'row', key: row.key, row, lead, head: !continues(before, row) });
    before = row;
  }
  return items;
}
