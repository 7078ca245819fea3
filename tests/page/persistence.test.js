// What outlives a reload, and what the tabs of one browser tell each other by their storage.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { areTextsKept, restoreRooms, startPersistence } from '../../web/chat/persistence.js';
import { ROOMS_MAX, ROOMS_SPARE } from '../../web/chat/room.js';
import {
  canStore,
  clientIdOr,
  readItems,
  readNickname,
  writeNickname,
} from '../../web/chat/storage.js';
import { createStore, initialState } from '../../web/chat/store.js';

const TS = '2026-11-23T17:41:05.123Z';

/** As a browser's, but for its events, which tell other tabs alone. @type {Map<string, string>} */
let stored = new Map();

/** The keys are its own properties, as a browser's are. */
const fakeStorage = new Proxy(
  {
    getItem: (/** @type {string} */ key) => stored.get(key) ?? null,
    setItem(/** @type {string} */ key, /** @type {string} */ value) {
      const others = [...stored].filter(([name]) => name !== key);
      const used = others.reduce((sum, pair) => sum + pair.join('').length, 0);
      if (used + key.length + value.length > space) throw new Error('full');
      stored.set(key, value);
    },
    removeItem: (/** @type {string} */ key) => stored.delete(key),
  },
  {
    ownKeys: () => [...stored.keys()],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  },
);

/** @type {((event: {key: string | null, newValue: string | null}) => void)[]} */
let listeners = [];

const page = /** @type {any} */ (globalThis);
page.addEventListener = (/** @type {string} */ type, /** @type {any} */ listener) => {
  if (type === 'storage') listeners.push(listener);
  if (type === 'beforeunload') asks = true;
};
page.removeEventListener = () => {
  asks = false;
};
/** Whether the page asks before it is left. */
let asks = false;
/** Characters that the storage still takes. */
let space = Number.POSITIVE_INFINITY;

beforeEach(() => {
  stored = new Map();
  listeners = [];
  space = Number.POSITIVE_INFINITY;
  page.localStorage = fakeStorage;
});

/** A page that opens a room, in a tab. @param {string} [room] @param {string} [tab] */
function openPage(room = 'lab', tab = '1-a') {
  const state = initialState({ room, clientId: 'me', nickname: 'Aino' });
  const store = createStore({ ...state, rooms: restoreRooms(room, tab) });
  startPersistence(store, tab);
  const known = (name = room) => {
    const one = store.get().rooms.get(name);
    assert.ok(one, name);
    return one;
  };
  const rows = (name = room) => known(name).log.rows;
  return { store, known, rows, texts: (name = room) => rows(name).map(({ text }) => text) };
}

/** @param {number} id @param {string} msgId */
const receipt = (id, msgId) => ({ id, ts: TS, clientId: 'me', msgId });

/** Another tab changes the storage. @param {string} key @param {string | null} newValue */
function changeElsewhere(key, newValue) {
  if (newValue === null) stored.delete(key);
  else stored.set(key, newValue);
  for (const listener of listeners) listener({ key, newValue });
}

test('what is not stored yet outlives a reload, in its order, and is gone when it is stored', () => {
  const { store } = openPage();
  store.dispatch({ type: 'composed', text: 'second', msgId: 'm2', now: 20 });
  store.dispatch({ type: 'composed', text: 'first', msgId: 'm9', now: 10 });
  store.dispatch({ type: 'composed', room: 'tea', text: 'third', msgId: 'm1', now: 20 });
  const again = openPage();
  assert.deepEqual(again.texts(), ['first', 'second']);
  assert.deepEqual(again.texts('tea'), ['third']);
  const [row] = again.rows();
  const { state, msgId, clientId, nickname, at } = row;
  assert.deepEqual(
    { state, msgId, clientId, nickname, at },
    { state: 'sending', msgId: 'm9', clientId: 'me', nickname: 'Aino', at: 10 },
  );
  again.store.dispatch({ type: 'receipts', receipts: [receipt(1, 'm9')] });
  assert.deepEqual(Array.from(readItems('chat.out.'), ([key]) => key).sort(), ['m1', 'm2']);
  again.store.dispatch({ type: 'discarded', msgId: 'm2' });
  assert.deepEqual(openPage().texts(), []);
});

test('a message that failed is still there after a reload', () => {
  const { store } = openPage();
  store.dispatch({ type: 'composed', text: 'x', msgId: 'm1', now: 0 });
  store.dispatch({ type: 'refused', key: 1, reason: 'too large' });
  assert.deepEqual(openPage().texts(), ['x']);
});

test('what cannot be read in the outbox is left out', () => {
  const good = { room: 'lab', nickname: 'n', text: 'good', at: 1 };
  const bad = ['', '{', 'null', '[]', JSON.stringify({ ...good, room: 'No room' })];
  bad.push(JSON.stringify({ ...good, text: ' ' }), JSON.stringify({ ...good, nickname: '' }));
  for (const [i, value] of bad.entries()) stored.set(`chat.out.bad${i}`, value);
  stored.set('chat.out.good', JSON.stringify(good));
  stored.set('chat.out.timeless', JSON.stringify({ ...good, text: 'timeless', at: 'x' }));
  assert.deepEqual(openPage().texts(), ['timeless', 'good']);
});

test('a draft outlives a reload, and an empty one leaves nothing', () => {
  const { store } = openPage();
  store.dispatch({ type: 'drafted', draft: 'half a' });
  store.dispatch({ type: 'drafted', room: 'tea', draft: 'cup' });
  const { store: other, known } = openPage('other');
  assert.deepEqual([...other.get().rooms.keys()].sort(), ['lab', 'other', 'tea']);
  assert.equal(known('lab').draft, 'half a');
  assert.equal(known('tea').draft, 'cup');
  store.dispatch({ type: 'drafted', draft: '' });
  assert.deepEqual([...stored.keys()], ['chat.draft.tea.1-a']);
});

test('two tabs in one room keep a draft each, whoever sends first', () => {
  const a = openPage('lab', '1-a');
  a.store.dispatch({ type: 'drafted', draft: 'of a' });
  const b = openPage('lab', '2-b');
  assert.equal(b.known().draft, 'of a', 'a new tab takes up what was written last');
  b.store.dispatch({ type: 'drafted', draft: 'of b' });
  changeElsewhere('chat.draft.lab.1-a', null);
  assert.equal(openPage('lab', '1-a').known().draft, 'of a');
  assert.equal(openPage('lab', '2-b').known().draft, 'of b');
  b.store.dispatch({ type: 'drafted', draft: '' });
  assert.equal(openPage('lab', '1-a').known().draft, 'of a');
});

test('a draft of a tab that is closed is taken up once, also one that an older page wrote', () => {
  stored.set('chat.draft.lab', 'old');
  const { store, known } = openPage('lab', '3-c');
  assert.equal(known().draft, 'old');
  store.dispatch({ type: 'drafted', draft: 'older' });
  assert.deepEqual([...stored], [['chat.draft.lab.3-c', 'older']]);
  store.dispatch({ type: 'drafted', draft: '' });
  assert.deepEqual([...stored], []);
});

test('what could not be stored is asked about until it is stored or sent', () => {
  const { store } = openPage();
  store.dispatch({ type: 'drafted', draft: 'x'.repeat(50) });
  assert.deepEqual([areTextsKept(), asks], [true, false]);
  space = 150;
  store.dispatch({ type: 'drafted', draft: 'x'.repeat(500) });
  assert.deepEqual([areTextsKept(), asks], [false, true]);
  store.dispatch({ type: 'composed', text: 'x'.repeat(120), msgId: 'm1', now: 0 });
  store.dispatch({ type: 'drafted', draft: '' });
  assert.deepEqual([areTextsKept(), asks], [false, true], 'the message does not fit either');
  assert.equal(canStore(), false);
  space = 100_000;
  assert.equal(canStore(), true);
  store.dispatch({ type: 'drafted', draft: 'y' });
  assert.deepEqual([areTextsKept(), asks], [true, false], 'there is space again');
  assert.ok(stored.has('chat.out.m1'));
  space = 0;
  store.dispatch({ type: 'composed', text: 'z', msgId: 'm2', now: 0 });
  assert.ok(asks);
  store.dispatch({ type: 'receipts', receipts: [receipt(1, 'm2')] });
  assert.deepEqual([areTextsKept(), asks], [true, false]);
});

test('what was seen of a room outlives a reload', () => {
  const { store } = openPage();
  const item = { id: 7, ts: TS, nickname: 'n', text: 't', clientId: 'c', msgId: 'm' };
  const history = { items: [item], older: false, newer: false };
  store.dispatch({ type: 'opened', page: history, now: 0 });
  store.dispatch({ type: 'arrived' });
  assert.equal(stored.get('chat.seen.lab'), '[7]');
  const { seen, lastId } = openPage().known();
  assert.deepEqual([seen, lastId], [7, 7]);
  stored.set('chat.seen.lab', '[8,3,true]'); // as an older page wrote it
  assert.equal(openPage().known().seen, 8);
  for (const value of ['', '7', '[]', '["7"]', '{}', '[7.5]', '[-1]']) {
    stored.set('chat.seen.lab', value);
    assert.equal(openPage().known().seen, 0, value);
  }
});

test('what another tab has seen counts here too, and never goes back', () => {
  const { store, known } = openPage();
  const seen = () => known().seen;
  changeElsewhere('chat.seen.lab', '[7,3,true]');
  assert.equal(seen(), 7);
  changeElsewhere('chat.seen.lab', '[5,2,true]');
  assert.equal(seen(), 7);
  changeElsewhere('chat.seen.unknown', '[5,2,true]');
  assert.deepEqual([...store.get().rooms.keys()], ['lab']);
});

test('of a room that is new to this tab, what another has stored stays', () => {
  const { store } = openPage();
  stored.set('chat.seen.tea', '[9,4,true]');
  store.dispatch({ type: 'listed', rooms: [{ room: 'tea', lastId: 5 }] });
  assert.equal(stored.get('chat.seen.tea'), '[9,4,true]');
  store.dispatch({ type: 'listed', rooms: [{ room: 'den', lastId: 5 }] });
  assert.equal(stored.get('chat.seen.den'), '[5]');
});

test('what another tab saw stored, or gave up, is pending here no longer', () => {
  const { store, texts } = openPage();
  store.dispatch({ type: 'composed', text: 'a', msgId: 'm1', now: 0 });
  store.dispatch({ type: 'composed', room: 'tea', text: 'b', msgId: 'm2', now: 0 });
  changeElsewhere('chat.out.m2', '{}');
  assert.deepEqual(texts('tea'), ['b'], 'changed is not removed');
  changeElsewhere('chat.out.m2', null);
  assert.deepEqual([texts(), texts('tea')], [['a'], []]);
});

test('the nickname and the id of the browser are remembered; an id that is none is not', () => {
  assert.equal(readNickname(), '');
  writeNickname('Aino');
  assert.equal(readNickname(), 'Aino');
  assert.equal(
    clientIdOr(() => '0123456789ab'),
    '0123456789ab',
  );
  assert.equal(
    clientIdOr(() => 'another-one'),
    '0123456789ab',
  );
  for (const value of ['', 'short', 'Äitiäitiäiti', 'x'.repeat(65)]) {
    stored.set('chat.clientId', value);
    assert.equal(
      clientIdOr(() => 'another-one'),
      'another-one',
    );
  }
});

test('where storage is blocked, the page does without', () => {
  page.localStorage = new Proxy(
    {},
    {
      get() {
        throw new Error('blocked');
      },
      ownKeys() {
        throw new Error('blocked');
      },
    },
  );
  const { store, texts } = openPage();
  store.dispatch({ type: 'composed', text: 'a', msgId: 'm1', now: 0 });
  store.dispatch({ type: 'drafted', draft: 'b' });
  store.dispatch({ type: 'drafted', draft: '' });
  assert.deepEqual(texts(), ['a']);
  assert.equal(
    clientIdOr(() => '0123456789ab'),
    '0123456789ab',
  );
});

test('a room may bear the name of what every object has', () => {
  const names = ['constructor', 'tostring', 'hasownproperty', 'valueof'];
  const { store } = openPage();
  for (const room of names) {
    store.dispatch({ type: 'drafted', room, draft: room });
    store.dispatch({ type: 'composed', room, text: 'x', msgId: `m-${room}`, now: 0 });
  }
  const again = openPage('constructor');
  for (const room of names) {
    assert.deepEqual([again.known(room).draft, again.texts(room)], [room, ['x']]);
  }
});

test('of many rooms some hundreds are stored, those first in which the reader was', () => {
  for (let i = 1; i <= 2000; i++) stored.set(`chat.seen.room-${i}`, `[${i}]`);
  stored.set('chat.seen.mine', '[1,"mine"]');
  const { store, known } = openPage();
  const seen = () => readItems('chat.seen.').length;
  assert.ok(store.get().rooms.size <= ROOMS_MAX);
  assert.ok(seen() <= ROOMS_MAX, `${seen()}`);
  assert.deepEqual([known('mine').seen, known('mine').mine], [1, true]);
  assert.equal(known('room-2000').seen, 2000);
  const rooms = Array.from({ length: 1000 }, (_, i) => ({ room: `other-${i}`, lastId: 3000 + i }));
  store.dispatch({ type: 'listed', rooms });
  assert.ok(seen() <= ROOMS_MAX + ROOMS_SPARE, `${seen()}`);
  assert.ok(stored.has('chat.seen.mine') && !stored.has('chat.seen.room-1999'));
});

test('what a guest has sent, and what not yet, are told apart after a reload', () => {
  const { store } = openPage();
  const guest = { own: [], nickname: 'Aino', bySite: false };
  store.dispatch({ type: 'identified', clientId: '~a', ...guest });
  store.dispatch({ type: 'composed', text: 'sent', msgId: 'm1', now: 10 });
  store.dispatch({ type: 'composed', text: 'unsent', msgId: 'm2', now: 20 });
  store.dispatch({ type: 'sent', key: 1, now: 10 });
  const again = openPage();
  const senders = () => again.rows().map(({ text, clientId }) => `${text} ${clientId}`);
  assert.deepEqual(senders(), ['sent ~a', 'unsent me']);
  again.store.dispatch({ type: 'identified', clientId: '~b', ...guest });
  assert.deepEqual(senders(), ['sent ~a', 'unsent ~b']);
});

test('in an open chat nothing of who sent it is kept', () => {
  const { store } = openPage();
  store.dispatch({ type: 'composed', text: 'x', msgId: 'm1', now: 10 });
  const kept = readItems('chat.out.');
  store.dispatch({ type: 'sent', key: 1, now: 10 });
  assert.deepEqual(readItems('chat.out.'), kept);
  assert.deepEqual(kept, [['m1', '{"room":"lab","nickname":"Aino","text":"x","at":10}']]);
});
