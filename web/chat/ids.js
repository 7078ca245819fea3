// Identifiers. crypto.randomUUID() and its like exist on https and localhost only, and this page is
// also served over plain http in a LAN, so everything here is made of getRandomValues().

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {number} length in bytes */
function randomBytes(length) {
  return crypto.getRandomValues(new Uint8Array(length));
}

/**
 * A UUID of version 7: it starts with the time, so ids made one after the other sort that way.
 * @param {number} now milliseconds since 1970
 * @param {Uint8Array} random ten bytes
 */
export function uuid7(now, random) {
  const time = now.toString(16).padStart(12, '0');
  const bytes = Uint8Array.from(random);
  bytes[0] = (bytes[0] & 0x0f) | 0x70;
  bytes[2] = (bytes[2] & 0x3f) | 0x80;
  const tail = hex(bytes);
  return `${time.slice(0, 8)}-${time.slice(8)}-${tail.slice(0, 4)}-${tail.slice(4, 8)}-${tail.slice(8)}`;
}

export function newMsgId() {
  return uuid7(Date.now(), randomBytes(10));
}

/** An id that nobody can guess, for a browser or a connection. */
export function newToken() {
  return hex(randomBytes(12));
}
