// A clock that stands until it is told to go on, and chance that is always one half.
import { setImmediate as nextRound } from 'node:timers/promises';

/** Lets every promise that can settle do so. */
export async function settle() {
  for (let i = 0; i < 10; i++) await nextRound();
}

export function fakeClock() {
  let now = 1_000_000;
  /** @type {Set<{at: number, callback: () => void}>} */
  const timers = new Set();
  return {
    now: () => now,
    random: () => 0.5,
    /** @type {import('../../web/chat/clock.js').Clock['after']} */
    after(ms, callback) {
      const timer = { at: now + Math.max(0, ms), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    /** @param {number} ms */
    async pass(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        now = next.at;
        next.callback();
        await settle();
      }
      now = end;
    },
    /** How long until the next timer. */
    wait: () => Math.min(...Array.from(timers, ({ at }) => at)) - now,
  };
}
