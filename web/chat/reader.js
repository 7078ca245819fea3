// Keeps the log complete: opens the history with its newest page, and reads on from the cursor
// whenever a connection was made or a receipt names what is not here. One reading at a time.

import { backoff } from './backoff.js';
import { HistoryError, PAGE_MAX } from './history.js';

const OPENING_ROWS = 10;
/** Receipts come in bursts; one page brings what all of them name. */
const GATHER_MS = 250;
const RETRY_AFTER_MAX_MS = 60_000;

/**
 * @param {object} parts
 * @param {import('./store.js').Store} parts.store
 * @param {import('./history.js').HistoryApi} parts.history
 * @param {import('./clock.js').Clock} parts.clock
 */
export function createReader({ store, history, clock }) {
  let reading = false;
  let again = false;
  let failures = 0;
  /** @type {(() => void) | null} */
  let callOff = null;

  async function open() {
    const { room, log } = store.get();
    const limit = Math.min(PAGE_MAX, OPENING_ROWS + log.rows.length);
    const items = await history.page({ room, limit });
    store.dispatch({ type: 'opened', items, now: clock.now() });
  }

  async function extend() {
    for (;;) {
      const { room, log } = store.get();
      const items = await history.page({ room, limit: PAGE_MAX, after: log.cursor });
      store.dispatch({ type: 'extended', items, now: clock.now() });
      if (items.length < PAGE_MAX) return;
    }
  }

  async function readOn() {
    const began = clock.now();
    const opening = store.get().log.first === null;
    if (opening) await open();
    const { wanted } = store.get().log;
    store.dispatch({ type: 'reading' });
    if (!opening || wanted) await extend();
    store.dispatch({ type: 'read', began });
  }

  /** @param {unknown} error */
  function failed(error) {
    if (!(error instanceof HistoryError)) throw error;
    failures += 1;
    const asked = Math.min(error.retryAfterMs, RETRY_AFTER_MAX_MS);
    const delay = Math.max(asked, backoff(failures, clock.random()));
    store.dispatch({ type: 'unreadable', reason: error.message, retryAt: clock.now() + delay });
    schedule(delay);
  }

  /** @param {number} delay */
  function schedule(delay) {
    if (callOff) return;
    callOff = clock.after(delay, () => {
      callOff = null;
      read();
    });
  }

  /** Reads now; or once more, if a reading is under way. */
  async function read() {
    if (reading) {
      again = true;
      return;
    }
    callOff?.();
    callOff = null;
    reading = true;
    again = false;
    try {
      await readOn();
      failures = 0;
    } catch (error) {
      failed(error);
    } finally {
      reading = false;
    }
    if (again) schedule(0);
    else if (store.get().log.wanted) schedule(GATHER_MS);
  }

  store.subscribe(({ log }) => {
    if (log.wanted && !reading) schedule(GATHER_MS);
  });

  return { read };
}
