// A room: its messages, what of it was read, and where the reader is in it. Pure.
//
// What is unread is a difference of counts: of the messages in the room, and of those that were in it
// when it was last seen. The API counts them exactly; between its answers receipts do.

import * as log from './log.js';
import * as pages from './pages.js';

/**
 * failed: `reason` says why, and it is tried again at `retryAt`.
 * @typedef {{phase: 'loading' | 'ready' | 'failed', retryAt: number, reason: string}} History
 */

/**
 * Up to which message the room was seen, and how many it had then. exact: by the API's count.
 * @typedef {{id: number, count: number, exact: boolean}} Seen
 */

/** How far below the top of the log a row is. @typedef {{id: number, offset: number}} Place */

/**
 * Where the view has to go next.
 * @typedef {{to: 'end'} | {to: 'new'} | ({to: 'place'} & Place) | {to: 'message', id: number}
 *   | {to: 'day', id: number}} Goal
 */

/**
 * @typedef {object} Room
 * @property {string} name
 * @property {log.Log} log
 * @property {History} history whether it can be read
 * @property {string} draft
 * @property {number} count messages
 * @property {number} lastId
 * @property {Seen} seen
 * @property {number | null} newFrom the line "new" stands after this message
 * @property {Place | null} place where the reader left it; null for its end
 * @property {Goal | null} goal
 */

/** @type {History} */
const LOADING = { phase: 'loading', retryAt: 0, reason: '' };
/** @type {History} */
const READY = { phase: 'ready', retryAt: 0, reason: '' };
/** With more unread than this a room is opened where they begin, instead of being read on. */
const FAR = 100;
/** @type {Seen} */
export const NEVER = { id: 0, count: 0, exact: false };

/**
 * @param {string} name
 * @param {Seen} [seen]
 * @returns {Room}
 */
export function newRoom(name, seen = NEVER) {
  return {
    name,
    log: log.emptyLog(),
    history: LOADING,
    draft: '',
    count: seen.count,
    lastId: seen.id,
    seen,
    newFrom: null,
    place: null,
    goal: null,
  };
}

/** How many messages were not seen. @param {Room} room */
export function unread({ seen, count, lastId }) {
  if (lastId <= seen.id) return 0;
  return Math.max(seen.id > 0 ? 1 : 0, count - seen.count);
}

/** @param {Room} room @returns {Room} */
export function markSeen(room) {
  const { lastId, count, seen } = room;
  if (lastId === seen.id && count === seen.count) return room;
  return { ...room, seen: { id: lastId, count, exact: seen.exact } };
}

/**
 * Messages that are now known to be in the room. Our own need not be seen.
 * @param {Room} room
 * @param {readonly {id: number, clientId: string | null}[]} messages
 * @param {string} own
 * @returns {Room}
 */
function countNew(room, messages, own) {
  const fresh = messages.filter(({ id }) => id > room.lastId);
  if (fresh.length === 0) return room;
  const mine = fresh.filter(({ clientId }) => clientId === own).length;
  const seen = mine > 0 ? { ...room.seen, count: room.seen.count + mine } : room.seen;
  const lastId = Math.max(...fresh.map(({ id }) => id));
  const next = { ...room, lastId, count: room.count + fresh.length, seen };
  return mine === fresh.length && unread(room) === 0 ? markSeen(next) : next;
}

/** Puts the line "new" before what was not seen. @param {Room} room @returns {Room} */
export function markNew(room) {
  return unread(room) > 0 && room.seen.id > 0 ? { ...room, newFrom: room.seen.id } : room;
}

/**
 * @param {Room} room
 * @param {import('./payload.js').Receipt[]} receipts
 * @param {{own: string, current: boolean}} context current: it is the room on the screen
 * @returns {Room}
 */
export function addReceipts(room, receipts, { own, current }) {
  const counted = countNew(room, receipts, own);
  const { rows } = room.log;
  const ours = receipts.filter((receipt) => log.indexOfSent(rows, receipt) >= 0);
  const nextLog = current ? log.addReceipts(room.log, receipts) : log.addReceipts(room.log, ours);
  return { ...counted, log: current || ours.length > 0 ? nextLog : room.log };
}

/**
 * The database was made anew: what was seen in the old one says nothing.
 * @param {Room} room
 * @param {pages.Page} page the newest
 * @returns {Room}
 */
function checkSeen(room, { items, newer }) {
  const last = items.at(-1)?.id ?? 0;
  if (newer || room.log.first !== null || room.seen.id <= last) return room;
  return { ...room, seen: { ...NEVER, id: last }, count: 0, lastId: last };
}

/**
 * A page was read, with which the room or another place in it is opened.
 * @param {Room} room
 * @param {pages.Page} page
 * @param {pages.Reading & {own: string, goal: Goal | null}} context
 * @returns {Room}
 */
export function open(room, page, { own, goal, ...reading }) {
  const checked = checkSeen(room, page);
  const next = { ...checked, log: pages.openHistory(room.log, page, reading), history: READY };
  const { seen } = next;
  const some = page.items.some(({ id, clientId }) => id > seen.id && clientId !== own);
  const newFrom = seen.id > 0 && some ? seen.id : null;
  /** @type {Goal} */
  const first = newFrom === null || room.goal?.to === 'end' ? { to: 'end' } : { to: 'new' };
  const there = { ...next, newFrom, goal: goal ?? first };
  return page.newer ? there : countNew(there, page.items, own);
}

/**
 * The page after `after` was read.
 * @param {Room} room
 * @param {pages.Page} page
 * @param {pages.Reading & {own: string, after: number}} context
 * @returns {Room}
 */
export function extend(room, page, { own, after, ...reading }) {
  if (after !== room.log.cursor || room.log.first === null) return room;
  const next = { ...room, log: pages.extendHistory(room.log, page, reading), history: READY };
  return next.log.tail ? countNew(next, page.items, own) : next;
}

/**
 * The page before `before` was read.
 * @param {Room} room
 * @param {pages.Page} page
 * @param {pages.Reading & {before: number}} context
 * @returns {Room}
 */
export function prepend(room, page, { before, ...reading }) {
  if (before !== room.log.first) return room;
  return { ...room, log: pages.prependHistory(room.log, page, reading), history: READY };
}

/**
 * The history was read to its end.
 * @param {Room} room
 * @param {number} began when the reading did
 * @returns {Room}
 */
export function readToEnd(room, began) {
  const next = { ...room, log: pages.endHistory(room.log, began), history: READY };
  return next.goal?.to === 'new' && next.newFrom === null ? { ...next, goal: { to: 'end' } } : next;
}

/** Its history is another one: what was read and seen of it says nothing. @param {Room} room @returns {Room} */
export function forget(room) {
  const log = pages.onlyPending(room.log);
  return { ...newRoom(room.name), log, draft: room.draft, goal: { to: 'end' } };
}

/**
 * The reader wants to see the newest. If that is not here, it is read.
 * @param {Room} room
 * @returns {Room}
 */
export function toEnd(room) {
  const nextLog = room.log.tail ? room.log : pages.onlyPending(room.log);
  const history = room.log.tail ? room.history : LOADING;
  return { ...room, log: { ...nextLog, held: false }, history, goal: { to: 'end' } };
}

/**
 * The view is where it had to go; but not while nothing of the room is here.
 * @param {Room} room
 * @returns {Room}
 */
export function arrive(room) {
  return room.goal === null || room.log.first === null ? room : { ...room, goal: null };
}

/**
 * The reader comes to the room, by a link to a message perhaps.
 * @param {Room} room
 * @param {number} message 0 for none
 * @returns {Room}
 */
export function enter(room, message) {
  if (message > 0) {
    const here = room.log.rows.some(({ id }) => id === message);
    const history = here ? room.history : LOADING;
    return { ...room, history, goal: { to: 'message', id: message } };
  }
  const far = room.place === null && unread(room) > FAR;
  if (far) return { ...room, log: pages.onlyPending(room.log), history: LOADING, goal: null };
  if (room.log.first === null) return { ...room, goal: null };
  const newFrom = unread(room) > 0 && room.seen.id > 0 ? room.seen.id : null;
  if (room.place) return { ...room, newFrom, goal: { to: 'place', ...room.place } };
  if (newFrom === null) return { ...room, newFrom, goal: { to: 'end' } };
  return { ...room, newFrom, history: LOADING, goal: { to: 'new' } };
}

/**
 * What the API says of the room.
 * @param {Room | undefined} room
 * @param {{room: string, messages: number, lastId: number}} facts
 * @returns {Room}
 */
export function applyListed(room, { room: name, messages: count, lastId }) {
  const seen = { id: lastId, count, exact: true };
  if (!room) return newRoom(name, seen);
  if (lastId < room.lastId) return room;
  const next = { ...room, count, lastId };
  const missed = unread(room);
  if (lastId <= room.seen.id || (room.seen.id === 0 && missed === 0)) return { ...next, seen };
  if (room.seen.exact) return next;
  return { ...next, seen: { ...room.seen, count: count - missed, exact: true } };
}
