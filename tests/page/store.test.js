// The page's state: what each event changes, and what is to be sent when.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOMS_MAX, ROOMS_SPARE, unread } from '../../web/chat/room.js';
import {
  createStore,
  currentRoom,
  due,
  initialState,
  isOwn,
  nextDue,
} from '../../web/chat/store.js';

const TS = '2026-11-23T17:41:05.123Z';
const ONLINE = {
  phase: /** @type {const} */ ('online'),
  retryAt: 0,
  cause: /** @type {const} */ (''),
};
const OFFLINE = {
  phase: /** @type {const} */ ('offline'),
  retryAt: 9,
  cause: /** @type {const} */ (''),
};

/** @param {...import('../../web/chat/payload.js').StoredMessage} items */
const page = (...items) => ({ items, older: false, newer: false });

function newStore() {
  return createStore(initialState({ room: 'messages', clientId: 'me', nickname: 'Nick' }));
}

/** @param {number} now */
const compose = (now) => ({
  type: /** @type {const} */ ('composed'),
  text: 'hi',
  msgId: 'm1',
  now,
});

test('a composed message is on the list at once, as sending and as our own', () => {
  const store = newStore();
  store.dispatch(compose(5));
  const [row] = currentRoom(store.get()).log.rows;
  assert.deepEqual(
    [row.nickname, row.text, row.clientId, row.msgId, row.state, row.at],
    ['Nick', 'hi', 'me', 'm1', 'sending', 5],
  );
  assert.ok(isOwn(store.get(), row));
});

test('nothing is due offline; everything is when the connection is made', () => {
  const store = newStore();
  store.dispatch(compose(5));
  assert.deepEqual(due(store.get(), 10), []);
  assert.equal(nextDue(store.get()), Number.POSITIVE_INFINITY);
  store.dispatch({ type: 'connection', connection: ONLINE });
  assert.equal(due(store.get(), 10).length, 1);
});

test('what was sent is due later, and at once after a reconnection', () => {
  const store = newStore();
  store.dispatch({ type: 'connection', connection: ONLINE });
  store.dispatch(compose(5));
  store.dispatch({ type: 'sent', key: currentRoom(store.get()).log.rows[0].key, now: 10 });
  assert.deepEqual(due(store.get(), 10), []);
  assert.equal(nextDue(store.get()), 3010);
  assert.equal(due(store.get(), 3010).length, 1);
  store.dispatch({ type: 'connection', connection: OFFLINE });
  store.dispatch({ type: 'connection', connection: ONLINE });
  assert.equal(due(store.get(), 11).length, 1);
});

test('a retry makes due at once what waits for its receipt', () => {
  const store = newStore();
  store.dispatch({ type: 'connection', connection: ONLINE });
  store.dispatch(compose(5));
  const [{ key }] = currentRoom(store.get()).log.rows;
  store.dispatch({ type: 'sent', key, now: 10 });
  store.dispatch({ type: 'retry', key });
  assert.deepEqual(
    due(store.get(), 11).map(({ row }) => row.msgId),
    ['m1'],
  );
});

test('a stored message is never due again', () => {
  const store = newStore();
  store.dispatch({ type: 'connection', connection: ONLINE });
  store.dispatch(compose(5));
  const receipts = [{ id: 1, ts: TS, clientId: 'me', msgId: 'm1' }];
  store.dispatch({ type: 'receipts', receipts });
  assert.equal(nextDue(store.get()), Number.POSITIVE_INFINITY);
  assert.equal(currentRoom(store.get()).log.rows[0].ts, TS);
});

test('what the broker refuses for good is failed', () => {
  const store = newStore();
  store.dispatch(compose(5));
  store.dispatch({
    type: 'refused',
    key: currentRoom(store.get()).log.rows[0].key,
    reason: 'too large',
  });
  const [row] = currentRoom(store.get()).log.rows;
  assert.deepEqual([row.state, row.reason], ['failed', 'too large']);
});

test('history that cannot be read is not an empty room', () => {
  const store = newStore();
  assert.equal(currentRoom(store.get()).history.phase, 'loading');
  store.dispatch({ type: 'unreadable', reason: '503', retryAt: 9 });
  assert.deepEqual(currentRoom(store.get()).history, {
    phase: 'failed',
    reason: '503',
    retryAt: 9,
  });
  assert.equal(currentRoom(store.get()).log.first, null);
  store.dispatch({ type: 'opened', page: page(), now: 1 });
  assert.equal(currentRoom(store.get()).history.phase, 'ready');
  assert.equal(currentRoom(store.get()).log.first, 0);
});

test('only history that is read while connected can be ahead of a live copy', () => {
  const item = { id: 1, ts: TS, nickname: 'mqtt', text: 'x', clientId: null, msgId: null };
  const store = newStore();
  store.dispatch({ type: 'opened', page: page(item), now: 1 });
  assert.equal(currentRoom(store.get()).log.rows[0].aheadUntil, 0);
  store.dispatch({ type: 'connection', connection: ONLINE });
  store.dispatch({ type: 'extended', page: page({ ...item, id: 2 }), now: 1, after: 1 });
  assert.ok(currentRoom(store.get()).log.rows[1].aheadUntil > 1);
});

test('listeners are told of each event', () => {
  const store = newStore();
  /** @type {string[]} */
  const names = [];
  store.subscribe(({ nickname }) => names.push(nickname));
  store.dispatch({ type: 'named', nickname: 'Aino' });
  assert.deepEqual(names, ['Aino']);
});

test('a listener that throws is reported, and the others are told all the same', (context) => {
  const page = /** @type {any} */ (globalThis);
  /** @type {unknown[]} */
  const reported = [];
  page.reportError = (/** @type {unknown} */ error) => reported.push(error);
  context.after(() => delete page.reportError);
  const store = newStore();
  const fault = new Error('a listener of the test');
  store.subscribe(() => {
    throw fault;
  });
  let told = 0;
  store.subscribe(() => {
    told += 1;
  });
  store.dispatch({ type: 'named', nickname: 'Aino' });
  assert.deepEqual([told, reported], [1, [fault]]);
});

test('whatever a room is called, it is a room: messages, receipts and the list find it', () => {
  const store = newStore();
  for (const room of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    const message = { nickname: 'n', text: 'x', clientId: 'c', msgId: 'm' };
    store.dispatch({ type: 'live', room, message, now: 1 });
    const receipts = [{ id: 5, ts: TS, clientId: 'c', msgId: 'm' }];
    store.dispatch({ type: 'receipts', room, receipts });
    store.dispatch({ type: 'listed', rooms: [{ room, lastId: 6 }] });
    store.dispatch({ type: 'entered', room, message: 0 });
    assert.deepEqual([currentRoom(store.get()).name, currentRoom(store.get()).lastId], [room, 6]);
  }
  store.dispatch({ type: 'connection', connection: ONLINE });
  assert.equal(store.get().rooms.size, 5);
  assert.ok([...store.get().rooms.values()].every(({ log }) => Array.isArray(log.rows)));
});

test("however many rooms are made, the page knows some hundreds, and those that are its reader's", () => {
  const store = newStore();
  const own = store.get().room;
  store.dispatch({ type: 'drafted', room: 'draft', draft: 'half a sentence' });
  store.dispatch({ type: 'composed', room: 'sent', text: 'x', msgId: 'm', now: 1 });
  for (const room of ['visited', own]) store.dispatch({ type: 'entered', room, message: 0 });
  for (let id = 1; id <= 5000; id++) {
    const room = `room-${id}`;
    const message = { nickname: 'n', text: 'x', clientId: 'c', msgId: `m${id}` };
    store.dispatch({ type: 'live', room, message, now: 1 });
    store.dispatch({
      type: 'receipts',
      room,
      receipts: [{ id, ts: TS, clientId: 'c', msgId: `m${id}` }],
    });
    assert.ok(store.get().rooms.size <= ROOMS_MAX + ROOMS_SPARE);
  }
  const { rooms } = store.get();
  for (const name of [own, 'draft', 'sent', 'visited', 'room-5000', 'room-4800'])
    assert.ok(rooms.has(name), name);
  assert.ok(!rooms.has('room-1'));
});

test('what changes nothing of a room that is not known does not make it known', () => {
  const store = newStore();
  const before = store.get();
  const message = { nickname: 'n', text: 'x', clientId: 'c', msgId: 'm' };
  const page = { items: [], older: false, newer: false };
  store.dispatch({ type: 'live', room: 'other', message, now: 1 });
  store.dispatch({ type: 'counted', room: 'other', page, after: 7, until: 9 });
  assert.equal(store.get(), before);
});

test('all is marked as read at once', () => {
  const store = newStore();
  for (const room of ['a', 'b']) {
    const receipts = [{ id: 5, ts: TS, clientId: 'c', msgId: room }];
    store.dispatch({ type: 'receipts', room, receipts });
  }
  const counts = () => [...store.get().rooms.values()].map(unread);
  assert.deepEqual(counts(), [0, 1, 1]);
  store.dispatch({ type: 'allSeen' });
  assert.deepEqual(counts(), [0, 0, 0]);
  assert.equal(store.get().rooms.get('a')?.seen, 5);
});

test('who the page is may change: what it said before stays its own', () => {
  const store = createStore(initialState({ room: 'lab', clientId: 'browser', nickname: 'Ann' }));
  const identity = { nickname: 'Ann', bySite: false };
  store.dispatch({ type: 'composed', text: 'unsent', msgId: 'm1', now: 0 });
  store.dispatch({ type: 'identified', clientId: '~b', own: ['~a'], ...identity });
  const state = store.get();
  assert.equal(currentRoom(state).log.rows[0].clientId, '~b');
  const own = ['~a', '~b', 'browser', '@ann', null].map((clientId) => isOwn(state, { clientId }));
  assert.deepEqual(own, [true, true, false, false, false]);
  assert.equal(state.named, false);
  const site = { own: [], nickname: 'ann', bySite: true };
  store.dispatch({ type: 'identified', clientId: '@ann', ...site });
  assert.deepEqual([store.get().nickname, store.get().named], ['ann', true]);
  assert.equal(currentRoom(store.get()).log.rows[0].nickname, 'ann');
});
