// What outlives a reload: drafts, what was seen of each room, and the outbox. Each has a key of its
// own, so that the tabs of one browser, which share the storage, do not overwrite each other's. While
// something unsent could not be stored, the browser asks before it leaves the page.

import { createDrafts, DRAFT_PREFIX, readDrafts, tabName } from './drafts.js';
import { isPending } from './log.js';
import { kindOf } from './marks.js';
import { cleanText, isRoom } from './payload.js';
import { forgetSome, newRoom } from './room.js';
import { areKept, isKept, readItem, readItems, removeItem, writeItem } from './storage.js';

/** @typedef {import('./room.js').Room} Room */
/** @typedef {import('./log.js').Row} Row */
/** @typedef {import('./store.js').Store} Store */

const SEEN_PREFIX = 'chat.seen.';
const OUTBOX_PREFIX = 'chat.out.';

/** @param {string} text @returns {unknown} */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {unknown} value */
const isText = (value) => typeof value === 'string' && cleanText(value) !== '';

/** In the list that is stored: its reader has been in the room. */
const MINE = 'mine';

/** The last id that was seen is the first of a list, which once had counts as well. @param {string} text */
function parseSeen(text) {
  const value = parseJson(text);
  const list = Array.isArray(value) ? value : [];
  const [id] = list;
  return { seen: Number.isSafeInteger(id) && id > 0 ? id : 0, mine: list.includes(MINE) };
}

/** Of this page, once it is asked for. */
let ownTab = '';

function thisTab() {
  ownTab ||= tabName();
  return ownTab;
}

/**
 * The rooms as they were left, for the state to begin with.
 * @param {string} current the one on the screen
 * @param {string} [tab]
 */
export function restoreRooms(current, tab = thisTab()) {
  const drafts = readDrafts(tab);
  const stored = readItems(SEEN_PREFIX).map(([name]) => name);
  const all = [...new Set([...[...stored, ...drafts.keys()].filter(isRoom), current])];
  const make = (/** @type {string} */ name) => {
    const { seen, mine } = parseSeen(readItem(SEEN_PREFIX + name));
    return { ...newRoom(name, seen, mine), draft: drafts.get(name)?.draft ?? '' };
  };
  const rooms = forgetSome(new Map(all.map((name) => [name, make(name)])), current);
  for (const name of stored) if (!rooms.has(name)) removeItem(SEEN_PREFIX + name);
  return rooms;
}

/**
 * What was written and is not stored yet, oldest first.
 * @returns {{room: string, nickname: string, text: string, msgId: string, at: number, clientId?: string}[]}
 */
function readOutbox() {
  const messages = readItems(OUTBOX_PREFIX).flatMap(([msgId, value]) => {
    const { room, nickname, text, at, clientId } = Object(parseJson(value));
    if (![room, nickname, text].every(isText) || !isRoom(room)) return [];
    const sent = isText(clientId) ? { clientId } : {};
    return [{ room, nickname, text, msgId, at: Number(at) || 0, ...sent }];
  });
  return messages.sort((a, b) => a.at - b.at || (a.msgId < b.msgId ? -1 : 1));
}

/** @param {Room | undefined} room @returns {Map<string, Row>} */
function pendingOf(room) {
  const rows = room?.log.rows.filter((row) => isPending(row) && row.msgId !== null) ?? [];
  return new Map(rows.map((row) => [/** @type {string} */ (row.msgId), row]));
}

/** Under which id it was sent, where this browser's may be another one the next time. @param {Row | undefined} row */
const sentAs = (row) => (row?.tries && kindOf(row.clientId) ? row.clientId : undefined);

/** @param {Room} room @param {Room | undefined} before */
function saveOutbox(room, before) {
  const [now, then] = [pendingOf(room), pendingOf(before)];
  for (const msgId of then.keys()) if (!now.has(msgId)) removeItem(OUTBOX_PREFIX + msgId);
  for (const [msgId, row] of now) {
    const { nickname, text, at } = row;
    const clientId = sentAs(row);
    const known = then.get(msgId);
    if (known && sentAs(known) === clientId && isKept(OUTBOX_PREFIX + msgId)) continue;
    const item = { room: room.name, nickname, text, at, clientId };
    writeItem(OUTBOX_PREFIX + msgId, JSON.stringify(item));
  }
}

/** @param {Room} room @param {Room | undefined} before */
function saveRoom(room, before) {
  const { name, seen, mine, log } = room;
  // Of a room that is new to this tab, another may have stored more.
  const first = !before && !readItem(SEEN_PREFIX + name);
  const changed = before && (seen !== before.seen || mine !== before.mine);
  if (seen > 0 && (first || changed))
    writeItem(SEEN_PREFIX + name, JSON.stringify(mine ? [seen, MINE] : [seen]));
  if (log.rows !== before?.log.rows || !areTextsKept()) saveOutbox(room, before);
}

/** Another tab has changed the storage. @param {Store} store @param {StorageEvent} event */
function onStorage(store, { key, newValue }) {
  if (key?.startsWith(SEEN_PREFIX) && newValue) {
    const room = key.slice(SEEN_PREFIX.length);
    if (store.get().rooms.has(room))
      store.dispatch({ type: 'seen', room, seen: parseSeen(newValue).seen });
  }
  // It was stored, and comes as anybody's does, or it was given up.
  if (!key?.startsWith(OUTBOX_PREFIX) || newValue !== null) return;
  const msgId = key.slice(OUTBOX_PREFIX.length);
  for (const room of store.get().rooms.keys()) {
    store.dispatch({ type: 'discarded', room, msgId });
  }
}

/** @param {Event} event */
const ask = (event) => event.preventDefault();

/** Whether all that was written and is not sent would outlive this page. */
export const areTextsKept = () => areKept(OUTBOX_PREFIX, DRAFT_PREFIX);

/** With such a listener a page cannot be gone back to, so it is there only while it is needed. */
function askBeforeLoss() {
  if (areTextsKept()) removeEventListener('beforeunload', ask);
  else addEventListener('beforeunload', ask);
}

/**
 * Restores the outbox, and saves what changes from now on.
 * @param {Store} store
 * @param {string} [tab]
 */
export function startPersistence(store, tab = thisTab()) {
  const drafts = createDrafts(tab);
  let { rooms } = store.get();
  store.subscribe((state) => {
    const before = rooms;
    rooms = state.rooms;
    if (rooms === before) return;
    for (const [name, room] of rooms) {
      if (room === before.get(name)) continue;
      drafts.save(room, before.get(name)); // one that goes may leave the space for what was sent
      saveRoom(room, before.get(name));
    }
    for (const [name, { seen }] of before) {
      if (seen > 0 && !rooms.has(name)) removeItem(SEEN_PREFIX + name);
    }
    askBeforeLoss();
  });
  for (const message of readOutbox()) store.dispatch({ type: 'restored', ...message });
  addEventListener('storage', (event) => {
    onStorage(store, event);
    const { key, newValue } = event;
    if (key?.startsWith(DRAFT_PREFIX) && newValue === null) drafts.keep(key, store.get().rooms);
  });
}
