// Whom this browser ignores: a page of somebody's by the id that it sends, whatever it is called then,
// and what sends none, a device, by its name. It is for this browser alone, and nobody is told.

import { readItem } from './storage.js';

/** @typedef {{clientId: string | null, nickname: string}} Person */

export const IGNORED_KEY = 'chat.ignored';

/** @param {string} stored @returns {Person[]} */
export function parseIgnored(stored) {
  try {
    /** @type {any[]} */
    const all = JSON.parse(stored);
    return all
      .filter((one) => typeof one?.nickname === 'string')
      .map(({ clientId, nickname }) => ({ clientId: clientId ?? null, nickname }));
  } catch {
    return [];
  }
}

let people = parseIgnored(readItem(IGNORED_KEY));
/** @type {Set<() => void>} */
const listeners = new Set();

export const ignored = () => people;

/** @param {Person[]} next */
export function setIgnored(next) {
  people = next;
  for (const listener of listeners) listener();
}

/** @param {() => void} listener called after each change */
export const onIgnored = (listener) => listeners.add(listener);

/** @param {Person} a @param {Person} b */
export const isSame = (a, b) =>
  a.clientId === b.clientId && (a.clientId !== null || a.nickname === b.nickname);

/** @param {Person} sender */
export const isIgnored = (sender) => people.some((one) => isSame(one, sender));

globalThis.addEventListener?.('storage', ({ key, newValue }) => {
  if (key === IGNORED_KEY) setIgnored(parseIgnored(newValue ?? ''));
});
