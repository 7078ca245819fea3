// The state of the page, and how each event changes it. Pure: times and ids come with the events.

import * as log from './log.js';
import * as rooms from './room.js';

/** @typedef {import('./payload.js').Message} Message */
/** @typedef {import('./log.js').Row} Row */
/** @typedef {rooms.Room} Room */
/** @typedef {rooms.History} History */

/**
 * waiting: it has not been tried yet. offline: it is tried again at `retryAt`. cause: what is known of why.
 * full: this address has as many pages open as it may. script: mqtt.js did not come. socket: the server
 * answers, but opens no WebSocket.
 * @typedef {{phase: 'waiting' | 'connecting' | 'online' | 'offline', retryAt: number,
 *   cause: '' | 'full' | 'script' | 'socket'}} ConnectionState
 */

/**
 * @typedef {object} State
 * @property {string} room the one on the screen
 * @property {ReadonlyMap<string, Room>} rooms that are known: their names come from outside, and are
 *   never the keys of an object
 * @property {string} clientId this browser, in what it sends
 * @property {string} nickname '' until one was chosen
 * @property {ConnectionState} connection to the broker
 * @property {boolean} visible whether somebody can see the page
 */

/**
 * What happens in a room: without a name, in the one on the screen.
 * @typedef {{type: 'composed', text: string, msgId: string, now: number}
 *   | {type: 'restored', nickname: string, text: string, msgId: string, at: number}
 *   | {type: 'sent', key: number, now: number}
 *   | {type: 'retry', key: number}
 *   | {type: 'discarded', msgId: string | null}
 *   | {type: 'refused', key: number, reason: string}
 *   | {type: 'live', message: Message, now: number}
 *   | {type: 'receipts', receipts: import('./payload.js').Receipt[]}
 *   | {type: 'rejected', rejection: import('./payload.js').Rejection}
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
 *   | {type: 'named', nickname: string}
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
 * @property {string} own client id
 * @property {string} nickname
 */

/**
 * What becomes of a room, by the type of the event.
 * @type {{[T in RoomEvent['type']]: (room: Room, event: Extract<RoomEvent, {type: T}>,
 *   context: Context) => Room}}
 */
const changes = {
  composed(room, { text, msgId, now }, { nickname, own }) {
    const next = rooms.toEnd({ ...room, newFrom: null });
    return withLog(next, log.addOwn(next.log, { nickname, text, clientId: own, msgId }, now));
  },
  restored: (room, { nickname, text, msgId, at }, { own }) =>
    withLog(room, log.addOwn(room.log, { nickname, text, clientId: own, msgId }, at)),
  sent: (room, { key, now }) => withLog(room, log.markSent(room.log, key, now)),
  retry: (room, { key }) => withLog(room, log.sendAgain(room.log, key)),
  discarded: (room, { msgId }) => withLog(room, log.discard(room.log, msgId)),
  refused: (room, { key, reason }) => withLog(room, log.fail(room.log, key, reason)),
  live: (room, { message, now }, { current }) =>
    current ? withLog(room, log.addLive(room.log, message, now)) : room,
  receipts: (room, { receipts }, context) => rooms.addReceipts(room, receipts, context),
  rejected: (room, { rejection }) => withLog(room, log.addRejection(room.log, rejection)),
  reading: (room) => withLog(room, { ...room.log, wanted: false }),
  opened: (room, { page, now, goal = null }, { live, own }) =>
    rooms.open(room, page, { now, live, own, goal }),
  extended: (room, { page, now, after }, { live, own }) =>
    rooms.extend(room, page, { now, live, own, after }),
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
  counted: (room, { page, after, until }, { own }) =>
    rooms.count(room, page, { own, after, until }),
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
  const sendAgain = (/** @type {Room} */ room) => withLog(room, log.sendAllAgain(room.log));
  const next = Array.from(state.rooms.values(), sendAgain);
  return { ...withRooms(state, next), connection };
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
  const { clientId: own, nickname } = state;
  const live = state.connection.phase === 'online';
  const next = change(room, event, { current: name === state.room, live, own, nickname });
  return next === room ? state : withRoom(state, next);
}

/** @param {State} state @param {Event} event @returns {State} */
function changed(state, event) {
  switch (event.type) {
    case 'named':
      return { ...state, nickname: event.nickname };
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
function outbox(state) {
  return Array.from(state.rooms.values()).flatMap(({ name, log: list }) =>
    log.outbox(list).map((row) => ({ room: name, row })),
  );
}

/**
 * What is to be sent now.
 * @param {State} state
 * @param {number} now
 */
export function due(state, now) {
  if (state.connection.phase !== 'online') return [];
  return outbox(state).filter(({ row }) => row.retryAt <= now);
}

/**
 * When the next row is to be sent: Infinity for never.
 * @param {State} state
 */
export function nextDue(state) {
  if (state.connection.phase !== 'online') return Number.POSITIVE_INFINITY;
  return Math.min(...outbox(state).map(({ row }) => row.retryAt), Number.POSITIVE_INFINITY);
}

/**
 * @param {State} state
 * @param {Row} row
 */
export function isOwn(state, row) {
  return row.clientId === state.clientId;
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
