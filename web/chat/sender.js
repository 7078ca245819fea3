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
  let plannedFor = Number.POSITIVE_INFINITY;
  let cancelTimer = () => {};

  /** @param {{room: string, row: import('./store.js').Row}} pending */
  async function send({ room, row }) {
    store.dispatch({ type: 'sent', room, key: row.key, now: clock.now() });
    const reason = await publish(`chat/${room}`, buildPayload(row));
    if (reason) store.dispatch({ type: 'refused', room, key: row.key, reason });
  }

  function sendDue() {
    sending = true;
    for (const pending of due(store.get(), clock.now())) send(pending);
    sending = false;
    plan();
  }

  function plan() {
    cancelTimer();
    plannedFor = nextDue(store.get());
    if (plannedFor === Number.POSITIVE_INFINITY) return;
    const wait = plannedFor - clock.now();
    if (wait <= 0) sendDue();
    else cancelTimer = clock.after(wait, sendDue);
  }

  store.subscribe((state) => {
    if (!sending && nextDue(state) !== plannedFor) plan();
  });
}
