// What the page says in English, which comes with its first files: what only later parts say is in
// texts-en-later.js. texts-fi.js and the others say all of it in one; a test holds them together.

/** @param {import('./texts.js').Tools} tools */
export const english = ({ number, upTo, plural, list, isolate }) => ({
  // the header and the connection
  title: (/** @type {string} */ room, /** @type {string} */ site) => `${room} · ${site}`,
  site: 'Chat',
  waiting: 'Starting…',
  connecting: 'Connecting…',
  online: 'Connected',
  offline: 'Offline',
  notices: 'Notices',
  offlineNotice: 'What you write is kept, and sent when the connection is back.',
  offlineNotKept:
    'This browser cannot keep what you write: it is sent if the connection comes back while this page stays open.',
  partly: 'History only',
  noScript:
    'The connection could not be loaded: a content blocker may be the reason. The history can be read.',
  noSocket:
    'The server answers, but its live connection does not open: it may be down, or this network blocks it. The history can be read.',
  full: 'Too many pages are open at your address: close some.',
  retryIn: (/** @type {number} */ seconds) => `Retrying in ${number(seconds)}\u00a0s.`,
  retryNow: 'Retry now',

  // the history
  messages: 'Messages',
  historyFailed: (/** @type {string} */ reason) => `The history cannot be read (${reason}).`,
  liveOn: 'New messages still arrive.',
  loading: 'Reading the history…',
  unreadable: 'The history is out of reach',
  empty: 'No messages yet',
  emptyHint: 'Whatever is written here, everybody in this room sees at once.',

  noRoom: (/** @type {string} */ name) => `There is no room ${isolate(name)}`,
  gone: 'The message is not here.',
  start: (/** @type {string} */ room) => `This is where #${room} begins.`,
  newLine: 'New',
  newBelow: (/** @type {number} */ count) => `${upTo(count)} new`,
  newest: 'To the newest',
  jump: 'Jump to a date',
  go: 'Go',

  // rooms
  side: 'Rooms and people',
  rooms: 'Rooms',
  findRoom: 'Find or make a room',
  newRoom: 'Open or make the room of this name',
  markAllRead: 'Mark all rooms as read',
  roomName: (/** @type {string} */ name) =>
    `${isolate(name)} cannot be a room's name: a–z, 0–9, - and _, at most 64; a first - or _ is reserved.`,

  // messages
  more: 'More',
  folded: (/** @type {number} */ count) =>
    `${plural(count, { one: 'message of an ignored person', other: 'messages of ignored people' })} – show`,
  unseen: '(nothing visible)',
  stored: 'Stored',
  sending: 'sending…',
  waits: 'waits',
  showMore: 'Show more',
  showLess: 'Show less',
  late: 'Not stored yet',
  tries: (/** @type {number} */ count) => `sent ${plural(count, { one: 'time', other: 'times' })}`,
  retry: 'Retry',
  remove: 'Delete',
  removeMessage: (/** @type {string} */ text) => `Delete the message: ${text}`,
  retryMessage: (/** @type {string} */ text) => `Retry sending: ${text}`,
  failed: (/** @type {string} */ reason) => `Not sent: ${reason || 'the server refused it'}.`,

  // the first visit
  welcome: 'Rooms to talk in: what is written here, everybody sees at once, and it stays.',
  hereNow: (/** @type {string[]} */ names) =>
    `${list(names)} ${names.length === 1 ? 'is' : 'are'} here now.`,
  hereMany: (/** @type {number} */ count) =>
    `${plural(count, { one: 'person is', other: 'people are' })} here now.`,
  readOnly: 'Read only',
  reading: 'You are reading only.',
  chooseName: 'Choose a nickname',

  // writing
  nickname: 'Your nickname',
  nicknameHint: 'Everybody sees it beside what you write. It stays in this browser.',
  nicknameHintOnce:
    'Everybody sees it beside what you write. This browser keeps it only until you leave the page.',
  nicknameLimit: (/** @type {number} */ max) => `A nickname has 1 to ${number(max)} characters.`,
  join: 'Join',
  message: 'Message',
  send: 'Send',
  keysHint: '`Enter` sends, `Shift`+`Enter` begins a new line',
  writeAs: (/** @type {string} */ name) => `Write as ${isolate(name)}`,
  changeName: (/** @type {string} */ name) => `Change nickname, now ${isolate(name)}`,
  textLimit: (/** @type {number} */ max, /** @type {number} */ count) =>
    `A message has at most ${number(max)} characters; this one has ${number(count)}.`,
  textCount: (/** @type {number} */ count, /** @type {number} */ max) =>
    `${number(count)} / ${number(max)}`,

  // who is here
  people: 'People here',

  // who one is
  signIn: 'This site wants its own sign-in: reload the page to sign in there.',
  reload: 'Reload',
  tooMany:
    'Too many pages ask for a place from your address at once: this one waits, and tries again.',
  banned: (/** @type {string} */ until, /** @type {string} */ reason) =>
    `You are banned ${until ? `until ${isolate(until)}` : 'for good'}${reason ? `: ${isolate(reason)}` : ''}.`,
  tooFast: 'too fast: it is sent again by itself',
  guest: 'guest',
  verified: 'signed in on this site',

  // what opens the parts of the page that are loaded later
  search: 'Search',
  settings: 'Settings',
  shortcuts: 'Keyboard shortcuts',
  close: 'Close',
});

/** @typedef {ReturnType<typeof english> & ReturnType<typeof import('./texts-en-later.js').englishLater>} Texts */
