// What is being written, kept for a reload. Each tab has a key of its own for each room, so that two
// tabs in one room do not overwrite each other's text; a tab that is new takes up what another wrote last.

import { newToken } from './ids.js';
import { isRoom } from './payload.js';
import { readItem, readItems, removeItem, writeItem } from './storage.js';

export const DRAFT_PREFIX = 'chat.draft.';
const TAB = 'chat.tab';

/** @typedef {import('./room.js').Room} Room */

/** The tab's storage, which may be blocked. @param {(storage: Storage) => string | null | void} use */
function withSession(use) {
  try {
    return use(sessionStorage) ?? '';
  } catch {
    return '';
  }
}

/**
 * The name of this tab. It stands in the tab's storage only between two pages: a tab that is made as a
 * copy of this one, with its storage, gets another name. The time comes first, so that names sort by age.
 */
export function tabName() {
  const name = withSession((storage) => storage.getItem(TAB)) || `${Date.now()}-${newToken()}`;
  const take = () => withSession((storage) => storage.removeItem(TAB));
  take();
  addEventListener('pageshow', take);
  addEventListener('pagehide', () => withSession((storage) => storage.setItem(TAB, name)));
  return name;
}

/** @param {string} room @param {string} tab */
const keyOf = (room, tab) => `${DRAFT_PREFIX}${room}.${tab}`;

/**
 * The drafts of this tab, and where it has none those that were begun last in another one.
 * @param {string} tab
 * @returns {Map<string, {key: string, draft: string}>} by room
 */
export function readDrafts(tab) {
  const rank = (/** @type {string} */ key) => (key.endsWith(`.${tab}`) ? '~' : key);
  const found = readItems(DRAFT_PREFIX).sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1));
  return new Map(
    found
      .map(([name, draft]) => ({ room: name.split('.')[0], key: DRAFT_PREFIX + name, draft }))
      .filter(({ room, draft }) => isRoom(room) && draft !== '')
      .map(({ room, key, draft }) => [room, { key, draft }]),
  );
}

/**
 * Keeps the drafts of a tab.
 * @param {string} tab
 */
export function createDrafts(tab) {
  const drafts = readDrafts(tab);
  return {
    /** @param {Room} room @param {Room | undefined} before */
    save({ name, draft }, before) {
      if (draft === (before?.draft ?? '')) return;
      const key = keyOf(name, tab);
      // Taken up from another tab. Where that is still open it has the text, and stores it again.
      const from = drafts.get(name)?.key ?? key;
      drafts.delete(name);
      if (from !== key) removeItem(from);
      if (draft) writeItem(key, draft);
      else removeItem(key);
    },

    /**
     * Another tab has removed a draft: what stands here in the field stays.
     * @param {string} removed the key
     * @param {ReadonlyMap<string, Room>} rooms
     */
    keep(removed, rooms) {
      const [name] = removed.slice(DRAFT_PREFIX.length).split('.');
      const draft = rooms.get(name)?.draft;
      if (removed === keyOf(name, tab) && draft && !readItem(removed)) writeItem(removed, draft);
    },
  };
}
