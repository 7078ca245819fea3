// In which order rooms stand, and which of them a few letters mean. Pure.

import { hasUnread } from './room.js';

/** @typedef {import('./room.js').Room} Room */

/** The name that a room would have, of what was typed. @param {string} typed */
export const nameOf = (typed) =>
  typed.trim().replace(/^#/, '').trim().toLowerCase().replace(/\s+/g, '-');

/** @param {string} a @param {string} b */
const byName = (a, b) => (a < b ? -1 : 1);

/**
 * The names of the rooms: first those in which something is unread, and not muted.
 * @param {ReadonlyMap<string, Room>} rooms
 * @param {(room: string) => boolean} isMuted
 */
export function inOrder(rooms, isMuted) {
  /** @type {[string[], string[]]} */
  const [unread, others] = [[], []];
  for (const [name, room] of rooms) {
    (hasUnread(room) && !isMuted(name) ? unread : others).push(name);
  }
  return [...unread.sort(byName), ...others.sort(byName)];
}

/** @param {string} name @param {string} part */
function rank(name, part) {
  if (name === part) return 0;
  return name.startsWith(part) ? 1 : 2;
}

/**
 * The names that have the part in them: it alone, what begins with it, the rest; of these as they come.
 * @param {Iterable<string>} names
 * @param {string} part
 */
export function matching(names, part) {
  const found = [...new Set(names)].filter((name) => name.includes(part));
  return found.sort((a, b) => rank(a, part) - rank(b, part));
}
