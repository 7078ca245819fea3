// What is unread, where a room opens, and how the window moves over its history.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCounter } from '../../web/chat/counter.js';
import { HistoryError } from '../../web/chat/history.js';
import { ROWS_MAX } from '../../web/chat/log.js';
import { hasUnread, UNREAD_MAX, unread } from '../../web/chat/room.js';
import { createStore, currentRoom, initialState, isWatching } from '../../web/chat/store.js';

/** @typedef {import('../../web/chat/pages.js').Page} Page */

const TS = '2026-11-23T17:41:05.123Z';

/** @param {number} id @param {string} [clientId] */
const item = (id, clientId = 'c') => ({
  id,
  ts: TS,
  nickname: 'n',
  text: `t${id}`,
  clientId,
  msgId: `m${id}`,
});

/** @param {number} from @param {number} to @param {{older?: boolean, newer?: boolean}} [edges] */
const page = (from, to, { older = true, newer = false } = {}) => ({
  items: Array.from({ length: to - from + 1 }, (_, i) => item(from + i)),
  older,
  newer,
});

/** @param {number} id @param {string} [clientId] */
const receipt = (id, clientId = 'c') => ({ id, ts: TS, clientId, msgId: `m${id}` });

/** A page whose open room has the messages 1 to 10, seen. */
function setUp() {
  const store = createStore(initialState({ room: 'lab', clientId: 'me', nickname: 'N' }));
  store.dispatch({ type: 'opened', page: page(1, 10, { older: false }), now: 0 });
  store.dispatch({ type: 'arrived' });
  const room = () => currentRoom(store.get());
  /** @param {string} name */
  const known = (name) => {
    const one = store.get().rooms.get(name);
    assert.ok(one, name);
    return one;
  };
  return {
    store,
    room,
    ids: () => room().log.rows.map(({ id }) => id),
    /** @param {number[]} ids @param {string} [name] @param {string} [clientId] */
    receipts(ids, name, clientId) {
      const receipts = ids.map((id) => receipt(id, clientId));
      store.dispatch({ type: 'receipts', room: name, receipts });
    },
    /** The API's list has the room "shed". @param {number} lastId */
    list: (lastId) => store.dispatch({ type: 'listed', rooms: [{ room: 'shed', lastId }] }),
    /** The history tells what came to it. @param {Page} page @param {{after: number, until: number}} where */
    counted: (page, where) => store.dispatch({ type: 'counted', room: 'shed', page, ...where }),
    /** @param {string} name */
    unreadIn: (name) => unread(known(name)),
    /** @param {string} name */
    isUnread: (name) => hasUnread(known(name)),
  };
}

test('what comes while somebody looks is seen; what comes while nobody does is new', () => {
  const { store, room, receipts } = setUp();
  assert.ok(isWatching(store.get()));
  receipts([11]);
  assert.deepEqual([unread(room()), room().newFrom], [0, null]);
  store.dispatch({ type: 'visible', visible: false });
  receipts([12, 13]);
  assert.deepEqual([unread(room()), room().newFrom], [2, 11]);
  store.dispatch({ type: 'visible', visible: true });
  assert.deepEqual([unread(room()), room().newFrom], [0, 11]);
});

test('what comes below the reader is counted until they are there; our own is not', () => {
  const { store, room, receipts } = setUp();
  store.dispatch({ type: 'held', held: true });
  receipts([11, 12]);
  receipts([13], 'lab', 'me');
  assert.equal(unread(room()), 2);
  store.dispatch({ type: 'held', held: false });
  assert.equal(unread(room()), 0);
});

test('a receipt that comes again counts once', () => {
  const { receipts, unreadIn } = setUp();
  receipts([11], 'shed');
  receipts([11], 'shed');
  receipts([12], 'shed');
  assert.equal(unreadIn('shed'), 2);
});

test('the history counts what came while the page was away; a room that is new is not unread', () => {
  const { list, counted, receipts, unreadIn, isUnread } = setUp();
  list(900);
  assert.deepEqual([unreadIn('shed'), isUnread('shed')], [0, false]);
  list(940);
  assert.deepEqual([unreadIn('shed'), isUnread('shed')], [0, true], 'not known how many');
  receipts([941], 'shed');
  counted(page(934, 940), { after: 900, until: 940 });
  assert.equal(unreadIn('shed'), 8);
  list(940); // an answer that was overtaken
  assert.equal(unreadIn('shed'), 8);
});

test('what was deleted is counted no longer, and what comes then is counted as it comes', () => {
  const { list, counted, receipts, unreadIn, isUnread } = setUp();
  list(900);
  const none = { items: [], older: true, newer: false };
  receipts(
    Array.from({ length: 30 }, (_, i) => 901 + i),
    'shed',
  );
  assert.equal(unreadIn('shed'), 30);
  list(900); // all of them were pruned
  counted(none, { after: 900, until: 930 });
  assert.deepEqual([unreadIn('shed'), isUnread('shed')], [0, false]);
  receipts(
    Array.from({ length: 20 }, (_, i) => 931 + i),
    'shed',
  );
  assert.equal(unreadIn('shed'), 20);
});

test('a room that is on the list no longer, because all of it was deleted, is counted anew', () => {
  const { store, list, receipts, isUnread, unreadIn, counted } = setUp();
  list(900);
  receipts([901], 'shed');
  store.dispatch({ type: 'listed', rooms: [] });
  counted({ items: [], older: false, newer: false }, { after: 900, until: 901 });
  assert.deepEqual([unreadIn('shed'), isUnread('shed')], [0, false]);
});

test('more than 200 are more than 200; what another tab has seen of them is not', () => {
  const { store, list, counted, receipts, unreadIn, isUnread } = setUp();
  list(900);
  list(2000);
  counted({ ...page(901, 1100), newer: true }, { after: 900, until: 2000 });
  assert.equal(unreadIn('shed'), UNREAD_MAX + 1);
  receipts([2001], 'shed');
  assert.equal(unreadIn('shed'), UNREAD_MAX + 1);
  store.dispatch({ type: 'seen', room: 'shed', seen: 1090 });
  assert.deepEqual([unreadIn('shed'), isUnread('shed')], [11, true]);
  counted({ ...page(901, 1100), newer: true }, { after: 900, until: 2000 }); // asked for before that
  assert.equal(unreadIn('shed'), 11);
  store.dispatch({ type: 'seen', room: 'shed', seen: 2001 });
  assert.deepEqual([unreadIn('shed'), isUnread('shed')], [0, false]);
});

test('what was our own on another page is not unread', () => {
  const { list, counted, unreadIn, isUnread } = setUp();
  list(900);
  list(902);
  const items = [item(901, 'me'), item(902, 'me')];
  counted({ items, older: true, newer: false }, { after: 900, until: 902 });
  assert.deepEqual([unreadIn('shed'), isUnread('shed')], [0, false]);
});

test('a receipt that follows what is not known has the room counted', () => {
  const { store, list, receipts, isUnread } = setUp();
  list(900);
  receipts([901], 'shed', 'me');
  assert.equal(isUnread('shed'), false);
  const receipt = { id: 910, ts: TS, clientId: 'me', msgId: 'm', prev: 905 };
  store.dispatch({ type: 'receipts', room: 'shed', receipts: [receipt] });
  assert.equal(isUnread('shed'), true);
});

test('what came before the list did stays unread when it tells of more', () => {
  const { list, receipts, unreadIn, isUnread } = setUp();
  receipts([11, 12], 'shed');
  list(12);
  assert.deepEqual([unreadIn('shed'), isUnread('shed')], [2, true]);
});

test('rooms are counted one after the other, as they are listed, and at most thirty at a time', async () => {
  const { store } = setUp();
  const names = Array.from({ length: 40 }, (_, i) => `room-${i}`); // as the API lists them
  for (const lastId of [100, 200]) {
    const facts = names.map((room, i) => ({ room, lastId: lastId - i }));
    store.dispatch({ type: 'listed', rooms: facts });
  }
  /** @type {string[]} */
  const asked = [];
  const history = {
    /** @param {import('../../web/chat/history.js').Query} query */
    async page({ room, limit, after = 0 }) {
      asked.push(room);
      assert.equal(limit, 200);
      if (asked.length === 33) throw new HistoryError('503');
      return page(after + 1, after + 5);
    },
  };
  const count = createCounter({ store, history });
  await Promise.all([count(), count()]);
  assert.deepEqual(asked, names.slice(0, 30));
  await count();
  assert.equal(asked.length, 33);
  await count();
  assert.equal(asked.length, 41);
  assert.ok(
    names.every((name) => unread(store.get().rooms.get(name) ?? currentRoom(store.get())) === 5),
  );
});

test('a room that its reader was in is counted where the list of the server is too short for it', async () => {
  const { store, unreadIn } = setUp();
  store.dispatch({ type: 'listed', rooms: ['shed', 'den'].map((room) => ({ room, lastId: 5 })) });
  for (const room of ['shed', 'lab']) store.dispatch({ type: 'entered', room, message: 0 });
  /** @type {string[]} */
  const asked = [];
  const history = {
    /** @param {import('../../web/chat/history.js').Query} query */
    async page({ room, after = 0 }) {
      asked.push(room);
      return page(after + 1, after + 2);
    },
  };
  const count = createCounter({ store, history });
  await count([{ room: 'lab' }]);
  assert.deepEqual([asked, unreadIn('shed')], [['shed'], 2]);
  await count();
  assert.deepEqual(asked, ['shed']);
});

test('each room has its draft, its place and its log', () => {
  const { store, room, ids } = setUp();
  store.dispatch({ type: 'drafted', draft: 'half a' });
  store.dispatch({ type: 'left', place: { id: 4, offset: -3 } });
  store.dispatch({ type: 'entered', room: 'shed', message: 0 });
  assert.deepEqual([room().draft, ids(), room().goal], ['', [], null]);
  store.dispatch({ type: 'entered', room: 'lab', message: 0 });
  assert.equal(room().draft, 'half a');
  assert.equal(ids().length, 10);
  assert.deepEqual(room().goal, { to: 'place', id: 4, offset: -3 });
});

test('a room that is not on the screen keeps what it has, and takes only what settles our own', () => {
  const { store, room, receipts } = setUp();
  store.dispatch({ type: 'composed', text: 'x', msgId: 'm11', now: 0 });
  store.dispatch({ type: 'entered', room: 'shed', message: 0 });
  store.dispatch({ type: 'live', room: 'lab', message: item(12), now: 0 });
  receipts([11], 'lab', 'me');
  receipts([12], 'lab');
  store.dispatch({ type: 'entered', room: 'lab', message: 0 });
  assert.deepEqual(
    room()
      .log.rows.slice(10)
      .map(({ id, state }) => [id, state]),
    [[11, 'stored']],
  );
});

test('a room that is opened at what was not seen does so; on the first visit at its end', () => {
  const { store, room, receipts } = setUp();
  store.dispatch({ type: 'entered', room: 'shed', message: 0 });
  store.dispatch({ type: 'opened', page: page(1, 10), now: 0 });
  assert.deepEqual([room().goal, room().newFrom], [{ to: 'end' }, null]);
  receipts([11, 12], 'lab');
  store.dispatch({ type: 'entered', room: 'lab', message: 0 });
  assert.deepEqual([room().goal, room().newFrom], [{ to: 'new' }, 10]);
});

test('with more than 100 unread a room is read anew, from where they begin', () => {
  for (const unseen of [100, 101]) {
    const { store, room, receipts, ids } = setUp();
    store.dispatch({ type: 'entered', room: 'shed', message: 0 });
    receipts(
      Array.from({ length: unseen }, (_, i) => 11 + i),
      'lab',
    );
    store.dispatch({ type: 'entered', room: 'lab', message: 0 });
    assert.equal(unread(room()), unseen);
    assert.deepEqual([ids().length, room().log.first], unseen > 100 ? [0, null] : [10, 1]);
  }
});

test('in the middle of the history nothing live is added, and the end is found again', () => {
  const { store, room, ids, receipts } = setUp();
  store.dispatch({ type: 'opened', page: page(100, 199, { newer: true }), now: 0 });
  store.dispatch({ type: 'live', message: item(901), now: 0 });
  receipts([901]);
  assert.deepEqual([ids().length, ids().at(-1)], [100, 199]);
  assert.ok(!isWatching(store.get()));
  const next = page(200, 259, { newer: true });
  store.dispatch({ type: 'extended', page: next, now: 0, after: 199 });
  assert.ok(!room().log.tail);
  store.dispatch({ type: 'extended', page: page(260, 270), now: 0, after: 259 });
  assert.ok(room().log.tail);
  assert.ok(room().log.wanted, 'what came in between is asked for');
});

test('a page that was asked for before the window moved is not taken', () => {
  const { store, ids } = setUp();
  store.dispatch({ type: 'opened', page: page(100, 199, { newer: true }), now: 0 });
  const before = ids();
  store.dispatch({ type: 'extended', page: page(11, 20), now: 0, after: 10 });
  store.dispatch({ type: 'prepended', page: page(1, 5), now: 0, before: 11 });
  assert.deepEqual(ids(), before);
});

test('older pages push the newest out of the window, and newer ones the oldest', () => {
  const { store, room, ids } = setUp();
  store.dispatch({ type: 'opened', page: page(801, 1000), now: 0 });
  store.dispatch({ type: 'prepended', page: page(601, 800), now: 0, before: 801 });
  assert.deepEqual([ids().length, ids()[0], ids().at(-1)], [ROWS_MAX, 601, 900]);
  assert.deepEqual([room().log.tail, room().log.cursor], [false, 900]);
  const next = page(901, 1000);
  store.dispatch({ type: 'extended', page: next, now: 0, after: 900 });
  assert.deepEqual([ids().length, ids()[0], ids().at(-1)], [ROWS_MAX, 701, 1000]);
  assert.deepEqual([room().log.tail, room().log.first], [true, 701]);
});

test('new messages do not push out what the reader looks at', () => {
  const { store, room, ids } = setUp();
  store.dispatch({ type: 'held', held: true });
  for (let id = 11; id <= ROWS_MAX + 50; id++) {
    store.dispatch({ type: 'live', message: item(id), now: 0 });
  }
  assert.deepEqual([ids().length, ids()[0]], [ROWS_MAX, 1]);
  assert.ok(!room().log.tail);
});

test('sending from the middle of the history goes to the end, which has to be read', () => {
  const { store, room } = setUp();
  store.dispatch({ type: 'opened', page: page(100, 199, { newer: true }), now: 0 });
  store.dispatch({ type: 'composed', text: 'here', msgId: 'own', now: 0 });
  assert.deepEqual(
    room().log.rows.map(({ text }) => text),
    ['here'],
  );
  assert.deepEqual([room().log.first, room().goal], [null, { to: 'end' }]);
});

test('a receipt for our own message settles it where the end is not shown', () => {
  const { store, room, receipts } = setUp();
  store.dispatch({ type: 'composed', text: 'here', msgId: 'm901', now: 0 });
  store.dispatch({ type: 'opened', page: page(100, 199, { newer: true }), now: 0 });
  assert.equal(room().log.rows.length, 101);
  receipts([901], 'lab', 'me');
  assert.equal(room().log.rows.length, 100);
});

test('in a database that was made anew, what was seen in the old one says nothing', () => {
  const store = createStore(initialState({ room: 'lab', clientId: 'me', nickname: 'N' }));
  store.dispatch({ type: 'seen', seen: 5000 });
  store.dispatch({ type: 'opened', page: page(1, 3), now: 0 });
  assert.equal(currentRoom(store.get()).seen, 3);
});
