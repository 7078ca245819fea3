// What this browser stores for its user. localStorage may be full, blocked or empty; then the page does
// without.

const NICKNAME = 'chat.nickname';
const CLIENT_ID = 'chat.clientId';
/** Where the site wants a token of who comes (token.js), `guest` or `site`: who says the nickname. */
export const TOKENS = 'chat.tokens';

/** @param {string} key */
export function readItem(key) {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

/** The keys whose last value could not be stored. @type {Set<string>} */
const unkept = new Set();

/**
 * @param {string} key
 * @param {string} value
 * @returns {boolean} whether it is stored
 */
export function writeItem(key, value) {
  try {
    localStorage.setItem(key, value);
    unkept.delete(key);
  } catch {
    unkept.add(key);
  }
  return !unkept.has(key);
}

/** @param {string} key @returns {boolean} whether its value is stored */
export const isKept = (key) => !unkept.has(key);

/** Whether all of these keys' values are stored. @param {string[]} prefixes */
export const areKept = (...prefixes) =>
  ![...unkept].some((key) => prefixes.some((prefix) => key.startsWith(prefix)));

/** As long as the longest message with what is kept beside it. */
const ROOM = ' '.repeat(10_000);

/** Whether the browser would store the next message: it has just stored one as long. */
export function canStore() {
  const can = writeItem('chat.probe', ROOM);
  removeItem('chat.probe');
  return can;
}

/** @param {string} key */
export function removeItem(key) {
  unkept.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing could be stored there either.
  }
}

/**
 * What is stored under keys with this prefix, by the rest of the key.
 * @param {string} prefix
 * @returns {[string, string][]}
 */
export function readItems(prefix) {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    return keys.map((key) => [key.slice(prefix.length), readItem(key)]);
  } catch {
    return [];
  }
}

export const readNickname = () => readItem(NICKNAME);

/** @param {string} nickname */
export const writeNickname = (nickname) => writeItem(NICKNAME, nickname);

/**
 * Says "this is mine" to the same browser later. It is no secret: everybody can read it in the
 * messages, and the tabs of one browser share it. What makes a message unique is its msgId.
 * @param {() => string} make
 */
export function clientIdOr(make) {
  const known = readItem(CLIENT_ID);
  if (/^[0-9a-z-]{8,64}$/.test(known)) return known;
  const made = make();
  writeItem(CLIENT_ID, made);
  return made;
}
