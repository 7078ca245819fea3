// Who is in the room, and who is typing: a pure state. All of it is said by others and checked by
// nobody, so it is bounded, and a name counts once however many connections bear it.

/** @typedef {{nickname: string, clientId: string | null}} Person */
/** @typedef {{nickname: string, clientId: string, until: number}} Typist */
/**
 * @typedef {object} People
 * @property {ReadonlyMap<string, string>} present nicknames by MQTT client id
 * @property {readonly Typist[]} typists
 */

export const PRESENT_MAX = 1000;
export const TYPISTS_MAX = 20;
export const TYPING_SHOWN_MS = 5000;
const CLIENT_ID_MAX = 64;

/** @type {People} */
export const NOBODY = { present: new Map(), typists: [] };

/**
 * @param {People} people
 * @param {string} id the last level of the topic
 * @param {Person | null} person null for one that went
 * @returns {People}
 */
export function withPresence(people, id, person) {
  const present = new Map(people.present);
  if (person === null) present.delete(id);
  else if (id.length <= CLIENT_ID_MAX && (present.has(id) || present.size < PRESENT_MAX)) {
    present.set(id, person.nickname);
  }
  return { ...people, present };
}

/**
 * @param {People} people
 * @param {Person} person
 * @param {number} now
 * @returns {People}
 */
export function withTyping(people, { nickname, clientId }, now) {
  if (clientId === null) return people;
  const others = people.typists.filter((one) => one.clientId !== clientId && one.until > now);
  if (others.length >= TYPISTS_MAX) return { ...people, typists: others };
  const until = now + TYPING_SHOWN_MS;
  return { ...people, typists: [...others, { nickname, clientId, until }] };
}

/**
 * Whoever has sent the message is no longer writing it.
 * @param {People} people
 * @param {string | null} clientId
 * @returns {People}
 */
export function withoutTyping(people, clientId) {
  if (!people.typists.some((one) => one.clientId === clientId)) return people;
  return { ...people, typists: people.typists.filter((one) => one.clientId !== clientId) };
}

/**
 * @param {People} people
 * @param {number} now
 * @param {string} own client id of this browser: one knows that oneself is typing
 */
export function typingNames({ typists }, now, own) {
  const names = typists
    .filter((one) => one.until > now && one.clientId !== own)
    .map(({ nickname }) => nickname);
  return [...new Set(names)];
}

/** When the first of those who type is no longer shown: Infinity for never. @param {People} people */
export function nextTypingEnd({ typists }) {
  return Math.min(...typists.map(({ until }) => until), Number.POSITIVE_INFINITY);
}

/**
 * @param {People} people
 * @param {Intl.Collator} collator
 */
export function presentNames({ present }, collator) {
  return [...new Set(present.values())].sort(collator.compare);
}
