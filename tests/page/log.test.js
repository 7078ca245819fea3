// How live messages, receipts and history become one list, whatever the order they come in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as log from '../../web/chat/log.js';
import * as outbox from '../../web/chat/outbox.js';
import * as pages from '../../web/chat/pages.js';

const TS = '2026-11-23T17:41:05.123Z';
const AWAY = { now: 0, live: false };
const LIVE = { now: 0, live: true };

/** @typedef {import('../../web/chat/log.js').Log} Log */
/** @typedef {import('../../web/chat/log.js').StoredMessage} StoredMessage */

const { endHistory } = pages;

/** @param {Log} list @param {StoredMessage[]} items @param {pages.Reading} reading */
const openHistory = (list, items, reading) =>
  pages.openHistory(list, { items, older: true, newer: false }, reading);

/** @param {Log} list @param {StoredMessage[]} items @param {pages.Reading} reading */
const extendHistory = (list, items, reading) =>
  pages.extendHistory(list, { items, older: true, newer: false }, reading);

/**
 * @param {string} text
 * @param {string | null} [msgId]
 * @param {string | null} [clientId]
 */
function message(text, msgId = null, clientId = msgId && 'c1') {
  return { nickname: 'Nick', text, clientId, msgId };
}

/**
 * @param {number} id
 * @param {string} text
 * @param {string | null} [msgId]
 * @returns {StoredMessage}
 */
const stored = (id, text, msgId = null) => ({ id, ts: TS, ...message(text, msgId) });

/**
 * @param {number} id
 * @param {string | null} [msgId]
 */
const receipt = (id, msgId = null) => ({ id, ts: TS, msgId, clientId: msgId && 'c1' });

/** @param {...StoredMessage} items */
const opened = (...items) => openHistory(log.emptyLog(), items, AWAY);

/** @param {Log} list */
const texts = (list) => list.rows.map(({ text }) => text).join(' ');

/** @param {Log} list */
const ids = (list) => list.rows.map(({ id }) => id);

test('a message is one row, whichever of live, receipt and history bring it, in any order', () => {
  /** @type {Record<string, (list: Log) => Log>} */
  const steps = {
    live: (list) => log.addLive(list, message('hi', 'm1'), 0),
    again: (list) => log.addLive(list, message('hi', 'm1'), 0),
    receipt: (list) => log.addReceipts(list, [receipt(5, 'm1')]),
    history: (list) => extendHistory(list, [stored(5, 'hi', 'm1')], LIVE),
  };
  for (const order of permutations(Object.keys(steps))) {
    const list = order.reduce((before, name) => steps[name](before), opened(stored(1, 'old')));
    assert.equal(texts(list), 'old hi', order.join());
    assert.deepEqual(ids(list), [1, 5], order.join());
  }
});

test('a message without msgId is one row, in any order', () => {
  /** @type {Record<string, (list: Log) => Log>} */
  const steps = {
    live: (list) => log.addLive(list, message('door open'), 0),
    receipt: (list) => log.addReceipts(list, [receipt(5)]),
    history: (list) => extendHistory(list, [stored(5, 'door open')], LIVE),
    later: (list) => extendHistory(list, [stored(5, 'door open')], LIVE),
  };
  for (const order of permutations(Object.keys(steps))) {
    const list = order.reduce((before, name) => steps[name](before), opened());
    assert.deepEqual(ids(list), [5], order.join());
  }
});

test('equal messages without msgId stay as many as they are', () => {
  let list = opened();
  for (let i = 0; i < 3; i++) list = log.addLive(list, message('tick'), 0);
  list = extendHistory(list, [stored(1, 'tick'), stored(2, 'tick')], LIVE);
  assert.deepEqual(ids(list), [1, 2, null]);
  list = extendHistory(list, [stored(3, 'tick')], LIVE);
  assert.deepEqual(ids(list), [1, 2, 3]);
});

test('the first of equal rows is the one that history confirms', () => {
  let list = log.addLive(opened(), message('tick'), 0);
  list = log.addLive(list, message('other', 'm1'), 0);
  list = log.addLive(list, message('tick'), 0);
  const [first] = list.rows;
  list = extendHistory(list, [stored(1, 'tick')], LIVE);
  assert.equal(list.rows[0].key, first.key);
});

test('a live copy that history overtook is not shown again, but the next equal one is', () => {
  let list = extendHistory(opened(), [stored(5, 'door open')], LIVE);
  list = log.addLive(list, message('door open'), 1);
  assert.deepEqual(ids(list), [5]);
  list = log.addLive(list, message('door open'), 2);
  assert.deepEqual(ids(list), [5, null]);
});

test('old history swallows no live message', () => {
  const before = opened(stored(5, 'door open'));
  assert.deepEqual(ids(log.addLive(before, message('door open'), 1)), [5, null]);
  const longAgo = extendHistory(opened(), [stored(5, 'door open')], LIVE);
  assert.deepEqual(ids(log.addLive(longAgo, message('door open'), 60_000)), [5, null]);
});

test('another client or another nickname is another message', () => {
  let list = log.addLive(opened(), message('hi', 'm1', 'c1'), 0);
  list = log.addLive(list, message('hi', 'm1', 'c2'), 0);
  list = log.addLive(list, message('hi', 'm1', null), 0);
  assert.equal(list.rows.length, 3);
  const device = { ...message('hi'), nickname: 'Lamp' };
  list = extendHistory(log.addLive(opened(), device, 0), [stored(1, 'hi')], LIVE);
  assert.deepEqual(ids(list), [1, null]);
});

test('rows are in the order of ids; those without one follow in the order of arrival', () => {
  let list = opened(stored(1, 'a'));
  list = log.addLive(list, message('d', 'm4'), 0);
  list = log.addLive(list, message('b', 'm2'), 0);
  list = log.addLive(list, message('c', 'm3'), 0);
  assert.equal(texts(list), 'a d b c');
  list = log.addReceipts(list, [receipt(2, 'm2')]);
  assert.equal(texts(list), 'a b d c');
  list = log.addReceipts(list, [receipt(4, 'm4'), receipt(3, 'm3')]);
  assert.equal(texts(list), 'a b c d');
});

test('a row keeps its key from sending to stored', () => {
  let list = outbox.addOwn(opened(), message('hi', 'm1'), 0);
  const { key } = list.rows[0];
  list = log.addLive(list, message('hi', 'm1'), 0);
  list = log.addReceipts(list, [receipt(9, 'm1')]);
  list = extendHistory(list, [stored(9, 'hi', 'm1')], LIVE);
  assert.deepEqual(
    list.rows.map((row) => [row.key, row.state, row.id]),
    [[key, 'stored', 9]],
  );
});

test('the live copy of our own message does not make it stored', () => {
  const list = log.addLive(outbox.addOwn(opened(), message('hi', 'm1'), 0), message('hi', 'm1'), 0);
  assert.equal(list.rows[0].state, 'sending');
});

test('only history moves the cursor, so that a receipt never skips what is missing', () => {
  let list = log.addLive(opened(stored(10, 'a')), message('c', 'm12'), 0);
  list = log.addReceipts(list, [receipt(12, 'm12')]);
  assert.equal(list.cursor, 10);
  list = extendHistory(list, [stored(11, 'b', 'm11'), stored(12, 'c', 'm12')], LIVE);
  assert.equal(list.cursor, 12);
  assert.equal(texts(list), 'a b c');
});

test('a page without messages leaves the cursor', () => {
  assert.equal(extendHistory(opened(stored(10, 'a')), [], LIVE).cursor, 10);
});

test('a receipt for what is not here asks for history, one for what is here does not', () => {
  const before = opened(stored(10, 'a'));
  assert.equal(before.wanted, false);
  assert.equal(log.addReceipts(before, [receipt(10)]).wanted, false);
  assert.equal(log.addReceipts(before, [receipt(9, 'm9')]).wanted, false);
  assert.equal(log.addReceipts(before, [receipt(11)]).wanted, true);
  assert.equal(log.addReceipts(before, [receipt(11, 'm11')]).wanted, true);
});

test('receipts without msgId give their rows a place, also while there is no history', () => {
  let list = log.addLive(log.emptyLog(), message('door open'), 0);
  list = outbox.addOwn(list, message('mine', 'm2'), 0);
  list = log.addReceipts(list, [receipt(1), receipt(2, 'm2')]);
  assert.equal(texts(list), 'door open mine');
  assert.equal(list.wanted, true);
  assert.equal(list.rows[0].state, 'live');
});

test('a place that was wrongly given is put right by the history', () => {
  let list = log.addLive(opened(), message('a'), 0);
  list = log.addLive(list, message('b'), 0);
  const keys = list.rows.map(({ key }) => key);
  list = log.addReceipts(list, [receipt(10), receipt(11)]);
  const page = [stored(10, 'before we listened'), stored(11, 'a'), stored(12, 'b')];
  const late = extendHistory(list, page, LIVE);
  assert.equal(texts(late), 'before we listened a b');
  assert.deepEqual(
    late.rows.slice(1).map(({ key }) => key),
    keys,
  );
  const early = extendHistory(list, [stored(9, 'a'), stored(10, 'b')], LIVE);
  assert.equal(texts(early), 'a b');
  assert.ok(early.rows.every(({ guessed, state }) => !guessed && state === 'stored'));
});

test('a receipt that passes over an earlier live row asks for history, once', () => {
  let list = log.addLive(opened(), message('a', 'm1'), 5);
  list = log.addLive(list, message('b', 'm2'), 6);
  list = log.addLive(list, message('c', 'm3'), 7);
  const passed = log.addReceipts(list, [receipt(2, 'm2')]);
  assert.equal(passed.wanted, true);
  list = endHistory({ ...passed, wanted: false }, 10);
  assert.equal(log.addReceipts(list, [receipt(3, 'm3')]).wanted, false);
});

test('a hundred ids beyond the cursor ask history to confirm them', () => {
  let list = opened(stored(1, 'a'));
  for (let i = 0; i < 100; i++) {
    assert.equal(list.wanted, false, `at ${i}`);
    list = log.addLive(list, message('x', `m${i}`), 0);
    list = log.addReceipts(list, [receipt(2 + i, `m${i}`)]);
  }
  assert.equal(list.wanted, true);
});

test('live rows older than the page that opens the room keep the cursor before the gap', () => {
  let list = log.addLive(log.emptyLog(), message('a', 'm1'), 0);
  list = log.addReceipts(list, [receipt(3, 'm1')]);
  list = openHistory(list, [stored(8, 'c'), stored(9, 'd')], LIVE);
  assert.equal(list.cursor, 2);
  assert.equal(list.wanted, true);
  list = extendHistory(list, [stored(5, 'b'), stored(8, 'c'), stored(9, 'd')], LIVE);
  assert.equal(texts(list), 'a b c d');
  assert.equal(list.cursor, 9);
});

test('an old message that somebody sends again does not appear in the middle of nowhere', () => {
  let list = opened(stored(50, 'a'), stored(51, 'b'));
  list = log.addLive(list, message('old', 'm7'), 0);
  list = log.addReceipts(list, [receipt(7, 'm7')]);
  assert.equal(texts(list), 'a b');
});

test('what history says wins over what came live', () => {
  let list = log.addLive(opened(), { ...message('forged', 'm1'), nickname: 'X' }, 0);
  list = extendHistory(list, [stored(1, 'true', 'm1')], LIVE);
  assert.deepEqual([list.rows[0].nickname, list.rows[0].text], ['Nick', 'true']);
});

test('a rejection fails our own message, and keeps its text', () => {
  const sending = outbox.addOwn(opened(), message('hi', 'm1'), 0);
  const [row] = outbox.addRejection(
    sending,
    { clientId: 'c1', msgId: 'm1', reason: 'why' },
    0,
  ).rows;
  assert.deepEqual([row.state, row.reason, row.text], ['failed', 'why', 'hi']);
});

test('a rejection of another message, another client or a stored message changes nothing', () => {
  const sending = outbox.addOwn(opened(), message('hi', 'm1'), 0);
  for (const [clientId, msgId] of [
    ['c1', 'm2'],
    ['c2', 'm1'],
    [null, 'm1'],
    ['c1', null],
  ]) {
    assert.equal(outbox.addRejection(sending, { clientId, msgId, reason: '' }, 0), sending);
  }
  const done = log.addReceipts(sending, [receipt(1, 'm1')]);
  assert.equal(outbox.addRejection(done, { clientId: 'c1', msgId: 'm1', reason: '' }, 0), done);
});

test('a receipt that comes after a rejection has the last word', () => {
  let list = outbox.addOwn(opened(), message('hi', 'm1'), 0);
  list = outbox.addRejection(list, { clientId: 'c1', msgId: 'm1', reason: 'why' }, 0);
  assert.equal(log.addReceipts(list, [receipt(1, 'm1')]).rows[0].state, 'stored');
});

test('what has no receipt is due again after 3, 6, 12 … 60 seconds, and after a reconnection', () => {
  let list = outbox.addOwn(opened(), message('hi', 'm1'), 0);
  const { key } = list.rows[0];
  const waits = [];
  for (let i = 0; i < 6; i++) {
    list = outbox.markSent(list, key, 1000);
    waits.push((list.rows[0].retryAt - 1000) / 1000);
  }
  assert.deepEqual(waits, [3, 6, 12, 24, 48, 60]);
  assert.equal(outbox.sendAllAgain(list).rows[0].retryAt, 0);
});

const ME = { clientId: 'c1', nickname: 'Nick' };

/**
 * A message of our own, sent whenever its wait was over.
 * @param {number} times
 */
function sentTimes(times) {
  let list = outbox.addOwn(opened(), message('hi', 'm1'), 0);
  for (let i = 0; i < times; i++) {
    list = outbox.markSent(list, list.rows[0].key, list.rows[0].retryAt);
  }
  return list;
}

test('a message is late when it was sent twice and waited both times in vain', () => {
  const late = [0, 1, 2, 3, 4].map((times) => outbox.isLate(sentTimes(times).rows[0]));
  assert.deepEqual(late, [false, false, false, true, true]);
});

test('a late message is as good as any other when it is stored, and when it is rejected', () => {
  const late = sentTimes(3);
  const { key } = late.rows[0];
  for (const done of [
    log.addReceipts(late, [receipt(4, 'm1')]),
    extendHistory(late, [stored(4, 'hi', 'm1')], LIVE),
  ]) {
    assert.deepEqual(
      done.rows.map((row) => [row.key, row.id, row.state, outbox.isLate(row)]),
      [[key, 4, 'stored', false]],
    );
  }
  const [row] = outbox.addRejection(late, { clientId: 'c1', msgId: 'm1', reason: 'why' }, 0).rows;
  assert.deepEqual([row.state, row.reason, outbox.isLate(row)], ['failed', 'why', false]);
});

test('what is not stored can be made due again, also when it has failed', () => {
  const late = sentTimes(3);
  const { key } = late.rows[0];
  assert.deepEqual(outbox.toSend(outbox.sendAgain(late, key, ME))[0].retryAt, 0);
  assert.equal(outbox.sendAgain(late, key + 1, ME), late);
  const done = log.addReceipts(late, [receipt(4, 'm1')]);
  assert.equal(outbox.sendAgain(done, key, ME), done);
  const again = outbox.sendAgain(outbox.fail(late, key, 'why'), key, ME);
  assert.deepEqual(
    outbox.toSend(again).map(({ state, reason, retryAt }) => [state, reason, retryAt]),
    [['sending', '', 0]],
  );
});

test('what is stored or failed is not in the outbox', () => {
  let list = opened();
  for (const msgId of ['m1', 'm2', 'm3']) list = outbox.addOwn(list, message(msgId, msgId), 0);
  list = log.addReceipts(list, [receipt(1, 'm1')]);
  list = outbox.addRejection(list, { clientId: 'c1', msgId: 'm2', reason: '' }, 0);
  assert.deepEqual(
    outbox.toSend(list).map(({ text }) => text),
    ['m3'],
  );
});

test('history that brings our own message is as good as a receipt', () => {
  const list = outbox.addOwn(opened(), message('hi', 'm1'), 0);
  assert.equal(extendHistory(list, [stored(4, 'hi', 'm1')], LIVE).rows[0].state, 'stored');
});

test('rows are bounded; the oldest go, and never what we have not got stored', () => {
  let list = outbox.addOwn(opened(), message('mine', 'own'), 0);
  const lengths = [];
  for (let i = 0; i < log.ROWS_MAX + 50; i++) {
    list = log.addLive(list, message('x', `m${i}`), 0);
    lengths.push(list.rows.length);
  }
  assert.equal(Math.max(...lengths), log.ROWS_MAX + log.ROWS_SPARE);
  assert.equal(Math.min(...lengths.slice(log.ROWS_MAX)), log.ROWS_MAX + 1);
  assert.equal(list.rows[0].text, 'mine');
  let next = opened();
  for (let id = 1; id <= log.ROWS_MAX + 200; id += 200) {
    const page = Array.from({ length: 200 }, (_, i) => stored(id + i, `t${id + i}`));
    next = extendHistory(next, page, LIVE);
  }
  assert.equal(next.rows.length, log.ROWS_MAX);
  assert.equal(next.first, next.rows[0].id);
  assert.equal(next.cursor, next.rows.at(-1)?.id);
});

test('no function changes the log that it is given', () => {
  const before = freeze(
    outbox.addOwn(opened(stored(1, 'a'), stored(2, 'b')), message('c', 'm3'), 0),
  );
  const key = before.rows[2].key;
  log.addLive(before, message('d', 'm4'), 0);
  outbox.addOwn(before, message('d', 'm4'), 0);
  log.addReceipts(before, [receipt(3, 'm3')]);
  outbox.addRejection(before, { clientId: 'c1', msgId: 'm3', reason: 'r' }, 0);
  outbox.markSent(before, key, 0);
  outbox.sendAllAgain(before);
  openHistory(before, [stored(3, 'c', 'm3')], LIVE);
  extendHistory(before, [stored(3, 'c', 'm3')], LIVE);
  endHistory(before, 9);
});

test('any interleaving of the sources ends in the history, once and in order', () => {
  const random = generator(7);
  for (let round = 0; round < 300; round++) {
    const list = shuffledDelivery(random);
    assert.deepEqual(ids(list), [1, 2, 3, 4, 5, 6, 7, 8], `round ${round}`);
    assert.equal(texts(list), 'tick tick t3 t4 tick t6 tick t8', `round ${round}`);
    assert.equal(list.cursor, 8);
  }
});

/** A device's rows have no msgId and equal texts; every third receipt and live copy is lost. */
const HISTORY = [
  stored(1, 'tick'),
  stored(2, 'tick'),
  stored(3, 't3', 'm3'),
  stored(4, 't4', 'm4'),
  stored(5, 'tick'),
  stored(6, 't6', 'm6'),
  stored(7, 'tick'),
  stored(8, 't8', 'm8'),
];

/**
 * Delivers live copies in order and receipts in order, each after its own live copy's publication,
 * and reads history whenever the log wants it or by chance, and once at the end.
 * @param {() => number} random
 */
function shuffledDelivery(random) {
  let list = openHistory(log.emptyLog(), [], AWAY);
  let published = 0;
  let live = 0;
  let receipts = 0;
  const read = () => {
    const items = HISTORY.slice(0, published).filter(({ id }) => id > list.cursor);
    list = endHistory(extendHistory({ ...list, wanted: false }, items, LIVE), 1);
  };
  while (live < 8 || receipts < 8) {
    const dice = Math.floor(random() * 5);
    if (dice === 0 && published < 8) published += 1;
    if (dice === 1 && live < published) {
      const item = HISTORY[live++];
      if (random() < 0.66) list = log.addLive(list, item, 0);
    }
    if (dice === 2 && receipts < published) {
      const { id, msgId } = HISTORY[receipts++];
      if (random() < 0.66) list = log.addReceipts(list, [receipt(id, msgId)]);
    }
    if (dice === 3 && (list.wanted || random() < 0.2)) read();
  }
  read();
  return list;
}

/** @param {number} seed */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

/**
 * @template T
 * @param {T[]} items
 * @returns {T[][]}
 */
function permutations(items) {
  if (items.length < 2) return [items];
  return items.flatMap((item, i) =>
    permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
  );
}

/**
 * @param {Log} list
 * @returns {Log}
 */
function freeze(list) {
  for (const row of list.rows) Object.freeze(row);
  Object.freeze(list.rows);
  return Object.freeze(list);
}
