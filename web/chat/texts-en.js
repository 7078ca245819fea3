// What the page says in English. texts-fi.js says the same in Finnish; a test holds the two together.

/** @param {import('./texts.js').Tools} tools */
export const english = ({ number, upTo, plural, list, isolate }) => ({
  // the header and the connection
  title: (/** @type {string} */ room, /** @type {string} */ site) => `${room} · ${site}`,
  site: 'Chat',
  titleUnread: (/** @type {number} */ count, /** @type {string} */ title) =>
    `(${number(count)}) ${title}`,
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
  nothingSince: 'Nothing was written on that day or after it.',

  // rooms
  side: 'Rooms and people',
  rooms: 'Rooms',
  unread: (/** @type {number} */ count) => (count > 0 ? `${upTo(count)} unread` : 'unread'),
  findRoom: 'Find or make a room',
  newRoom: 'Open or make the room of this name',
  enterOpens: (/** @type {string} */ room) => `\`Enter\` opens #${room}.`,
  enterMakes: (/** @type {string} */ room) => `\`Enter\` makes #${room}.`,
  plusMakes: (/** @type {string} */ room) => `\`+\` makes #${room}.`,
  muted: 'muted',
  mute: (/** @type {string} */ room) => `Mute #${room}`,
  muteHint: 'Mute: nothing of this room is counted or notified, in this browser',
  unmuteHint: 'Muted: click to hear of this room again',
  markAllRead: 'Mark all rooms as read',
  allRead: (/** @type {number} */ count) =>
    count > 0
      ? `${plural(count, { one: 'room is', other: 'rooms are' })} marked as read.`
      : 'Nothing was unread.',
  roomName: (/** @type {string} */ name) =>
    `${isolate(name)} cannot be a room's name: a–z, 0–9, - and _, at most 64; a first - or _ is reserved.`,

  // messages
  more: 'More',
  copyText: 'Copy the text',
  copyLink: 'Copy the link',
  copied: 'Copied',
  notCopied: 'The browser does not let this page copy.',
  ignore: (/** @type {string} */ name) => `Ignore ${isolate(name)}`,
  ignoring: (/** @type {string} */ name) =>
    `You ignore ${isolate(name)} in this browser. Settings undo it.`,
  folded: (/** @type {number} */ count) =>
    `${plural(count, { one: 'message of an ignored person', other: 'messages of ignored people' })} – show`,
  ignoredPeople: 'Ignored in this browser',
  stopIgnoring: (/** @type {string} */ name) => `Stop ignoring ${isolate(name)}`,
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
  noFiles: 'Files cannot be sent here: only text.',
  changeName: (/** @type {string} */ name) => `Change nickname, now ${isolate(name)}`,
  textLimit: (/** @type {number} */ max, /** @type {number} */ count) =>
    `A message has at most ${number(max)} characters; this one has ${number(count)}.`,
  noCommand: (/** @type {string} */ word) =>
    `There is no command ${isolate(`/${word}`)}. With a space before it, it is sent as text.`,
  meNeedsText: '/me needs to know what you do: /me waves',
  textCount: (/** @type {number} */ count, /** @type {number} */ max) =>
    `${number(count)} / ${number(max)}`,

  // who is here
  people: 'People here',
  peopleCount: (/** @type {number} */ count) =>
    plural(count, { one: 'person here', other: 'people here' }),
  peopleMany: (/** @type {number} */ count) => `${number(count)} people here, or more`,
  peopleMore: (/** @type {number} */ count) => `and ${number(count)} more`,
  you: 'you',
  typing: (/** @type {string[]} */ names) =>
    `${list(names)} ${names.length === 1 ? 'is' : 'are'} typing…`,
  typingMany: 'Several people are typing…',

  // search
  search: 'Search',
  searchHint: 'words, "a phrase", begin*, -not, from:name, in:room',
  searchHere: 'This room only',
  filters: 'Filters',
  from: 'From',
  notFrom: 'Not from',
  in: 'In',
  after: 'Since',
  before: 'Before',
  addFilter: 'Add',
  removeFilter: (/** @type {string} */ filter) => `Remove the filter: ${filter}`,
  searching: 'Searching…',
  searchFailed: (/** @type {string} */ reason) => `The search failed (${reason}).`,
  matches: (/** @type {number} */ count) => plural(count, { one: 'match', other: 'matches' }),
  matchesMore: (/** @type {number} */ count) =>
    `${number(count)} matches, and there are older ones`,
  noMatches: 'Nothing found',
  olderMatches: 'Older matches',

  notLoaded: 'It cannot be loaded now.',

  // settings
  settings: 'Settings',
  close: 'Close',
  theme: 'Theme',
  themeSystem: 'As the system',
  themeLight: 'Light',
  themeDark: 'Dark',
  size: 'Text size',
  sizeSmall: 'Small',
  sizeNormal: 'Normal',
  sizeLarge: 'Large',
  sizeHuge: 'Huge',
  hours: 'Clock',
  hoursSystem: 'As the language',
  hours12: '12 hours',
  hours24: '24 hours',
  density: 'Messages',
  densityRoomy: 'Roomy',
  densityCompact: 'Compact',
  language: 'Language',
  languageSystem: 'As the browser',
  announce: 'Read new messages out to screen readers',
  sound: 'A sound for a new message while the page is hidden',
  keys: 'Shortcuts of a single key',
  notify: 'Notifications while the page is hidden',
  notifyOff: 'None',
  notifyMentions: 'When my name is said',
  notifyAll: 'All messages',
  settingsNotKept: 'This browser keeps the settings only until you leave the page.',
  notifyDenied: 'The browser does not let this page show notifications.',

  // attention
  notificationTitle: (/** @type {string} */ name, /** @type {string} */ room) =>
    `${name} · ${room}`,

  // shortcuts
  shortcuts: 'Keyboard shortcuts',
  keySend: 'Send the message',
  keyLine: 'Begin a new line',
  keyRecall: 'Take back the last text, in an empty field',
  keyCommands: 'Act, take another nickname, see this list',
  keyWrite: 'Write a message',
  keySearch: 'Search',
  keyRooms: 'Previous or next room',
  keyNewest: 'To the newest message',
  keySettings: 'Settings',
  keyShortcuts: 'This list',
  keyClose: 'Close what is open',
});

/** @typedef {ReturnType<typeof english>} Texts */
