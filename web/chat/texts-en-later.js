// What those parts of the page say in English that are loaded later (extras.js): it comes with them.

/** @param {import('./texts.js').Tools} tools */
export const englishLater = ({ number, upTo, plural, list, isolate }) => ({
  // rooms, messages and people
  titleUnread: (/** @type {number} */ count, /** @type {string} */ title) =>
    `(${number(count)}) ${title}`,
  nothingSince: 'Nothing was written on that day or after it.',
  unread: (/** @type {number} */ count) => (count > 0 ? `${upTo(count)} unread` : 'unread'),
  enterOpens: (/** @type {string} */ room) => `\`Enter\` opens #${room}.`,
  enterMakes: (/** @type {string} */ room) => `\`Enter\` makes #${room}.`,
  plusMakes: (/** @type {string} */ room) => `\`+\` makes #${room}.`,
  muted: 'muted',
  mute: (/** @type {string} */ room) => `Mute #${room}`,
  muteHint: 'Mute: nothing of this room is counted or notified, in this browser',
  unmuteHint: 'Muted: click to hear of this room again',
  allRead: (/** @type {number} */ count) =>
    count > 0
      ? `${plural(count, { one: 'room is', other: 'rooms are' })} marked as read.`
      : 'Nothing was unread.',
  copyText: 'Copy the text',
  copyLink: 'Copy the link',
  copied: 'Copied',
  notCopied: 'The browser does not let this page copy.',
  ignore: (/** @type {string} */ name) => `Ignore ${isolate(name)}`,
  ignoring: (/** @type {string} */ name) =>
    `You ignore ${isolate(name)} in this browser. Settings undo it.`,
  ignoredPeople: 'Ignored in this browser',
  stopIgnoring: (/** @type {string} */ name) => `Stop ignoring ${isolate(name)}`,
  noFiles: 'Files cannot be sent here: only text.',
  noCommand: (/** @type {string} */ word) =>
    `There is no command ${isolate(`/${word}`)}. With a space before it, it is sent as text.`,
  meNeedsText: '/me needs to know what you do: /me waves',
  peopleCount: (/** @type {number} */ count) =>
    plural(count, { one: 'person here', other: 'people here' }),
  peopleMany: (/** @type {number} */ count) => `${number(count)} people here, or more`,
  peopleMore: (/** @type {number} */ count) => `and ${number(count)} more`,
  you: 'you',
  typing: (/** @type {string[]} */ names) =>
    `${list(names)} ${names.length === 1 ? 'is' : 'are'} typing…`,
  typingMany: 'Several people are typing…',
  // search
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
  nameFixed: 'This site says who you are here: the name cannot be changed.',

  // settings
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
