// The state of the page, and how each event changes it. Pure: times and ids come with the events.

import * as log from './log.js';
import * as outbox from './outbox.js';
import * as rooms from './room.js';

/** @typedef {import('./payload.js').Message} Message */
/** @typedef {import('./log.js').Row} Row */
/** @typedef {rooms.Room} Room */
/** @typedef {rooms.History} History */

/**
 * waiting: it has not been tried yet. offline: it is tried again at `retryAt`. cause: what is known of why.
 * full: this address has as many pages open as it may. script: mqtt.js did not come. socket: the server
 * answers, but opens no WebSocket. token: the server gives none, and `line` says why; signIn: since the
 * site wants its own sign-in.
 * @typedef {{phase: 'waiting' | 'connecting' | 'online' | 'offline', retryAt: number,
 *   cause: '' | 'full' | 'script' | 'socket' | 'token' | 'signIn', line?: string}} ConnectionState
 */

/**
 * @typedef {object} State
 * @property {string} room the one on the screen
 * @property {ReadonlyMap<string, Room>} rooms that are known: their names come from outside, and are
 *   never the keys of an object
 * @property {string} clientId this browser, in what it sends; where the site says who one is, its user
 * @property {readonly string[]} own this and others that it had: a guest is another one with each connection
 * @property {string} nickname '' until one was chosen
 * @property {boolean} named by the site, so that it cannot be changed here
 * @property {ConnectionState} connection to the broker
 * @property {boolean} visible whether somebody can see the page
 */

/**
 * What happens in a room: without a name, in the one on the screen.
 * @typedef {{type: 'composed', text: string, msgId: string, now: number}
 *   | {type: 'restored', nickname: string, text: string, msgId: string, at: number, clientId?: string}
 *   | {type: 'sent', key: number, now: number}
 *   | {type: 'retry', key: number}
 *   | {type: 'discarded', msgId: string | null}
 *   | {type: 'refused', key: number, reason: string}
 *   | {type: 'live', message: Message, now: number}
 *   | {type: 'receipts', receipts: import('./payload.js').Receipt[]}
 *   | {type: 'rejected', rejection: import('./payload.js').Rejection, now: number}
 *   | {type: 'reading'}
 *   | {type: 'opened', page: import('./pages.js').Page, now: number, goal?: rooms.Goal | null}
 *   | {type: 'extended', page: import('./pages.js').Page, now: number, after: number}
 *   | {type: 'prepended', page: import('./pages.js').Page, now: number, before: number}
 *   | {type: 'read', began: number}
 *   | {type: 'unreadable', reason: string, retryAt: number}
 *   | {type: 'replaced'} | {type: 'toEnd'} | {type: 'arrived'}
 *   | {type: 'held', held: boolean}
 *   | {type: 'left', place: rooms.Place | null}
 *   | {type: 'drafted', draft: string}
 *   | {type: 'seen', seen: number}
 *   | {type: 'counted', page: import('./pages.js').Page, after: number, until: number}} RoomEvent
 */

/**
 * @typedef {(RoomEvent & {room?: string})
 *   | {type: 'named', nickname: string, bySite?: boolean}
 *   | {type: 'identified', clientId: string, own: string[], nickname: string, bySite: boolean}
 *   | {type: 'connection', connection: ConnectionState}
 *   | {type: 'entered', room: string, message: number}
 *   | {type: 'listed', rooms: {room: string, lastId: number}[]}
 *   | {type: 'allSeen'}
 *   | {type: 'visible', visible: boolean}} Event
 */

/**
 * @param {{room: string, clientId: string, nickname: string}} start
 * @returns {State}
 */
export function initialState(start) {
  return {
    ...start,
    own: [start.clientId],
    named: false,
    rooms: new Map([[start.room, rooms.newRoom(start.room)]]),
    connection: { phase: 'waiting', retryAt: 0, cause: '' },
    visible: true,
  };
}

/** The room on the screen. @param {State} state */
export const currentRoom = (state) => roomOf(state, state.room);

/** A room that is known, or one that nothing is known of. @param {State} state @param {string} name */
const roomOf = ({ rooms: known }, name) => known.get(name) ?? rooms.newRoom(name);

/** @param {Room} room @param {log.Log} next */
const withLog = (room, next) => (next === room.log ? room : { ...room, log: next });

/**
 * @typedef {object} Context
 * @property {boolean} current whether the room is on the screen
 * @property {boolean} live whether messages come in
 * @property {string} clientId
 * @property {string} nickname
 * @property {rooms.IsOwn} isOwn
 */

/**
 * What becomes of a room, by the type of the event.
 * @type {{[T in RoomEvent['type']]: (room: Room, event: Extract<RoomEvent, {type: T}>,
 *   context: Context) => Room}}
 */
const changes = {
  composed(room, { text, msgId, now }, { nickname, clientId }) {
    const next = rooms.toEnd({ ...room, newFrom: null });
    return withLog(next, outbox.addOwn(next.log, { nickname, text, clientId, msgId }, now));
  },
  restored(room, { nickname, text, msgId, at, clientId }, own) {
    const message = { nickname, text, clientId: clientId ?? own.clientId, msgId };
    return withLog(room, outbox.addOwn(room.log, message, at, clientId ? 1 : 0));
  },
  sent: (room, { key, now }) => withLog(room, outbox.markSent(room.log, key, now)),
  retry: (room, { key }, own) => withLog(room, outbox.sendAgain(room.log, key, own)),
  discarded: (room, { msgId }) => withLog(room, outbox.discard(room.log, msgId)),
  refused: (room, { key, reason }) => withLog(room, outbox.fail(room.log, key, reason)),
  live: (room, { message, now }, { current }) =>
    current ? withLog(room, log.addLive(room.log, message, now)) : room,
  receipts: (room, { receipts }, context) => rooms.addReceipts(room, receipts, context),
  rejected: (room, { rejection, now }) =>
    withLog(room, outbox.addRejection(room.log, rejection, now)),
  reading: (room) => withLog(room, { ...room.log, wanted: false }),
  opened: (room, { page, now, goal = null }, { live, isOwn: own }) =>
    rooms.open(room, page, { now, live, isOwn: own, goal }),
  extended: (room, { page, now, after }, { live, isOwn: own }) =>
    rooms.extend(room, page, { now, live, isOwn: own, after }),
  prepended: (room, { page, now, before }, { live }) =>
    rooms.prepend(room, page, { now, live, before }),
  read: (room, { began }) => rooms.readToEnd(room, began),
  unreadable: (room, { reason, retryAt }) => ({
    ...room,
    history: { phase: 'failed', reason, retryAt },
  }),
  replaced: (room) => rooms.forget(room),
  toEnd: (room) => rooms.toEnd(room),
  arrived: (room) => rooms.arrive(room),
  held: (room, { held }) => withLog(room, { ...room.log, held }),
  left: (room, { place }) => ({ ...room, place }),
  drafted: (room, { draft }) => ({ ...room, draft }),
  seen: (room, { seen }) => rooms.see(room, seen),
  counted: (room, { page, after, until }, { isOwn: own }) =>
    rooms.count(room, page, { isOwn: own, after, until }),
};

/** @param {State} state @param {Room[]} list @returns {State} */
function withRooms(state, list) {
  if (list.every((room) => state.rooms.get(room.name) === room)) return state;
  const next = new Map(state.rooms);
  for (const room of list) next.set(room.name, room);
  return { ...state, rooms: rooms.forgetSome(next, state.room) };
}

/** @param {State} state @param {Room} room */
const withRoom = (state, room) => withRooms(state, [room]);

/**
 * With the connection goes what was in doubt on it: while it is down, that alone is what is wrong.
 * @param {State} state
 * @param {ConnectionState} connection
 * @returns {State}
 */
function withConnection(state, connection) {
  if ((connection.phase === 'online') === (state.connection.phase === 'online'))
    return { ...state, connection };
  const sendAgain = (/** @type {Room} */ room) => withLog(room, outbox.sendAllAgain(room.log));
  const next = Array.from(state.rooms.values(), sendAgain);
  return { ...withRooms(state, next), connection };
}

/**
 * @param {State} state
 * @param {Extract<Event, {type: 'identified'}>} event
 * @returns {State}
 */
function withIdentity(state, { clientId, own, nickname, bySite }) {
  const claim = (/** @type {Room} */ room) =>
    withLog(room, outbox.claimUnsent(room.log, { clientId, nickname }));
  const next = withRooms(state, Array.from(state.rooms.values(), claim));
  return { ...next, clientId, own: [...own, clientId], nickname, named: bySite };
}

/**
 * A room that nothing is known of becomes known by what changes it.
 * @param {State} state
 * @param {RoomEvent & {room?: string}} event
 * @returns {State}
 */
function inRoom(state, event) {
  const change = /** @type {(room: Room, event: RoomEvent, context: Context) => Room} */ (
    changes[event.type]
  );
  if (!change) return state;
  const name = event.room ?? state.room;
  const room = roomOf(state, name);
  const { clientId, nickname } = state;
  const live = state.connection.phase === 'online';
  const current = name === state.room;
  const own = (/** @type {{clientId: string | null}} */ message) => isOwn(state, message);
  const next = change(room, event, { current, live, clientId, nickname, isOwn: own });
  return next === room ? state : withRoom(state, next);
}

/** @param {State} state @param {Event} event @returns {State} */
function changed(state, event) {
  switch (event.type) {
    case 'named':
      return { ...state, nickname: event.nickname, named: event.bySite ?? false };
    case 'identified':
      return withIdentity(state, event);
    case 'connection':
      return withConnection(state, event.connection);
    case 'visible':
      return { ...state, visible: event.visible };
    case 'entered': {
      const room = rooms.enter(roomOf(state, event.room), event.message);
      return withRoom({ ...state, room: event.room }, { ...room, mine: true });
    }
    case 'listed':
      return withRooms(state, [
        ...Array.from(state.rooms.values(), rooms.recount),
        ...event.rooms.map((facts) => rooms.applyListed(state.rooms.get(facts.room), facts)),
      ]);
    case 'allSeen':
      return withRooms(state, Array.from(state.rooms.values(), rooms.markSeen));
    default:
      return inRoom(state, event);
  }
}

/** Whether new messages are seen as they come. @param {State} state */
export function isWatching(state) {
  const { log: shown, goal } = currentRoom(state);
  return state.visible && shown.tail && !shown.held && shown.first !== null && goal === null;
}

/**
 * @param {State} state
 * @param {Event} event
 * @returns {State}
 */
export function reduce(state, event) {
  const next = changed(state, event);
  const room = currentRoom(next);
  if (isWatching(next)) return withRoom(next, rooms.markSeen(room));
  const before = state.rooms.get(next.room);
  return before && rooms.unread(before) === 0 ? withRoom(next, rooms.markNew(room)) : next;
}

/**
 * The rows that are not stored yet, of all rooms.
 * @param {State} state
 * @returns {{room: string, row: Row}[]}
 */
function allToSend(state) {
  return Array.from(state.rooms.values()).flatMap(({ name, log: list }) =>
    outbox.toSend(list).map((row) => ({ room: name, row })),
  );
}

/**
 * What is to be sent now.
 * @param {State} state
 * @param {number} now
 */
export function due(state, now) {
  if (state.connection.phase !== 'online') return [];
  return allToSend(state).filter(({ row }) => row.retryAt <= now);
}

/**
 * When the next row is to be sent: Infinity for never.
 * @param {State} state
 */
export function nextDue(state) {
  if (state.connection.phase !== 'online') return Number.POSITIVE_INFINITY;
  return Math.min(...allToSend(state).map(({ row }) => row.retryAt), Number.POSITIVE_INFINITY);
}

/**
 * @param {State} state
 * @param {{clientId: string | null}} message
 */
export function isOwn({ own }, { clientId }) {
  return clientId !== null && own.includes(clientId);
}

/**
 * Tells all of them; one that throws is reported, and does not keep it from the others.
 * @template T
 * @param {Iterable<(value: T) => void>} listeners
 * @param {() => T} get
 */
export function tell(listeners, get) {
  for (const listener of listeners) {
    try {
      listener(get());
    } catch (error) {
      reportError(error);
    }
  }
}

/**
 * Holds the state and tells who listens.
 * @param {State} state
 */
export function createStore(state) {
  /** @type {Set<(state: State) => void>} */
  const listeners = new Set();
  return {
    get: () => state,
    /** @param {Event} event */
    dispatch(event) {
      const before = state;
      state = reduce(state, event);
      if (state === before) return;
      tell(listeners, () => state);
    },
    /** @param {(state: State) => void} listener */
    subscribe(listener) {
      listeners.add(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
