// The state of the page, and how each event changes it. Pure: times and ids come with the events.

import * as log from './log.js';

/** @typedef {import('./payload.js').Message} Message */
/** @typedef {import('./log.js').Row} Row */

/**
 * waiting: it has not been tried yet. offline: it is tried again at `retryAt`.
 * @typedef {{phase: 'waiting' | 'connecting' | 'online' | 'offline', retryAt: number,
 *   reason: string}} Link
 */

/**
 * failed: `reason` says why, and it is tried again at `retryAt`.
 * @typedef {{phase: 'loading' | 'ready' | 'failed', retryAt: number, reason: string}} History
 */

/**
 * @typedef {object} State
 * @property {string} room
 * @property {string} clientId this browser, in what it sends
 * @property {string} nickname '' until one was chosen
 * @property {log.Log} log
 * @property {Link} link to the broker
 * @property {History} history whether it can be read
 */

/**
 * @typedef {{type: 'named', nickname: string}
 *   | {type: 'composed', text: string, msgId: string, now: number}
 *   | {type: 'sent', key: number, now: number}
 *   | {type: 'retry', key: number}
 *   | {type: 'refused', key: number, reason: string}
 *   | {type: 'live', message: Message, now: number}
 *   | {type: 'receipts', receipts: import('./payload.js').Receipt[]}
 *   | {type: 'rejected', rejection: import('./payload.js').Rejection}
 *   | {type: 'link', link: Link}
 *   | {type: 'reading'}
 *   | {type: 'opened', items: import('./payload.js').StoredMessage[], now: number}
 *   | {type: 'extended', items: import('./payload.js').StoredMessage[], now: number}
 *   | {type: 'read', began: number}
 *   | {type: 'unreadable', reason: string, retryAt: number}} Event
 */

/**
 * @param {{room: string, clientId: string, nickname: string}} start
 * @returns {State}
 */
export function initialState(start) {
  return {
    ...start,
    log: log.emptyLog(),
    link: { phase: 'waiting', retryAt: 0, reason: '' },
    history: { phase: 'loading', retryAt: 0, reason: '' },
  };
}

/** @type {History} */
const READY = { phase: 'ready', retryAt: 0, reason: '' };

/**
 * With the connection goes what was in doubt on it: while it is down, that alone is what is wrong.
 * @param {State} state
 * @param {Link} link
 * @returns {State}
 */
function linked(state, link) {
  const turned = (link.phase === 'online') !== (state.link.phase === 'online');
  return { ...state, link, log: turned ? log.sendAllAgain(state.log) : state.log };
}

/**
 * @param {State} state
 * @param {{text: string, msgId: string, now: number}} event
 */
function composed({ log: rows, nickname, clientId }, { text, msgId, now }) {
  return log.addOwn(rows, { nickname, text, clientId, msgId }, now);
}

/**
 * @param {State} state
 * @param {Event} event
 * @returns {State}
 */
export function reduce(state, event) {
  const live = state.link.phase === 'online';
  const withLog = (/** @type {log.Log} */ next) => ({ ...state, log: next });
  const withPage = (/** @type {log.Log} */ next) => ({ ...state, log: next, history: READY });
  switch (event.type) {
    case 'named':
      return { ...state, nickname: event.nickname };
    case 'composed':
      return withLog(composed(state, event));
    case 'sent':
      return withLog(log.markSent(state.log, event.key, event.now));
    case 'retry':
      return withLog(log.sendAgain(state.log, event.key));
    case 'refused':
      return withLog(log.fail(state.log, event.key, event.reason));
    case 'live':
      return withLog(log.addLive(state.log, event.message, event.now));
    case 'receipts':
      return withLog(log.addReceipts(state.log, event.receipts));
    case 'rejected':
      return withLog(log.addRejection(state.log, event.rejection));
    case 'link':
      return linked(state, event.link);
    case 'reading':
      return withLog({ ...state.log, wanted: false });
    case 'opened':
      return withPage(log.openHistory(state.log, event.items, { now: event.now, live }));
    case 'extended':
      return withPage(log.extendHistory(state.log, event.items, { now: event.now, live }));
    case 'read':
      return withLog(log.endHistory(state.log, event.began));
    case 'unreadable': {
      const { reason, retryAt } = event;
      return { ...state, history: { phase: 'failed', reason, retryAt } };
    }
    default:
      return state;
  }
}

/**
 * The rows that are to be sent now.
 * @param {State} state
 * @param {number} now
 * @returns {Row[]}
 */
export function due(state, now) {
  if (state.link.phase !== 'online') return [];
  return log.outbox(state.log).filter((row) => row.retryAt <= now);
}

/**
 * When the next row is to be sent: Infinity for never.
 * @param {State} state
 */
export function nextDue(state) {
  if (state.link.phase !== 'online') return Number.POSITIVE_INFINITY;
  return Math.min(...log.outbox(state.log).map((row) => row.retryAt), Number.POSITIVE_INFINITY);
}

/**
 * @param {State} state
 * @param {Row} row
 */
export function isOwn(state, row) {
  return row.clientId === state.clientId;
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
      state = reduce(state, event);
      for (const listener of listeners) listener(state);
    },
    /** @param {(state: State) => void} listener */
    subscribe(listener) {
      listeners.add(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
