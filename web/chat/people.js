// Who is in the room, and who is typing. All of it is said by others and checked by nobody, so it is
// bounded, and a name counts once however many connections bear it. A thousand may come in one go, so
// the map of them is changed in place.

/** @typedef {{nickname: string, clientId: string | null}} Person */
/** @typedef {{nickname: string, clientId: string, until: number}} Typist */
/**
 * @typedef {object} People
 * @property {Map<string, Person & {round: number}>} present by the id of the page; `round`: when
 *   it was heard last
 * @property {readonly Typist[]} typists
 */

export const PRESENT_MAX = 1000;
/** More than these are counted, not named, and nobody says that he types. */
export const NAMED_MAX = 200;
export const TYPISTS_MAX = 20;
export const TYPING_SHOWN_MS = 5000;
const ID_MAX = 64;

/** @returns {People} */
export const nobody = () => ({ present: new Map(), typists: [] });

/**
 * @param {People} people
 * @param {string} id the last level of the topic
 * @param {Person | null} person null for one that went
 * @param {number} round
 */
export function setPresence({ present }, id, person, round) {
  if (person === null) present.delete(id);
  else if (id.length <= ID_MAX && (present.has(id) || present.size < PRESENT_MAX)) {
    present.set(id, { ...person, round });
  }
}

/**
 * The pages that were heard before this round last.
 * @param {People} people
 * @param {number} first
 */
export const silentSince = ({ present }, first) =>
  [...present].filter(([, { round }]) => round < first).map(([id]) => id);

/** Whether they are too many to be named. @param {People} people */
export const isCrowd = ({ present }) => present.size > NAMED_MAX;

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
 * @param {(clientId: string) => boolean} isHidden one knows that oneself is typing
 */
export function typingNames({ typists }, now, isHidden) {
  const names = typists
    .filter((one) => one.until > now && !isHidden(one.clientId))
    .map(({ nickname }) => nickname);
  return [...new Set(names)];
}

/** When the first of those who type is no longer shown: Infinity for never. @param {People} people */
export function nextTypingEnd({ typists }) {
  return Math.min(...typists.map(({ until }) => until), Number.POSITIVE_INFINITY);
}

/**
 * Each name once, and once more for who bears it as a guest or has signed in; in no order.
 * @param {People} people
 * @param {(person: Person) => string} kindOf
 * @returns {Person[]}
 */
export function presentPeople({ present }, kindOf) {
  const all = Array.from(present.values());
  return [...new Map(all.map((one) => [`${kindOf(one)} ${one.nickname}`, one])).values()];
}
