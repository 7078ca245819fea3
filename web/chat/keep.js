// What outlives a reload: drafts, what was seen of each room, and the outbox. Each has a key of its
// own, so that the tabs of one browser, which share the storage, do not overwrite each other's.

import { isPending } from './log.js';
import { cleanText, isRoom } from './payload.js';
import { NEVER, newRoom } from './room.js';
import { read, readAll, remove, write } from './settings.js';

/** @typedef {import('./room.js').Room} Room */
/** @typedef {import('./room.js').Seen} Seen */
/** @typedef {import('./log.js').Row} Row */
/** @typedef {import('./store.js').Store} Store */

const SEEN = 'chat.seen.';
const DRAFT = 'chat.draft.';
const OUT = 'chat.out.';

/** @param {Seen} seen */
const seenText = ({ id, count, exact }) => JSON.stringify([id, count, exact]);

/** @param {string} text @returns {unknown} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {string} text @returns {Seen} */
function parseSeen(text) {
  const value = parse(text);
  if (!Array.isArray(value) || !value.slice(0, 2).every(Number.isSafeInteger)) return NEVER;
  return { id: value[0], count: value[1], exact: value[2] === true };
}

/** The rooms as they were left, for the state to begin with. @param {string} open the one on the screen */
export function keptRooms(open) {
  const names = [...readAll(SEEN), ...readAll(DRAFT)].map(([name]) => name);
  const all = [...new Set([...names.filter(isRoom), open])];
  const make = (/** @type {string} */ name) => ({
    ...newRoom(name, parseSeen(read(SEEN + name))),
    draft: read(DRAFT + name),
  });
  return Object.fromEntries(all.map((name) => [name, make(name)]));
}

/**
 * What was written and is not stored yet, oldest first.
 * @returns {{room: string, nickname: string, text: string, msgId: string, at: number}[]}
 */
function keptOutbox() {
  const kept = readAll(OUT).flatMap(([msgId, value]) => {
    const { room, nickname, text, at } = Object(parse(value));
    const good = isRoom(String(room)) && [nickname, text].every((part) => cleanText(`${part}`));
    return good
      ? [{ room, nickname: `${nickname}`, text: `${text}`, msgId, at: Number(at) || 0 }]
      : [];
  });
  return kept.sort((a, b) => a.at - b.at || (a.msgId < b.msgId ? -1 : 1));
}

/** @param {Room | undefined} room @returns {Map<string, Row>} */
function pendingOf(room) {
  const rows = room?.log.rows.filter((row) => isPending(row) && row.msgId !== null) ?? [];
  return new Map(rows.map((row) => [/** @type {string} */ (row.msgId), row]));
}

/** @param {Room} room @param {Room | undefined} before */
function keepOutbox(room, before) {
  const [now, then] = [pendingOf(room), pendingOf(before)];
  for (const msgId of then.keys()) if (!now.has(msgId)) remove(OUT + msgId);
  for (const [msgId, { nickname, text, at }] of now) {
    if (then.has(msgId)) continue;
    write(OUT + msgId, JSON.stringify({ room: room.name, nickname, text, at }));
  }
}

/** @param {Room} room @param {Room | undefined} before */
function keepRoom(room, before) {
  const { name, seen, draft, log } = room;
  // Of a room that is new to this tab, another may know more.
  const known = before ?? (seen === NEVER || read(SEEN + name));
  if (!known || (before && seen !== before.seen)) write(SEEN + name, seenText(seen));
  if (draft && draft !== before?.draft) write(DRAFT + name, draft);
  if (!draft && before?.draft) remove(DRAFT + name);
  if (log.rows !== before?.log.rows) keepOutbox(room, before);
}

/** Another tab has changed what is kept. @param {Store} store @param {StorageEvent} event */
function hear(store, { key, newValue }) {
  if (key?.startsWith(SEEN) && newValue) {
    const room = key.slice(SEEN.length);
    if (store.get().rooms[room]) store.dispatch({ type: 'seen', room, seen: parseSeen(newValue) });
  }
  // It was stored, and comes as anybody's does, or it was given up.
  if (!key?.startsWith(OUT) || newValue !== null) return;
  const msgId = key.slice(OUT.length);
  for (const room of Object.keys(store.get().rooms)) {
    store.dispatch({ type: 'discarded', room, msgId });
  }
}

/**
 * Puts the outbox back, and keeps what changes from now on.
 * @param {Store} store
 */
export function startKeeping(store) {
  let { rooms } = store.get();
  store.subscribe((state) => {
    const before = rooms;
    rooms = state.rooms;
    if (rooms === before) return;
    for (const room of Object.values(rooms)) {
      if (room !== before[room.name]) keepRoom(room, before[room.name]);
    }
  });
  for (const message of keptOutbox()) store.dispatch({ type: 'restored', ...message });
  addEventListener('storage', (event) => hear(store, event));
}
