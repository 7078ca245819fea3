// What a search is narrowed by: operators, as they are typed, become filters that can be taken away
// again. Pure.

import { isRoom } from './payload.js';

/** @typedef {'from' | 'notFrom' | 'in' | 'after' | 'before'} Kind */
/** @typedef {{kind: Kind, value: string}} Filter value: a name, a room, a day as 2026-01-31 */

/** A value in quotes may have blanks. */
const OPERATOR = /(?<=^|\s)(-?)(from|in|after|before):(?:"([^"]+)"|([^\s"]+))(?=\s|$)/gu;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** @param {string} value */
const isDay = (value) => DAY.test(value) && !Number.isNaN(Date.parse(value));

/** @type {Record<string, (value: string) => boolean>} */
const CHECKS = { from: () => true, in: isRoom, after: isDay, before: isDay };

/** @param {string} sign @param {string} name @param {string} value @returns {Filter | null} */
function makeFilter(sign, name, value) {
  if (!CHECKS[name](value) || (sign !== '' && name !== 'from')) return null;
  return { kind: sign ? 'notFrom' : /** @type {Kind} */ (name), value };
}

/**
 * Takes the operators out of a text. What the server would refuse stays in it, to be mended.
 * @param {string} typed
 * @returns {{filters: Filter[], words: string}}
 */
export function takeFilters(typed) {
  /** @type {Filter[]} */
  const filters = [];
  const words = typed.replace(OPERATOR, (all, sign, name, quoted, bare) => {
    const filter = makeFilter(sign, name, quoted ?? bare);
    if (filter) filters.push(filter);
    return filter ? '' : all;
  });
  return { filters, words: filters.length > 0 ? words.trim().replace(/\s+/g, ' ') : typed };
}

/**
 * A search is in one room, and between two days; names may be several.
 * @param {readonly Filter[]} filters
 * @param {Filter} added
 */
export function withFilter(filters, added) {
  const several = added.kind === 'from' || added.kind === 'notFrom';
  const others = filters.filter(
    ({ kind, value }) => kind !== added.kind || (several && value !== added.value),
  );
  return [...others, added];
}

/** A day begins where the reader is. @param {string} day */
function dayStart(day) {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(year, month - 1, date).toISOString();
}

/** @param {Filter} filter */
function operatorOf({ kind, value }) {
  if (kind === 'in') return `in:${value}`;
  if (kind === 'after' || kind === 'before') return `${kind}:${dayStart(value)}`;
  const name = value.replaceAll('"', ' ').trim();
  return `${kind === 'notFrom' ? '-' : ''}from:${/\s/.test(name) ? `"${name}"` : name}`;
}

/**
 * What the server is asked.
 * @param {readonly Filter[]} filters
 * @param {string} words
 */
export function queryOf(filters, words) {
  return [...filters.map(operatorOf), words.trim()].filter(Boolean).join(' ');
}
