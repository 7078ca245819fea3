// Sends what is due, and sends it again until the store says that it is stored. The broker's own
// acknowledgement counts for nothing: it may come for a message that is lost or was refused.

import { buildPayload } from './payload.js';
import { due, nextDue } from './store.js';

/**
 * @param {object} parts
 * @param {import('./store.js').Store} parts.store
 * @param {(topic: string, payload: string) => Promise<string>} parts.publish gives '' or why the
 *   broker refuses the message for good
 * @param {import('./clock.js').Clock} parts.clock
 */
export function createSender({ store, publish, clock }) {
  let sending = false;
  /** @type {(() => void) | null} */
  let callOff = null;

  /** @param {import('./store.js').Row} row */
  async function send(row) {
    store.dispatch({ type: 'sent', key: row.key, now: clock.now() });
    const reason = await publish(`chat/${store.get().room}`, buildPayload(row));
    if (reason) store.dispatch({ type: 'refused', key: row.key, reason });
  }

  function sendDue() {
    callOff?.();
    callOff = null;
    sending = true;
    for (const row of due(store.get(), clock.now())) send(row);
    sending = false;
    const next = nextDue(store.get());
    if (next < Number.POSITIVE_INFINITY) callOff = clock.after(next - clock.now(), sendDue);
  }

  let outbox = 0;
  store.subscribe((state) => {
    const next = nextDue(state);
    if (sending || next === outbox) return;
    outbox = next;
    sendDue();
  });
}
