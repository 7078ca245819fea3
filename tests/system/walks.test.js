/**
 * A property of the history: whatever is in it, wherever one begins and however many messages one
 * asks for at each step, the pages that Link leads through are the room's messages, each once, while
 * more are being added.
 *
 * WALKS_SEED   the seed of a run that failed, to see it again
 * WALKS_RUNS   how many histories (default 30)
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { startStack, until } from '../lib/stack.js';

const ROOMS = 3;
const seed = Number(process.env.WALKS_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.WALKS_RUNS ?? 30);

/** @typedef {{id: number, ts: string}} Stored */
/** @typedef {{room: number, kind: string, place: number, limits: number[]}} Walk */
/** @typedef {{ids: number[], prev?: URL, next?: URL, known: number}} Page */

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** @type {import('mqtt').MqttClient} */
let client;
/** @type {Map<string, Stored[]>} what has its receipt, by room */
const stored = new Map();
let requests = 0;

before(async () => {
  stack = await startStack();
  client = await stack.client();
  client.on('message', (topic, payload) => {
    const room = topic.split('/')[1];
    stored.set(room, [...(stored.get(room) ?? []), ...JSON.parse(payload.toString())]);
  });
  await client.subscribeAsync('chat/+/stored', { qos: 1 });
});
after(() => stack?.close());

/** @param {string} room */
const known = (room) => stored.get(room)?.at(-1)?.id ?? 0;

/**
 * @param {string} room
 * @param {URL} url
 * @returns {Promise<Page>}
 */
async function fetchPage(room, url) {
  const before = known(room);
  const answer = await fetch(url);
  const body = await answer.json();
  requests++;
  assert.equal(answer.status, 200, `${url}: ${JSON.stringify(body)}`);
  const found = (answer.headers.get('link') ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g);
  const links = Object.fromEntries([...found].map(([, to, rel]) => [rel, new URL(to, url)]));
  const ids = body.map((/** @type {Stored} */ message) => message.id);
  const limit = Number(url.searchParams.get('limit') ?? 10);
  assert.ok(ids.length <= limit, `${url}: ${ids.length}`);
  assert.ok(ids.length === limit || !(links.prev && links.next), `${url} is short in the middle`);
  return { ids, prev: links.prev, next: links.next, known: before };
}

/**
 * Where a walk begins: a place among the ids of this history's rooms, or beyond either end.
 * @param {string} room
 * @param {Walk} walk
 */
function beginning(room, { kind, place, limits }) {
  const url = new URL(`${stack.root}/api/messages?room=${room}&limit=${limits[0]}`);
  const history = room.replace(/\d$/, '');
  const all = [...stored].flatMap(([name, some]) => (name.startsWith(history) ? some : []));
  const [oldest, newest] = [Math.min, Math.max].map((end) => end(...all.map(({ id }) => id)));
  if (kind === 'since') url.searchParams.set(kind, all[place % all.length]?.ts ?? '1m');
  else if (kind !== 'newest') {
    const id = all.length ? oldest - 2 + (place % (newest - oldest + 5)) : place;
    url.searchParams.set(kind, String(Math.max(0, id)));
  }
  return url;
}

/**
 * Follows one relation to its end. Forward that is what was known when the walk began: a writer may
 * be quicker than the walk.
 * @param {string} room
 * @param {Page} first
 * @param {'prev' | 'next'} rel
 * @param {number[]} limits
 * @param {number} enough
 */
async function follow(room, first, rel, limits, enough) {
  const pages = [];
  let page = first;
  for (let step = 1; page[rel]; step++) {
    const url = /** @type {URL} */ (page[rel]);
    url.searchParams.set('limit', String(limits[step % limits.length]));
    page = await fetchPage(room, url);
    assert.ok(page.ids.length > 0, `${url} leads to nothing`);
    pages.push(page);
    if (rel === 'next' && /** @type {number} */ (page.ids.at(-1)) > enough) return { pages };
  }
  return { pages, end: page };
}

/** @param {string} room */
const truth = (room) =>
  stack
    .sql(`SELECT id FROM messages WHERE room = '${room}' ORDER BY id`)
    .map(({ id }) => Number(id));

/**
 * @param {string} room
 * @param {Walk} walk
 */
async function check(room, walk) {
  const url = beginning(room, walk);
  const enough = known(room);
  const first = await fetchPage(room, url);
  const back = await follow(room, first, 'prev', walk.limits, enough);
  const forth = await follow(room, first, 'next', walk.limits, enough);
  const seen = [...back.pages.reverse(), first, ...forth.pages].flatMap(({ ids }) => ids);
  const all = truth(room);
  const last = seen.at(-1) ?? 0;
  assert.deepEqual(
    seen,
    all.filter((id) => id <= last),
    `${url}`,
  );
  // Where there was no next, nothing that had its receipt before the request was missing.
  if (forth.end) assert.ok(last >= forth.end.known, `${url} ends at ${last}`);
  checkFirst(url, first, all);
}

/**
 * The first page is the right one of all that would fit.
 * @param {URL} url
 * @param {Page} page
 * @param {number[]} all
 */
function checkFirst(url, { ids, known: before }, all) {
  const limit = Number(url.searchParams.get('limit'));
  const number = (/** @type {string} */ name) =>
    url.searchParams.has(name) ? Number(url.searchParams.get(name)) : undefined;
  const [older, newer, around] = ['before', 'after', 'around'].map(number);
  if (older !== undefined && older <= before)
    assert.deepEqual(ids, all.filter((id) => id < older).slice(-limit), `${url}`);
  if (newer !== undefined)
    assert.deepEqual(ids, all.filter((id) => id > newer).slice(0, ids.length), `${url}`);
  if (around !== undefined && all.includes(around) && around <= before)
    assert.ok(ids.includes(around), `${url}`);
}

const walkOf = fc.record({
  room: fc.nat(ROOMS - 1),
  kind: fc.constantFrom('newest', 'before', 'after', 'around', 'since'),
  place: fc.nat(2 ** 20),
  limits: fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 200 })), {
    minLength: 1,
    maxLength: 4,
  }),
});

/** Adds to the rooms until told to stop. @param {string[]} rooms @param {AbortSignal} signal */
async function keepAdding(rooms, signal) {
  for (let n = 0; !signal.aborted; n++) {
    await client.publishAsync(`chat/${rooms[(n % 7) % rooms.length]}`, `later ${n}`, { qos: 1 });
    await sleep(4);
  }
}

let run = 0;

/**
 * @param {number[]} history the room of each message
 * @param {Walk[]} walks
 */
async function walkThrough(history, walks) {
  const name = `walk${++run}-`;
  const rooms = Array.from({ length: ROOMS }, (_, i) => name + i);
  await Promise.all(
    history.map((room, n) => client.publishAsync(`chat/${rooms[room]}`, `${n}`, { qos: 1 })),
  );
  const count = () => rooms.reduce((sum, room) => sum + (stored.get(room)?.length ?? 0), 0);
  await until(() => count() === history.length, 30_000, 'the history is stored');
  const writer = new AbortController();
  const adding = keepAdding(rooms, writer.signal);
  try {
    await Promise.all(walks.map((walk) => check(rooms[walk.room], walk)));
  } finally {
    writer.abort();
    await adding;
  }
}

test('the pages of any walk, put together, are exactly the history', async (t) => {
  t.diagnostic(`WALKS_SEED=${seed}`);
  const histories = fc.array(fc.nat(ROOMS - 1), { maxLength: 100, size: 'max' });
  const walks = fc.array(walkOf, { minLength: 1, maxLength: 12, size: 'max' });
  await fc.assert(fc.asyncProperty(histories, walks, walkThrough), {
    seed,
    numRuns,
    endOnFailure: true,
  });
  t.diagnostic(`${run} histories, ${requests} pages`);
});
