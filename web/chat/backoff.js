// How long to wait before the next try: doubling, with a random half so that the pages of a server
// that comes back do not all call at once.

export const BACKOFF_MAX_MS = 30_000;

/**
 * @param {number} failures in a row, from 1
 * @param {number} random from 0 to 1
 */
export function backoff(failures, random) {
  const whole = Math.min(BACKOFF_MAX_MS, 1000 * 2 ** (failures - 1));
  return Math.round(whole * (0.5 + random / 2));
}
