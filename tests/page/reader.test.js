// When the history is read, how far, and what happens when it cannot be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHistory, HistoryError } from '../../web/chat/history.js';
import { ROWS_MAX, ROWS_SPARE } from '../../web/chat/log.js';
import { createReader } from '../../web/chat/reader.js';
import { createStore, currentRoom, initialState } from '../../web/chat/store.js';
import { fakeClock, settle } from './fake-clock.js';

const TS = '2026-11-23T17:41:05.123Z';
/** How the last message that was read is asked for again. */
const NEWEST = 'lab 1 before 11';

/** @param {number} id */
const item = (id) => ({
  id,
  ts: TS,
  nickname: 'n',
  text: `t${id}`,
  clientId: 'c',
  msgId: `m${id}`,
});

/**
 * As the API pages: around is inclusive, the others are not.
 * @param {ReturnType<typeof item>[]} all with the ids 1, 2, 3 …
 * @param {number} limit
 * @param {{after?: number, before?: number, around?: number}} where
 */
function pageOf(all, limit, { after, before, around }) {
  let end = all.length;
  if (before !== undefined) end = Math.min(all.length, before - 1);
  if (around !== undefined) end = Math.min(all.length, around + limit / 2);
  if (after !== undefined) end = Math.min(all.length, after + limit);
  const start = after ?? Math.max(0, end - limit);
  return { items: all.slice(start, end), older: start > 0, newer: end < all.length };
}

/** A page's reader on a server that has the messages 1 to `count`. @param {number} count */
function setUp(count) {
  const clock = fakeClock();
  const store = createStore(initialState({ room: 'lab', clientId: 'me', nickname: 'N' }));
  const server = {
    count,
    quiet: false, // nothing since any time
    /** @type {HistoryError | null} */
    down: null,
    /** @type {string[]} */
    requests: [],
  };
  const history = {
    /** @param {import('../../web/chat/history.js').Query} query */
    async page({ room, limit, after, before, around, since }) {
      const where = Object.entries({ after, before, around, since }).filter(
        ([, id]) => id !== undefined,
      );
      server.requests.push([room, limit, ...where.flat()].join(' '));
      await settle();
      if (server.down) throw server.down;
      if (since && server.quiet) return { items: [], older: false, newer: false };
      const all = Array.from({ length: server.count }, (_, i) => item(i + 1));
      return pageOf(all, limit, { after, before, around });
    },
  };
  return { clock, store, server, reader: createReader({ store, history, clock }) };
}

test('a room opens with its last fifty messages and one request', async () => {
  const { store, server, reader } = setUp(80);
  await reader.read();
  assert.deepEqual(server.requests, ['lab 50']);
  assert.deepEqual(
    [currentRoom(store.get()).log.first, currentRoom(store.get()).log.cursor],
    [31, 80],
  );
});

test('a gap is read page by page until it is exhausted', async () => {
  const { store, server, reader } = setUp(10);
  await reader.read();
  server.count = 430;
  await reader.read();
  assert.deepEqual(server.requests.slice(1), [
    'lab 200 after 10',
    'lab 200 after 210',
    'lab 200 after 410',
  ]);
  const { rows, cursor } = currentRoom(store.get()).log;
  assert.deepEqual([rows.length, rows[0].id, cursor], [ROWS_MAX + ROWS_SPARE, 111, 430]);
});

test('an empty room is read on from the beginning', async () => {
  const { store, server, reader } = setUp(0);
  await reader.read();
  server.count = 3;
  await reader.read();
  assert.deepEqual(server.requests, ['lab 50', 'lab 200 after 0']);
  assert.equal(currentRoom(store.get()).log.rows.length, 3);
});

test('receipts for what is not here lead to one request, a moment later', async () => {
  const { clock, store, server, reader } = setUp(10);
  await reader.read();
  server.count = 13;
  for (const id of [11, 12, 13]) {
    const receipts = [{ id, ts: TS, clientId: null, msgId: null }];
    store.dispatch({ type: 'receipts', receipts });
  }
  await settle();
  assert.equal(server.requests.length, 1);
  await clock.pass(1000);
  assert.deepEqual(server.requests.slice(1), ['lab 200 after 10']);
  assert.equal(currentRoom(store.get()).log.rows.length, 13);
});

test('a receipt that comes during a reading is followed up', async () => {
  const { clock, store, server, reader } = setUp(10);
  await reader.read();
  const reading = reader.read();
  const receipts = [{ id: 11, ts: TS, clientId: null, msgId: null }];
  store.dispatch({ type: 'receipts', receipts });
  await reading;
  server.count = 11;
  await clock.pass(1000);
  assert.deepEqual(server.requests.slice(1), ['lab 200 after 10', NEWEST, 'lab 200 after 10']);
  assert.equal(currentRoom(store.get()).log.rows.length, 11);
});

test('a reading that is asked for during another follows it', async () => {
  const { clock, server, reader } = setUp(10);
  const first = reader.read();
  await reader.read();
  await first;
  await clock.pass(1);
  assert.deepEqual(server.requests, ['lab 50', 'lab 200 after 10', NEWEST]);
});

test('a history whose ids end before those that were seen is another one, and read anew', async () => {
  for (const count of [4, 0]) {
    const { store, server, reader } = setUp(10);
    await reader.read();
    store.dispatch({ type: 'composed', text: 'waits', msgId: 'w', now: 0 });
    server.count = count;
    await reader.read();
    const { log, seen, lastId } = currentRoom(store.get());
    const texts = Array.from({ length: count }, (_, i) => `t${i + 1}`);
    assert.deepEqual(
      log.rows.map(({ text }) => text),
      [...texts, 'waits'],
    );
    assert.deepEqual([log.cursor, seen <= count, lastId], [count, true, count]);
    server.count = count + 1;
    await reader.read();
    assert.equal(currentRoom(store.get()).log.cursor, count + 1);
  }
});

test('history that cannot be read is tried again, more and more slowly, until it can', async () => {
  const { clock, store, server, reader } = setUp(10);
  server.down = new HistoryError('503');
  await reader.read();
  const waits = [];
  for (let i = 0; i < 7; i++) {
    assert.equal(currentRoom(store.get()).history.phase, 'failed');
    waits.push(clock.wait());
    await clock.pass(clock.wait());
  }
  assert.deepEqual(waits, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
  server.down = null;
  await clock.pass(30_000);
  assert.equal(currentRoom(store.get()).history.phase, 'ready');
  assert.equal(currentRoom(store.get()).log.rows.length, 10);
  assert.equal(clock.wait(), Number.POSITIVE_INFINITY);
});

test('the server may ask for a longer wait, and a reader for none', async () => {
  const { clock, store, server, reader } = setUp(10);
  server.down = new HistoryError('503', 5000);
  await reader.read();
  assert.equal(clock.wait(), 5000);
  server.down = null;
  await reader.read();
  assert.equal(currentRoom(store.get()).history.phase, 'ready');
  assert.equal(clock.wait(), Number.POSITIVE_INFINITY);
});

test('live rows that were there before the history find their place in it', async () => {
  const { store, server, reader } = setUp(0);
  server.down = new HistoryError('503');
  await reader.read();
  for (const id of [3, 9]) {
    store.dispatch({ type: 'live', message: item(id), now: 0 });
    const receipts = [{ id, ts: TS, clientId: 'c', msgId: `m${id}` }];
    store.dispatch({ type: 'receipts', receipts });
  }
  server.down = null;
  server.count = 80;
  await reader.read();
  assert.deepEqual(server.requests.slice(1), ['lab 52', 'lab 200 after 2']);
  assert.deepEqual(
    currentRoom(store.get()).log.rows.map(({ id }) => id),
    Array.from({ length: 78 }, (_, i) => i + 3),
  );
});

/**
 * @param {() => Response | Promise<Response>} answer
 * @returns {Promise<unknown>} the page, or the error
 */
async function ask(answer) {
  const history = createHistory(new URL('http://x/team/api/'), async () => answer());
  return history.page({ room: 'lab', limit: 10, after: 3 }).catch((error) => error);
}

test('the request is below the mount point, with the query of the contract', async () => {
  /** @type {string[]} */
  const seen = [];
  const history = createHistory(new URL('http://x/team/api/'), async (url) => {
    seen.push(String(url));
    return Response.json([]);
  });
  await history.page({ room: 'lab', limit: 10, after: 3 });
  assert.deepEqual(seen, ['http://x/team/api/messages?room=lab&limit=10&after=3']);
});

test('an answer that is no page is an error, with the best reason there is', async () => {
  const json = { error: { code: 'database_busy', message: 'the database is busy' } };
  const headers = { 'Retry-After': '5' };
  const busy = await ask(() => Response.json(json, { status: 503, headers }));
  assert.ok(busy instanceof HistoryError);
  assert.deepEqual([busy.message, busy.retryAfterMs], ['503, the database is busy', 5000]);
  const html = await ask(() => new Response('<h1>Bad', { status: 502, statusText: 'Bad Gateway' }));
  assert.equal(String(html), 'Error: 502, Bad Gateway');
  for (const body of ['<!doctype html>', '{}', 'null', '[1]', '']) {
    assert.ok((await ask(() => new Response(body))) instanceof HistoryError, body);
  }
  const unreachable = await ask(() => Promise.reject(new TypeError('Failed to fetch')));
  assert.match(String(unreachable), /cannot be reached/);
});

/** @param {Pick<ReturnType<typeof setUp>, 'store'>} parts */
const span = ({ store }) => {
  const { rows } = currentRoom(store.get()).log;
  return [rows[0]?.id, rows.at(-1)?.id];
};

test('older pages come until the start, and then no request any more', async () => {
  const parts = setUp(120);
  const { server, reader } = parts;
  await reader.read();
  for (let i = 0; i < 5; i++) {
    reader.more(-1);
    reader.more(-1);
    await settle();
  }
  assert.deepEqual(server.requests, ['lab 50', 'lab 60 before 71', 'lab 60 before 11']);
  assert.deepEqual(span(parts), [1, 120]);
});

test('a room that was left with something unread opens around the last that was seen', async () => {
  const parts = setUp(500);
  const { store, server, reader } = parts;
  store.dispatch({ type: 'seen', seen: 200 });
  await reader.read();
  assert.deepEqual(server.requests, ['lab 100 around 200']);
  assert.deepEqual(span(parts), [151, 250]);
  assert.deepEqual(currentRoom(store.get()).goal, { to: 'new' });
});

test('a link leads into the middle; from there it goes both ways, to the end', async () => {
  const parts = setUp(460);
  const { store, server, reader } = parts;
  await reader.read();
  store.dispatch({ type: 'entered', room: 'lab', message: 300 });
  await reader.enter();
  assert.deepEqual(span(parts), [251, 350]);
  assert.deepEqual(currentRoom(store.get()).goal, { to: 'message', id: 300 });
  for (const step of /** @type {const} */ ([-1, 1, 1])) {
    reader.more(step);
    await settle();
  }
  assert.deepEqual(span(parts), [191, 460]);
  assert.deepEqual(server.requests.slice(1), [
    'lab 100 around 300',
    'lab 60 before 251',
    'lab 60 after 350',
    'lab 60 after 410',
  ]);
  assert.ok(currentRoom(store.get()).log.tail);
});

test('another room is read at once, and what was to be read of the first is not', async () => {
  const { store, server, reader } = setUp(10);
  const first = reader.read();
  store.dispatch({ type: 'entered', room: 'shed', message: 0 });
  await reader.enter();
  await first;
  await settle();
  assert.deepEqual(server.requests, ['lab 50', 'shed 50']);
  assert.equal(currentRoom(store.get()).log.rows.length, 10);
});

test('a day is asked for by its beginning', async () => {
  const { store, server, reader } = setUp(10);
  await reader.read();
  await reader.jump(new Date('2026-11-23T22:00:00Z'), assert.fail);
  assert.equal(server.requests[1], 'lab 100 since 2026-11-23T22:00:00.000Z');
  const { log, goal } = currentRoom(store.get());
  assert.deepEqual(goal, { to: 'day', id: log.rows[0].id });
});

test('a day after which there is nothing leaves the log as it is', async () => {
  const { store, server, reader } = setUp(10);
  await reader.read();
  const { rows } = currentRoom(store.get()).log;
  let told = 0;
  server.quiet = true;
  await reader.jump(new Date('2031-01-01T00:00:00Z'), () => {
    told += 1;
  });
  assert.equal(told, 1);
  assert.deepEqual(currentRoom(store.get()).log.rows, rows);
});

/** A room in which 200 of 1200 were seen, as a page opens it. */
function leftUnread() {
  const parts = setUp(1200);
  parts.store.dispatch({ type: 'seen', seen: 200 });
  return parts;
}

test('from far below the newest, the end is read, and is where one is then', async () => {
  const parts = leftUnread();
  const { store, server, reader } = parts;
  await reader.read();
  reader.toEnd();
  store.dispatch({ type: 'arrived' }); // the view has an empty log
  assert.deepEqual(currentRoom(store.get()).goal, { to: 'end' });
  await settle();
  assert.deepEqual(server.requests, ['lab 100 around 200', 'lab 50']);
  assert.deepEqual(span(parts), [1151, 1200]);
  assert.deepEqual(currentRoom(store.get()).goal, { to: 'end' });
  store.dispatch({ type: 'arrived' });
  const { log, goal, seen } = currentRoom(store.get());
  assert.deepEqual([log.tail, goal, seen], [true, null, 1200]);
});

test('whoever wants to the end while the room opens at its unread gets there', async () => {
  for (const act of ['click', 'send']) {
    const parts = leftUnread();
    const { store, reader } = parts;
    const opening = reader.read();
    if (act === 'send') store.dispatch({ type: 'composed', text: 'own', msgId: 'own', now: 0 });
    reader.toEnd();
    store.dispatch({ type: 'arrived' });
    await opening;
    await settle();
    const { log, goal } = currentRoom(store.get());
    assert.deepEqual([log.tail, log.cursor, goal], [true, 1200, { to: 'end' }], act);
    assert.equal(log.rows.at(-1)?.text, act === 'send' ? 'own' : 't1200');
  }
});

test('a history that is out of reach does not use up the wish for the end', async () => {
  const parts = leftUnread();
  const { clock, store, server, reader } = parts;
  await reader.read();
  server.down = new HistoryError('503');
  reader.toEnd();
  await settle();
  store.dispatch({ type: 'arrived' });
  server.down = null;
  await clock.pass(30_000);
  assert.deepEqual(span(parts), [1151, 1200]);
});

test('a day that was asked for does not take one away from the end that was wanted later', async () => {
  const parts = setUp(400);
  const { store, reader } = parts;
  await reader.read();
  const jumping = reader.jump(new Date('2026-11-23T22:00:00Z'), assert.fail);
  reader.toEnd();
  await jumping;
  assert.deepEqual([span(parts), currentRoom(store.get()).log.tail], [[351, 400], true]);
});

test('a receipt that follows what is not here leads to a request; one that follows what is does not', async () => {
  const { clock, store, server, reader } = setUp(10);
  await reader.read();
  /** @param {number} id @param {number} prev */
  const arrive = (id, prev) => {
    store.dispatch({ type: 'live', message: item(id), now: clock.now() });
    const receipts = [{ id, ts: TS, clientId: 'c', msgId: `m${id}`, prev }];
    store.dispatch({ type: 'receipts', receipts });
  };
  arrive(11, 10);
  arrive(20, 11); // other rooms have the ids in between
  await clock.pass(1000);
  assert.deepEqual(server.requests.slice(1), []);
  arrive(30, 25);
  server.count = 30;
  await clock.pass(1000);
  assert.deepEqual(server.requests.slice(1), ['lab 200 after 10']);
  assert.deepEqual(span({ store }), [1, 30]);
});

test('once a minute, and on coming into view, what was missed without a trace is found', async () => {
  const { clock, store, server, reader } = setUp(10);
  store.dispatch({
    type: 'connection',
    connection: { phase: 'online', retryAt: 0, cause: /** @type {const} */ ('') },
  });
  await reader.read();
  reader.watch(() => {});
  server.count = 11;
  await clock.pass(59_000);
  assert.deepEqual(server.requests.slice(1), []);
  await clock.pass(1000);
  assert.deepEqual(server.requests.slice(1), ['lab 200 after 10']);
  store.dispatch({ type: 'visible', visible: false });
  await clock.pass(120_000);
  assert.equal(server.requests.length, 2, 'nobody would see it');
  server.count = 12;
  store.dispatch({ type: 'visible', visible: true });
  reader.check();
  await settle();
  assert.deepEqual(span({ store }), [1, 12]);
});
