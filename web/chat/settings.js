// What this browser keeps for its user. Storage may be full, blocked or empty; then the page does
// without.

const NICKNAME = 'chat.nickname';
const CLIENT_ID = 'chat.clientId';

/** @param {string} key */
export function read(key) {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

/**
 * @param {string} key
 * @param {string} value
 */
export function write(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is then asked for again on the next visit.
  }
}

/** @param {string} key */
export function remove(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing could be kept there either.
  }
}

/**
 * What is kept under keys that begin so, by the rest of the key.
 * @param {string} prefix
 * @returns {[string, string][]}
 */
export function readAll(prefix) {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    return keys.map((key) => [key.slice(prefix.length), read(key)]);
  } catch {
    return [];
  }
}

export const readNickname = () => read(NICKNAME);

/** @param {string} nickname */
export const writeNickname = (nickname) => write(NICKNAME, nickname);

/**
 * Says "this is mine" to the same browser later. It is no secret: everybody can read it in the
 * messages, and the tabs of one browser share it. What makes a message unique is its msgId.
 * @param {() => string} make
 */
export function clientIdOr(make) {
  const known = read(CLIENT_ID);
  if (/^[0-9a-z-]{8,64}$/.test(known)) return known;
  const made = make();
  write(CLIENT_ID, made);
  return made;
}
