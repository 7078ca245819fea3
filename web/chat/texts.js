// What the page says, in one place.

export const texts = {
  title: (/** @type {string} */ room) => `${room} · chat`,
  waiting: 'Starting…',
  connecting: 'Connecting…',
  online: 'Connected',
  offline: 'Offline',
  offlineNotice: 'Offline. What you write is kept, and sent when the connection is back.',
  retryIn: (/** @type {number} */ seconds) => `Retrying in ${seconds}\u00a0s.`,
  retryNow: 'Retry now',
  historyFailed: (/** @type {string} */ reason) => `The history cannot be read (${reason}).`,
  liveOn: 'New messages still arrive.',
  loading: 'Reading the history…',
  unreadable: 'The history is out of reach',
  empty: 'No messages yet',
  emptyHint: 'Whatever is written here, everybody in this room sees at once.',
  stored: 'Stored',
  sending: 'sending…',
  failed: (/** @type {string} */ reason) => `Not sent: ${reason || 'the server refused it'}.`,
  writeAs: (/** @type {string} */ name) => `Write as ${name}`,
  changeName: (/** @type {string} */ name) => `Change nickname, now ${name}`,
  nicknameLimit: (/** @type {number} */ max) => `A nickname has 1 to ${max} characters.`,
  textLimit: (/** @type {number} */ max, /** @type {number} */ count) =>
    `A message has at most ${max} characters; this one has ${count}.`,
  textCount: (/** @type {number} */ count, /** @type {number} */ max) => `${count} / ${max}`,
};
