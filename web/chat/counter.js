// Counts what came to other rooms while the page was away, by asking their history. A room that waits
// for it is shown as unread, without a number.

import { HistoryError, PAGE_MAX } from './history.js';

/** So many rooms at a time, one after the other as the API lists them; the rest the next time. */
const ROOMS_MAX = 30;

/**
 * @param {object} parts
 * @param {import('./store.js').Store} parts.store
 * @param {Pick<import('./history.js').HistoryApi, 'page'>} parts.history
 */
export function createCounter({ store, history }) {
  let counting = false;

  /** @param {import('./room.js').Room} room */
  async function count({ name: room, seen: after, lastId: until }) {
    const page = await history.page({ room, limit: PAGE_MAX, after });
    store.dispatch({ type: 'counted', room, page, after, until });
  }

  /**
   * Asks for those that wait for it, and for those that one has been in and the list left out.
   * @param {{room: string}[] | null} [listed] null: all are there
   */
  return async (listed = null) => {
    if (counting) return;
    counting = true;
    const names = listed && new Set(listed.map(({ room }) => room));
    const rooms = Array.from(store.get().rooms.values()).filter(
      ({ name, seen, uncounted, mine }) =>
        uncounted || (names && mine && seen > 0 && !names.has(name)),
    );
    try {
      for (const room of rooms.slice(0, ROOMS_MAX)) await count(room);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
    } finally {
      counting = false;
    }
  };
}
