// Changes whom this browser ignores.

import { IGNORED_KEY, ignored, isSame, setIgnored } from './ignored.js';
import { writeItem } from './storage.js';

const IGNORED_MAX = 200;

/** @typedef {import('./ignored.js').Person} Person */

/** @param {Person[]} people @returns {boolean} whether it is kept for the next visit */
function save(people) {
  setIgnored(people);
  return writeItem(IGNORED_KEY, JSON.stringify(people));
}

/** @param {Person} person */
export function ignore({ clientId, nickname }) {
  const others = ignored().filter((one) => !isSame(one, { clientId, nickname }));
  return save([...others, { clientId, nickname }].slice(-IGNORED_MAX));
}

/** @param {Person} person */
export const stopIgnoring = (person) => save(ignored().filter((one) => !isSame(one, person)));
