// Times as this browser's user reads them: its language, its time zone.

const hour = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/**
 * @param {Date} a
 * @param {Date} b
 */
export function isSameDay(a, b) {
  return a.toDateString() === b.toDateString();
}

/** @param {Date} time */
export const hourText = (time) => hour.format(time);

/** @param {Date} time */
export const dayText = (time) => day.format(time);

/** @param {Date} time */
export const fullText = (time) => full.format(time);
