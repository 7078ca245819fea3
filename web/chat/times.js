// Times as this browser's user reads them: its language, its time zone, the clock of the settings.

import { lazy, locale } from './texts.js';

/** @typedef {'system' | '12' | '24'} Hours */

/** @type {Record<Hours, Intl.DateTimeFormatOptions>} */
const CYCLES = { system: {}, 12: { hourCycle: 'h12' }, 24: { hourCycle: 'h23' } };

const DAY_MS = 86_400_000;
const relative = lazy(() => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));

/** @param {Hours} hours */
function formatsFor(hours) {
  const format = (/** @type {Intl.DateTimeFormatOptions} */ options) =>
    lazy(() => new Intl.DateTimeFormat(locale, { ...options, ...CYCLES[hours] }));
  return {
    hour: format({ timeStyle: 'short' }),
    day: format({ day: 'numeric', month: 'short' }),
    date: format({ dateStyle: 'medium' }),
    full: format({ dateStyle: 'full', timeStyle: 'long' }),
    line: format({ weekday: 'long', day: 'numeric', month: 'long' }),
    yearLine: format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
  };
}

let formats = formatsFor('system');

/** @param {Hours} hours */
export function setHours(hours) {
  formats = formatsFor(hours);
}

/**
 * @param {Date} a
 * @param {Date} b
 */
export function isSameDay(a, b) {
  return a.toDateString() === b.toDateString();
}

/** @param {Date} time */
export const hourText = (time) => formats.hour().format(time);

/** @param {Date} time */
export const dayText = (time) => formats.day().format(time);

/** @param {Date} time */
export const dateText = (time) => formats.date().format(time);

/** @param {Date} time */
export const fullText = (time) => formats.full().format(time);

/** Noon, so that a day of 23 or 25 hours does not change the count. @param {Date} time */
const noon = (time) => new Date(time.getFullYear(), time.getMonth(), time.getDate(), 12).getTime();

/**
 * A day as it is spoken of: "today", "yesterday", else its date, with the year unless it is this one.
 * @param {Date} time
 * @param {Date} now
 */
export function dayLineText(time, now) {
  const days = Math.round((noon(time) - noon(now)) / DAY_MS);
  if (days === 0 || days === -1) return relative().format(days, 'day');
  const thisYear = time.getFullYear() === now.getFullYear();
  return (thisYear ? formats.line : formats.yearLine)().format(time);
}
