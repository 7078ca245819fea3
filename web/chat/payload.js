// What travels over MQTT: read leniently, as the logger does, and written strictly. The page shows
// only what the logger will store, so the limits here are the contract's.

import { isVisible, onlyVisible, turnsText } from './words.js';

/**
 * @typedef {object} Message
 * @property {string} nickname
 * @property {string} text
 * @property {string | null} clientId
 * @property {string | null} msgId
 */

/**
 * @typedef {object} Receipt what the logger says after its COMMIT
 * @property {number} id
 * @property {string} ts
 * @property {string | null} clientId
 * @property {string | null} msgId null for a message that had none, a device's for example
 * @property {number | null} [prev] the id before it in the room, 0 where there is none; null if it is
 *   not told
 */

/** @typedef {{clientId: string | null, msgId: string | null, reason: string}} Rejection */

/** @typedef {Message & {id: number, ts: string}} StoredMessage */

export const NICKNAME_MAX = 64;
export const TEXT_MAX = 4000;
const ID_MAX = 64;
const LEVELS_MAX = 32;
const BYTES_MAX = 65_536; // of a payload
const DEVICE_NICKNAME = 'mqtt';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param {string} text */
export function codePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** @param {string} name */
export function isRoom(name) {
  return /^[a-z0-9][a-z0-9_-]{0,63}$/.test(name);
}

/**
 * Half a surrogate pair has no form in UTF-8. JSON's escapes can write it, and the logger stores the
 * replacement character.
 * @param {string} text
 */
function mendSurrogates(text) {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/**
 * The value trimmed, or null where it is not a string of 1 to `max` code points without a NUL.
 * @param {unknown} value
 * @param {number} max
 */
function member(value, max) {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  // A code point is at most two units, so a far longer string need not be counted.
  if (text === '' || text.length > 2 * max || codePoints(text) > max) return null;
  return text.includes('\0') ? null : mendSurrogates(text);
}

/**
 * A member that people read: some of it is visible.
 * @param {unknown} value
 * @param {number} max
 */
function shown(value, max) {
  const text = member(value, max);
  return text !== null && isVisible(text) ? text : null;
}

/** A nickname that can be sent, or null. @param {unknown} value */
export function nicknameOf(value) {
  const nickname = shown(value, NICKNAME_MAX);
  return nickname !== null && !turnsText(nickname) ? nickname : null;
}

/**
 * @param {unknown} value
 * @param {string} [reserved] how no id may begin
 * @returns {{ok: boolean, id: string | null}}
 */
function optionalId(value, reserved = '\0') {
  if (value === undefined || value === null) return { ok: true, id: null };
  const id = member(value, ID_MAX);
  return { ok: id !== null && !id.startsWith(reserved), id };
}

/**
 * @param {Record<string, unknown>} object
 * @param {boolean} guarded
 * @returns {Message | null}
 */
function readMembers(object, guarded) {
  const nickname = nicknameOf(object.nickname);
  const text = shown(object.text, TEXT_MAX);
  const clientId = optionalId(object.clientId, guarded ? undefined : '@');
  const msgId = optionalId(object.msgId, 'import:');
  if (nickname === null || text === null || !clientId.ok || !msgId.ok) return null;
  return { nickname, text, clientId: clientId.id, msgId: msgId.id };
}

/** @param {Uint8Array} bytes */
function decode(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Whether a JSON text has at most LEVELS_MAX values inside each other. The parsed object does not tell:
 * of a repeated member it has the last value alone.
 * @param {string} json
 */
function isShallow(json) {
  const bare = json.replace(/\\./g, '').replace(/"[^"]*"/g, '0');
  let open = 0;
  for (const c of bare) {
    if (c === ']' || c === '}') open -= 1;
    else if (open === LEVELS_MAX && !' \t\r\n'.includes(c)) return false;
    else if (c === '[' || c === '{') open += 1;
  }
  return true;
}

/**
 * Whether the logger reads the members of a JSON text: it refuses what is nested too deeply, and the
 * escape of a NUL wherever it is.
 * @param {string} json
 */
function isTaken(json) {
  const nul = json.replaceAll('\\\\', '').includes('\\u0000');
  return !nul && isShallow(json);
}

/**
 * A message as it came over MQTT, or null where the logger will not store it. The logger's
 * src/chat/message.c gives the same verdicts: tests/vectors/payloads.txt.
 * @param {Uint8Array} bytes
 * @param {boolean} [guarded] whether the broker vouches for the ids of who has signed in
 * @returns {Message | null}
 */
export function parseMessage(bytes, guarded = false) {
  if (bytes.length > BYTES_MAX) return null;
  const payload = decode(bytes)?.trim();
  if (!payload) return null;
  const value = payload.startsWith('{') ? parseJson(payload) : undefined;
  if (isObject(value)) return isTaken(payload) ? readMembers(value, guarded) : null;
  const text = shown(payload, TEXT_MAX);
  if (text === null) return null;
  return { nickname: DEVICE_NICKNAME, text, clientId: null, msgId: null };
}

/** Presence and typing come from anybody, unchecked by the logger, and are small. */
const PERSON_BYTES_MAX = 1024;

/**
 * Who is here, or is typing: a name, and the sender's id where it says it.
 * @param {Uint8Array} bytes
 * @returns {{nickname: string, clientId: string | null} | null}
 */
export function parsePerson(bytes) {
  if (bytes.length > PERSON_BYTES_MAX) return null;
  const value = parseJson(decode(bytes) ?? '');
  if (!isObject(value)) return null;
  const nickname = nicknameOf(value.nickname);
  const clientId = optionalId(value.clientId);
  return nickname !== null && clientId.ok ? { nickname, clientId: clientId.id } : null;
}

/** @param {unknown} value */
function isId(value) {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

/** @param {unknown} value */
function isTime(value) {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

/** @param {unknown} value */
function stringOrNull(value) {
  return typeof value === 'string' ? value : null;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Receipt[]}
 */
export function parseReceipts(bytes) {
  const value = parseJson(decode(bytes) ?? '');
  if (!Array.isArray(value)) return [];
  return value
    .filter((item) => isObject(item) && isId(item.id) && isTime(item.ts))
    .map(({ id, ts, clientId, msgId, prev }) => ({
      id,
      ts,
      clientId: stringOrNull(clientId),
      msgId: stringOrNull(msgId),
      prev: isId(prev) || prev === 0 ? prev : null,
    }));
}

/**
 * @param {Uint8Array} bytes
 * @returns {Rejection | null}
 */
export function parseRejection(bytes) {
  const value = parseJson(decode(bytes) ?? '');
  if (!isObject(value)) return null;
  return {
    clientId: stringOrNull(value.clientId),
    msgId: stringOrNull(value.msgId),
    reason: stringOrNull(value.reason) ?? '',
  };
}

/**
 * What the API answered, or null where it is anything else than a page of messages.
 * @param {unknown} value
 * @returns {StoredMessage[] | null}
 */
export function parsePage(value) {
  if (!Array.isArray(value)) return null;
  const page = value.filter(
    (item) =>
      isObject(item) &&
      isId(item.id) &&
      isTime(item.ts) &&
      typeof item.nickname === 'string' &&
      typeof item.text === 'string',
  );
  if (page.length < value.length) return null;
  return page.map(({ id, ts, nickname, text, clientId, msgId }) => ({
    id,
    ts,
    nickname,
    text,
    clientId: stringOrNull(clientId),
    msgId: stringOrNull(msgId),
  }));
}

/**
 * The rooms, as the API tells them; what is none of them is left out.
 * @param {unknown} value
 * @returns {{room: string, messages: number, lastId: number}[]}
 */
export function parseRooms(value) {
  if (!Array.isArray(value)) return [];
  const good = value.filter(
    (item) =>
      isObject(item) && isRoom(String(item.room)) && isId(item.messages) && isId(item.lastId),
  );
  return good.map(({ room, messages, lastId }) => ({ room, messages, lastId }));
}

/**
 * Without the blanks that all lines begin with. What is stored has none at its beginning, where those of
 * the first line alone would go, and the others' would tell another thing.
 * @param {string} text
 */
function dedent(text) {
  const blanks = (text.match(/^[ \t]*(?=\S)/gm) ?? []).map(({ length }) => length);
  const common = blanks.length > 1 ? Math.min(...blanks) : 0;
  return common > 0 ? text.replace(new RegExp(`^[ \\t]{${common}}`, 'gm'), '') : text;
}

/**
 * What somebody typed, as it can be sent: halves of surrogate pairs and NULs are no characters.
 * @param {string} typed
 */
export function cleanText(typed) {
  return dedent(mendSurrogates(typed.replaceAll('\0', ''))).trim();
}

/** The nickname that somebody typed, or '' where it can be nobody's. @param {string} typed */
export function typedNickname(typed) {
  const nickname = onlyVisible(cleanText(typed)).trim();
  return isVisible(nickname) && codePoints(nickname) <= NICKNAME_MAX ? nickname : '';
}

/** @param {Message} message */
export function buildPayload({ nickname, text, clientId, msgId }) {
  return JSON.stringify({ nickname, text, clientId, msgId });
}
