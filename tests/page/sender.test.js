// Sending until it is stored.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLate } from '../../web/chat/outbox.js';
import { createSender } from '../../web/chat/sender.js';
import { createStore, currentRoom, initialState } from '../../web/chat/store.js';
import { fakeClock, settle } from './fake-clock.js';

const TS = '2026-11-23T17:41:05.123Z';
const ONLINE = {
  phase: /** @type {const} */ ('online'),
  retryAt: 0,
  cause: /** @type {const} */ (''),
};
const OFFLINE = {
  phase: /** @type {const} */ ('offline'),
  retryAt: 0,
  cause: /** @type {const} */ (''),
};

function setUp() {
  const clock = fakeClock();
  const store = createStore(initialState({ room: 'lab', clientId: 'me', nickname: 'N' }));
  /** @type {{topic: string, text: string, msgId: string}[]} */
  const sent = [];
  const broker = { refusal: '' };
  /** @param {string} topic @param {string} payload */
  const publish = async (topic, payload) => {
    const { text, msgId } = JSON.parse(payload);
    sent.push({ topic, text, msgId });
    return broker.refusal;
  };
  createSender({ store, publish, clock });
  /** @param {string} text */
  const compose = (text) =>
    store.dispatch({ type: 'composed', text, msgId: `m-${text}`, now: clock.now() });
  /** @param {string} text */
  const confirm = (text) =>
    store.dispatch({
      type: 'receipts',
      receipts: [{ id: 1, ts: TS, clientId: 'me', msgId: `m-${text}` }],
    });
  const isFirstLate = () => isLate(currentRoom(store.get()).log.rows[0]);
  const retry = () =>
    store.dispatch({ type: 'retry', key: currentRoom(store.get()).log.rows[0].key });
  return { clock, store, sent, broker, compose, confirm, isFirstLate, retry };
}

test('a message is sent at once, and again with the same msgId until its receipt comes', async () => {
  const { clock, store, sent, compose, confirm } = setUp();
  store.dispatch({ type: 'connection', connection: ONLINE });
  compose('a');
  assert.deepEqual(sent, [{ topic: 'chat/lab', text: 'a', msgId: 'm-a' }]);
  await clock.pass(2900);
  assert.equal(sent.length, 1);
  await clock.pass(200);
  assert.equal(sent.length, 2);
  assert.equal(sent[1].msgId, 'm-a');
  confirm('a');
  await clock.pass(300_000);
  assert.equal(sent.length, 2);
});

test("the broker's acknowledgement alone stores nothing", async () => {
  const { store, compose } = setUp();
  store.dispatch({ type: 'connection', connection: ONLINE });
  compose('a');
  await settle();
  assert.equal(currentRoom(store.get()).log.rows[0].state, 'sending');
});

test('what is written offline goes out in its order when the connection is made', async () => {
  const { clock, store, sent, compose } = setUp();
  compose('a');
  compose('b');
  await clock.pass(60_000);
  assert.equal(sent.length, 0);
  store.dispatch({ type: 'connection', connection: ONLINE });
  assert.deepEqual(
    sent.map(({ text }) => text),
    ['a', 'b'],
  );
});

test('after a reconnection, what has no receipt is sent again at once', () => {
  const { store, sent, compose, confirm } = setUp();
  store.dispatch({ type: 'connection', connection: ONLINE });
  compose('a');
  compose('b');
  confirm('a');
  store.dispatch({ type: 'connection', connection: OFFLINE });
  store.dispatch({ type: 'connection', connection: ONLINE });
  assert.deepEqual(
    sent.map(({ text }) => text),
    ['a', 'b', 'b'],
  );
});

test('what the broker refuses for good is not sent again', async () => {
  const { clock, store, sent, broker, compose } = setUp();
  broker.refusal = 'message too large';
  store.dispatch({ type: 'connection', connection: ONLINE });
  compose('a');
  await clock.pass(300_000);
  assert.equal(sent.length, 1);
  assert.equal(currentRoom(store.get()).log.rows[0].reason, 'message too large');
});

test('a message is late 9 s after it was written, unless its receipt comes', async () => {
  const { clock, store, compose, confirm, isFirstLate } = setUp();
  store.dispatch({ type: 'connection', connection: ONLINE });
  compose('a');
  await clock.pass(8900);
  assert.ok(!isFirstLate());
  await clock.pass(200);
  assert.ok(isFirstLate());
  confirm('a');
  assert.ok(!isFirstLate());
});

test('a retry sends the same message at once, and neither stops nor slows the resends', async () => {
  const { clock, store, sent, compose, retry } = setUp();
  store.dispatch({ type: 'connection', connection: ONLINE });
  compose('a');
  await clock.pass(9000);
  const before = sent.length;
  for (let i = 0; i < 10; i++) retry();
  assert.equal(sent.length, before + 10);
  assert.ok(sent.every(({ msgId }) => msgId === 'm-a'));
  await clock.pass(11_900);
  assert.equal(sent.length, before + 10);
  await clock.pass(200);
  assert.equal(sent.length, before + 11);
  await clock.pass(24_000);
  assert.equal(sent.length, before + 12);
});

test('what is stored is not sent by a retry', async () => {
  const { clock, store, sent, compose, confirm, retry } = setUp();
  store.dispatch({ type: 'connection', connection: ONLINE });
  compose('a');
  confirm('a');
  retry();
  await clock.pass(300_000);
  assert.equal(sent.length, 1);
});

test('no message is late offline; on a new connection it has its time again', async () => {
  const { clock, store, sent, compose, isFirstLate, retry } = setUp();
  compose('a');
  await clock.pass(60_000);
  assert.ok(!isFirstLate());
  store.dispatch({ type: 'connection', connection: ONLINE });
  await clock.pass(9000);
  assert.ok(isFirstLate());
  store.dispatch({ type: 'connection', connection: OFFLINE });
  assert.ok(!isFirstLate());
  const before = sent.length;
  retry();
  assert.equal(sent.length, before);
  store.dispatch({ type: 'connection', connection: ONLINE });
  assert.equal(sent.length, before + 1);
  await clock.pass(8900);
  assert.ok(!isFirstLate());
  await clock.pass(200);
  assert.ok(isFirstLate());
});

test('connections that come and go do not make a message late', async () => {
  const { clock, store, compose, isFirstLate } = setUp();
  compose('a');
  for (let i = 0; i < 10; i++) {
    store.dispatch({ type: 'connection', connection: ONLINE });
    await clock.pass(4000);
    store.dispatch({ type: 'connection', connection: OFFLINE });
    assert.ok(!isFirstLate());
  }
});
