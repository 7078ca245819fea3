// Keeps the room on the screen complete: opens its history, and reads on from the cursor whenever a
// connection was made or a receipt names what is not here. Brings older and newer pages as the reader
// comes near them, and other places in the history when they are asked for. One reading at a time.

import { backoff } from './backoff.js';
import { HistoryError, PAGE_MAX } from './history.js';
import { currentRoom } from './store.js';

/** The newest page; and one around a message, half of it on each side. */
const OPENING_ROWS = 50;
const AROUND_ROWS = 100;
const SCROLL_ROWS = 60;
/** Receipts come in bursts; one page brings what all of them name. */
const GATHER_MS = 250;
const RETRY_AFTER_MAX_MS = 60_000;
/** So often the end is asked for, whatever has come: what got lost without a trace is noticed. */
const CHECK_MS = 60_000;

/** @typedef {import('./history.js').Query} Query */
/** @typedef {import('./room.js').Goal} Goal */
/** @typedef {(room: string) => Promise<void>} Job */

/** An answer that would be the same again. @param {unknown} error */
function isFinal(error) {
  return error instanceof HistoryError && error.status >= 400 && error.status < 500;
}

/**
 * @param {object} parts
 * @param {import('./store.js').Store} parts.store
 * @param {Pick<import('./history.js').HistoryApi, 'page'>} parts.history
 * @param {import('./clock.js').Clock} parts.clock
 */
export function createReader({ store, history, clock }) {
  /** @type {Job[]} */
  let jobs = [];
  let reading = false;
  /** How often the reader of the page wanted to be somewhere: what was asked for before is not taken. */
  let wishes = 0;
  let failures = 0;
  /** @type {(() => void) | null} */
  let cancelTimer = null;

  const current = () => currentRoom(store.get());

  /** @param {string} room @param {import('./pages.js').Page} page @param {Goal | null} goal */
  function dispatchOpened(room, page, goal) {
    store.dispatch({ type: 'opened', room, page, now: clock.now(), goal });
  }

  /** At what was not seen yet, which may be in the middle; or at the end. @param {string} room @returns {Query} */
  function openingOf(room) {
    const { log, seen, goal } = current();
    if (goal?.to === 'message') return { room, limit: AROUND_ROWS, around: goal.id };
    const unseen = seen > 0 && goal === null;
    if (unseen) return { room, limit: AROUND_ROWS, around: seen };
    return { room, limit: Math.min(PAGE_MAX, OPENING_ROWS + log.rows.length) };
  }

  /** Opens the room where its reader wants to be when the page comes. @type {Job} */
  async function openRoom(room) {
    while (room === store.get().room) {
      const wish = wishes;
      const { goal } = current();
      const page = await history.page(openingOf(room));
      if (wish === wishes) return dispatchOpened(room, page, goal?.to === 'message' ? goal : null);
    }
  }

  /**
   * Where nothing is newer than what is here, all may be older: another database is in its place.
   * @param {string} room @param {number} cursor
   */
  async function openIfReplaced(room, cursor) {
    const { items } = await history.page({ room, limit: 1, before: cursor + 1 });
    if ((items[0]?.id ?? 0) === cursor) return;
    store.dispatch({ type: 'replaced', room });
    await openRoom(room);
  }

  /** @param {string} room @param {number} limit */
  async function readAfter(room, limit) {
    const after = current().log.cursor;
    const page = await history.page({ room, limit, after });
    store.dispatch({ type: 'extended', room, page, now: clock.now(), after });
    if (page.items.length === 0) await openIfReplaced(room, after);
    return page.newer;
  }

  /** @type {Job} */
  async function catchUp(room) {
    const began = clock.now();
    const opening = current().log.first === null;
    if (opening) await openRoom(room);
    if (room !== store.get().room) return;
    const { wanted } = current().log;
    store.dispatch({ type: 'reading', room });
    let more = !opening || wanted;
    while (more && room === store.get().room && current().log.tail) {
      more = await readAfter(room, PAGE_MAX);
    }
    store.dispatch({ type: 'read', room, began });
  }

  /** @type {Job} */
  async function readOlder(room) {
    const { first, start } = current().log;
    if (first === null || start) return;
    const page = await history.page({ room, limit: SCROLL_ROWS, before: first });
    store.dispatch({ type: 'prepended', room, page, now: clock.now(), before: first });
  }

  /** @type {Job} */
  async function readNewer(room) {
    if (!current().log.tail) await readAfter(room, SCROLL_ROWS);
  }

  /** @param {unknown} error @param {Job} job */
  function retryLater(error, job) {
    if (!(error instanceof HistoryError)) throw error;
    if (job === catchUp || !isFinal(error)) jobs.unshift(job);
    failures += 1;
    const asked = Math.min(error.retryAfterMs, RETRY_AFTER_MAX_MS);
    const delay = Math.max(asked, backoff(failures, clock.random()));
    store.dispatch({ type: 'unreadable', reason: error.message, retryAt: clock.now() + delay });
    schedule(delay);
  }

  /** @param {number} delay */
  function schedule(delay) {
    if (cancelTimer) return;
    cancelTimer = clock.after(delay, () => {
      cancelTimer = null;
      read();
    });
  }

  /** @param {Job} job */
  async function runJob(job) {
    try {
      await job(store.get().room);
      failures = 0;
      return true;
    } catch (error) {
      retryLater(error, job);
      return false;
    }
  }

  async function runJobs() {
    if (reading) return;
    cancelTimer?.();
    cancelTimer = null;
    reading = true;
    try {
      for (let job = jobs.shift(); job && (await runJob(job)); ) job = jobs.shift();
    } finally {
      reading = false;
    }
    readWanted();
  }

  function readWanted() {
    const { wanted, tail } = current().log;
    if (wanted && tail && !reading) schedule(GATHER_MS);
  }

  /** @param {Job} job */
  function enqueue(job) {
    if (!jobs.includes(job)) jobs.push(job);
    return runJobs();
  }

  const read = () => enqueue(catchUp);

  /** Whether something was missed, where somebody would see it. */
  function check() {
    const { visible, connection } = store.get();
    const { log, history: state } = current();
    if (!visible || connection.phase !== 'online' || reading) return;
    if (log.tail && state.phase === 'ready') read();
  }

  /** Once a minute, but not all pages in the same moment. @param {() => void} also */
  function watch(also) {
    clock.after(CHECK_MS * (0.75 + clock.random() / 2), () => {
      check();
      also();
      watch(also);
    });
  }

  store.subscribe(readWanted);

  return {
    /** Reads now; or once more, if a reading is under way. */
    read,
    check,
    watch,

    /** Another room, or another place in it: what was to be read is not any more. */
    enter() {
      const { goal, log } = current();
      jobs = [];
      failures = 0;
      wishes += 1;
      const elsewhere = goal?.to === 'message' && !log.rows.some(({ id }) => id === goal.id);
      return elsewhere ? enqueue(openRoom).then(read) : read();
    },

    /** The end of the room, which may have to be read first. */
    toEnd() {
      wishes += 1;
      store.dispatch({ type: 'toEnd' });
      if (current().log.first === null) read();
    },

    /** Older pages, or newer ones: nothing where there are none, or while they come. @param {-1 | 1} step */
    more(step) {
      if (reading || current().history.phase !== 'ready') return;
      enqueue(step < 0 ? readOlder : readNewer);
    },

    /** The first message since then. @param {Date} time @param {() => void} none there is none */
    jump(time, none) {
      const since = time.toISOString();
      jobs = [];
      wishes += 1;
      const wish = wishes;
      return enqueue(async (room) => {
        if (wish !== wishes) return;
        const page = await history.page({ room, limit: AROUND_ROWS, since });
        if (wish !== wishes) return;
        if (page.items.length > 0)
          return dispatchOpened(room, page, { to: 'day', id: page.items[0].id });
        none();
        return catchUp(room);
      });
    },
  };
}
