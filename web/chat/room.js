// A room: its messages, what of it was read, and where the reader is in it. Pure.
//
// What is unread are ids after the last that was seen: receipts bring them while the page is connected,
// and a page of the history, asked for after the last that was seen, those that came before.

import * as log from './log.js';
import * as pages from './pages.js';

/**
 * failed: `reason` says why, and it is tried again at `retryAt`.
 * @typedef {{phase: 'loading' | 'ready' | 'failed', retryAt: number, reason: string}} History
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
 * @property {number} lastId
 * @property {number} seen the last id that was; 0 for a room that is not known from before
 * @property {readonly number[]} unseen what others wrote after it, UNREAD_MAX + 1 at most, ascending
 * @property {boolean} uncounted there may be more of it, or less: the history has to be asked
 * @property {number | null} newFrom the line "new" stands after this message
 * @property {Place | null} place where the reader left it; null for its end
 * @property {Goal | null} goal
 * @property {boolean} mine whether its reader has been there
 */

/** @type {History} */
const LOADING = { phase: 'loading', retryAt: 0, reason: '' };
/** @type {History} */
const READY = { phase: 'ready', retryAt: 0, reason: '' };
/** With more unread than this a room is opened where they begin, instead of being read on. */
const FAR = 100;
/** The page knows so many rooms; the server is asked for others when they are looked for. */
export const ROOMS_MAX = 300;
/** So many more may come before some are forgotten. */
export const ROOMS_SPARE = 50;
/** More unread messages than this are not told apart. */
export const UNREAD_MAX = 200;

/**
 * @param {string} name
 * @param {number} [seen]
 * @param {boolean} [mine]
 * @returns {Room}
 */
export function newRoom(name, seen = 0, mine = false) {
  return {
    name,
    log: log.emptyLog(),
    history: LOADING,
    draft: '',
    lastId: seen,
    seen,
    unseen: [],
    uncounted: false,
    newFrom: null,
    place: null,
    goal: null,
    mine,
  };
}

/** How many messages were not seen: UNREAD_MAX + 1 for more than UNREAD_MAX. @param {Room} room */
export const unread = ({ unseen }) => unseen.length;

/** Whether there are some, or may be. @param {Room} room */
export const hasUnread = ({ unseen, uncounted }) => uncounted || unseen.length > 0;

/** Whether it may be forgotten: nothing that was written is lost with it. @param {Room} room */
const isForgettable = ({ draft, log: { rows } }) => draft === '' && !rows.some(log.isPending);

/** First what one has never opened, and of that what has been quiet for longest. @param {Room} a @param {Room} b */
const byWorth = (a, b) => Number(a.mine) - Number(b.mine) || a.lastId - b.lastId;

/**
 * Forgets rooms where there are far more than ROOMS_MAX, whoever makes how many of them.
 * @param {Map<string, Room>} known changed in place
 * @param {string} current stays
 */
export function forgetSome(known, current) {
  const excess = known.size - ROOMS_MAX;
  if (excess <= ROOMS_SPARE) return known;
  const some = [...known.values()].filter((room) => room.name !== current && isForgettable(room));
  for (const { name } of some.sort(byWorth).slice(0, excess)) known.delete(name);
  return known;
}

/** @param {Room} room @returns {Room} */
export function markSeen(room) {
  if (room.lastId === room.seen && !hasUnread(room)) return room;
  return { ...room, seen: room.lastId, unseen: [], uncounted: false };
}

/**
 * With these ids unseen; where there are none, all was seen.
 * @param {Room} room
 * @param {number[]} ids
 * @returns {Room}
 */
function withUnseen(room, ids) {
  const unseen = ids.sort((a, b) => a - b).slice(0, UNREAD_MAX + 1);
  const next = { ...room, unseen };
  return hasUnread(next) ? next : markSeen(next);
}

/** @typedef {(message: {clientId: string | null}) => boolean} IsOwn whether it is this browser's */

/**
 * The ids of what others wrote.
 * @param {readonly {id: number, clientId: string | null}[]} messages
 * @param {IsOwn} isOwn
 */
const idsOfOthers = (messages, isOwn) =>
  messages.filter((message) => !isOwn(message)).map(({ id }) => id);

/**
 * Messages that are now known to be in the room. Our own need not be seen.
 * @param {Room} room
 * @param {readonly {id: number, clientId: string | null}[]} messages
 * @param {IsOwn} isOwn
 * @returns {Room}
 */
function countNew(room, messages, isOwn) {
  const { seen, unseen } = room;
  const lastId = Math.max(room.lastId, ...messages.map(({ id }) => id));
  const fresh = idsOfOthers(messages, isOwn).filter((id) => id > seen && !unseen.includes(id));
  if (fresh.length === 0 && lastId === room.lastId) return room;
  return withUnseen({ ...room, lastId }, [...unseen, ...fresh]);
}

/**
 * Whether a message came of which no receipt did.
 * @param {Room} room
 * @param {import('./payload.js').Receipt[]} receipts
 */
function hasGap({ seen, lastId }, receipts) {
  let last = lastId;
  return receipts.some(({ id, prev }) => {
    const gap = seen > 0 && (prev ?? 0) > last;
    last = Math.max(last, id);
    return gap;
  });
}

/**
 * The history was asked what there is after the last that was seen.
 * @param {Room} room
 * @param {pages.Page} page
 * @param {{isOwn: IsOwn, after: number, until: number}} context after: what was seen then; until: the last
 *   id that was known then
 * @returns {Room}
 */
export function count(room, { items, newer }, { isOwn, after, until }) {
  if (after !== room.seen) return room;
  const last = items.at(-1)?.id ?? 0;
  const end = newer ? last : Math.max(last, until);
  const later = room.unseen.filter((id) => id > end);
  if (newer && later.length === 0) later.push(end + 1);
  const lastId = Math.max(room.lastId, last);
  return withUnseen({ ...room, lastId, uncounted: false }, [
    ...idsOfOthers(items, isOwn),
    ...later,
  ]);
}

/**
 * Another tab has seen it up to there.
 * @param {Room} room
 * @param {number} seen
 * @returns {Room}
 */
export function see(room, seen) {
  if (seen <= room.seen) return room;
  const unseen = room.unseen.filter((id) => id > seen);
  const cut = room.unseen.length > UNREAD_MAX;
  const lastId = Math.max(room.lastId, seen);
  return { ...room, seen, lastId, unseen, uncounted: lastId > seen && (cut || room.uncounted) };
}

/** Some of what is unread may have been deleted meanwhile. @param {Room} room @returns {Room} */
export function recount(room) {
  return room.seen > 0 && room.unseen.length > 0 ? { ...room, uncounted: true } : room;
}

/** Puts the line "new" before what was not seen. @param {Room} room @returns {Room} */
export function markNew(room) {
  return unread(room) > 0 && room.seen > 0 ? { ...room, newFrom: room.seen } : room;
}

/**
 * @param {Room} room
 * @param {import('./payload.js').Receipt[]} receipts
 * @param {{isOwn: IsOwn, current: boolean}} context current: it is the room on the screen
 * @returns {Room}
 */
export function addReceipts(room, receipts, { isOwn, current }) {
  const uncounted = room.uncounted || hasGap(room, receipts);
  const counted = countNew(
    uncounted === room.uncounted ? room : { ...room, uncounted },
    receipts,
    isOwn,
  );
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
  if (newer || room.log.first !== null || room.seen <= last) return room;
  return { ...room, seen: last, lastId: last, unseen: [], uncounted: false };
}

/**
 * A page was read, with which the room or another place in it is opened.
 * @param {Room} room
 * @param {pages.Page} page
 * @param {pages.Reading & {isOwn: IsOwn, goal: Goal | null}} context
 * @returns {Room}
 */
export function open(room, page, { isOwn, goal, ...reading }) {
  const checked = checkSeen(room, page);
  const next = { ...checked, log: pages.openHistory(room.log, page, reading), history: READY };
  const { seen } = next;
  const some = page.items.some((item) => item.id > seen && !isOwn(item));
  const newFrom = seen > 0 && some ? seen : null;
  /** @type {Goal} */
  const first = newFrom === null || room.goal?.to === 'end' ? { to: 'end' } : { to: 'new' };
  const there = { ...next, newFrom, goal: goal ?? first };
  return page.newer ? there : countNew(there, page.items, isOwn);
}

/**
 * The page after `after` was read.
 * @param {Room} room
 * @param {pages.Page} page
 * @param {pages.Reading & {isOwn: IsOwn, after: number}} context
 * @returns {Room}
 */
export function extend(room, page, { isOwn, after, ...reading }) {
  if (after !== room.log.cursor || room.log.first === null) return room;
  const next = { ...room, log: pages.extendHistory(room.log, page, reading), history: READY };
  return next.log.tail ? countNew(next, page.items, isOwn) : next;
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
  const anew = newRoom(room.name, 0, room.mine);
  return { ...anew, log, draft: room.draft, goal: { to: 'end' } };
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
  const far = room.place === null && (room.uncounted || unread(room) > FAR);
  if (far) return { ...room, log: pages.onlyPending(room.log), history: LOADING, goal: null };
  if (room.log.first === null) return { ...room, goal: null };
  const newFrom = unread(room) > 0 && room.seen > 0 ? room.seen : null;
  if (room.place) return { ...room, newFrom, goal: { to: 'place', ...room.place } };
  if (newFrom === null) return { ...room, newFrom, goal: { to: 'end' } };
  return { ...room, newFrom, history: LOADING, goal: { to: 'new' } };
}

/**
 * What the API says of the room. One that it brings is not unread.
 * @param {Room | undefined} room
 * @param {{room: string, lastId: number}} facts
 * @returns {Room}
 */
export function applyListed(room, { room: name, lastId }) {
  if (!room) return newRoom(name, lastId);
  const next = { ...room, lastId: Math.max(room.lastId, lastId) };
  if (room.seen > 0) return lastId > room.seen ? { ...next, uncounted: true } : recount(room);
  const [first] = room.unseen;
  return { ...next, seen: first === undefined ? lastId : first - 1 };
}
