// Opens the page and the last history offline. The network comes first, always: what is kept is only
// for when there is none, or when it is silent for some seconds; what it answers later is kept all the
// same. An answer that is an error is neither kept nor replaced, since the page tells it apart from an
// absent server.

const CACHE = 'mqtt-chat';
const ROOMS_MAX = 20;
/** So long the network may be silent, where something is kept. */
const PATIENCE_MS = 3000;
const scope = new URL('./', location.href);
const api = new URL('../api/', location.href);
/** What names a page of the history that is read on from another. */
const SELECTORS = ['after', 'before', 'since'];

/** @typedef {Event & {waitUntil: (promise: Promise<unknown>) => void}} ExtendableEvent */
/** @typedef {ExtendableEvent & {request: Request, respondWith: (answer: Promise<Response>) => void}} FetchEvent */
/** @typedef {ExtendableEvent & {notification: Notification}} NotificationEvent */

/** @typedef {{focus: () => Promise<void>, postMessage: (message: unknown) => void}} WindowClient */
/**
 * What a service worker's `self` has and the types of a page do not know.
 * @typedef {object} Worker
 * @property {() => Promise<void>} skipWaiting
 * @property {{claim: () => Promise<void>, matchAll: () => Promise<WindowClient[]>,
 *   openWindow: (url: string) => Promise<void>}} clients
 */

const worker = /** @type {EventTarget & Worker} */ (/** @type {unknown} */ (self));

/**
 * Under what a request is kept, or '' for one that is not.
 * @param {Request} request
 */
function keyOf({ method, url: address }) {
  const url = new URL(address);
  if (method !== 'GET' || url.origin !== scope.origin) return '';
  if (url.pathname.startsWith(scope.pathname)) return url.origin + url.pathname;
  if (url.pathname === `${api.pathname}rooms`)
    return url.searchParams.has('q') ? '' : url.origin + url.pathname;
  const opens = !SELECTORS.some((name) => url.searchParams.has(name));
  if (url.pathname !== `${api.pathname}messages` || !opens) return '';
  return `${url.origin}${url.pathname}?room=${url.searchParams.get('room')}`;
}

/** Whether a good answer is the last there is: no page of the history that has a newer one. @param {Response} response */
const isLast = ({ ok, headers }) => ok && !headers.get('Link')?.includes('rel="next"');

/** The rooms that were read longest ago go. @param {Cache} cache */
async function forgetRooms(cache) {
  const rooms = (await cache.keys()).filter(({ url }) => new URL(url).search !== '');
  for (const old of rooms.slice(0, Math.max(0, rooms.length - ROOMS_MAX))) await cache.delete(old);
}

/**
 * @param {string} key
 * @param {Response} response
 */
async function keepAnswer(key, response) {
  const cache = await caches.open(CACHE);
  await cache.delete(key); // so that the order of the keys is that of their use
  await cache.put(key, response);
  await forgetRooms(cache);
}

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server that was silent is not waited for again, file after file, until it has answered. */
let silent = false;

/** @param {FetchEvent} event @param {string} key */
async function askNetwork(event, key) {
  const response = await fetch(event.request);
  silent = false;
  if (isLast(response)) event.waitUntil(keepAnswer(key, response.clone()).catch(() => {}));
  return response;
}

/** @param {FetchEvent} event @param {string} key */
async function answer(event, key) {
  let waiting = true;
  const asked = askNetwork(event, key).finally(() => {
    waiting = false;
  });
  event.waitUntil(asked.catch(() => {}));
  const kept = await caches.match(key);
  if (!kept) return asked;
  const late = sleep(silent ? 0 : PATIENCE_MS).then(() => {
    silent ||= waiting;
    return kept;
  });
  return Promise.race([asked.catch(() => kept), late]);
}

/** What a file of the page names: attributes of the page, modules and style sheets in a module; tokens need a network. */
const NAMES = / (?:href|src)="([\w./-]+)"|["'](\.\/(?!token)[\w-]+\.(?:js|css))["']/g;

/**
 * Keeps a file, and whatever it names.
 * @param {Cache} cache
 * @param {string} url
 * @param {Set<string>} visited
 */
async function keepTree(cache, url, visited) {
  if (visited.has(url)) return;
  visited.add(url);
  const response = await fetch(url, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  await cache.put(url, response.clone());
  if (!/\/$|\.js$/.test(url)) return;
  const names = Array.from((await response.text()).matchAll(NAMES), ([, a, b]) => a ?? b);
  await Promise.all(names.map((name) => keepTree(cache, new URL(name, url).href, visited)));
}

async function keepPage() {
  const cache = await caches.open(CACHE);
  const visited = new Set();
  await keepTree(cache, scope.href, visited);
  await keepTree(cache, new URL('mqtt.js', scope).href, visited); // named in no other file as it is
}

worker.addEventListener('install', (event) => {
  const { waitUntil } = /** @type {ExtendableEvent} */ (event);
  waitUntil.call(event, Promise.all([keepPage(), worker.skipWaiting()]));
});

worker.addEventListener('activate', (event) => {
  /** @type {ExtendableEvent} */ (event).waitUntil(worker.clients.claim());
});

worker.addEventListener('fetch', (event) => {
  const asked = /** @type {FetchEvent} */ (event);
  const key = keyOf(asked.request);
  if (key) asked.respondWith(answer(asked, key));
});

/** Leads to the room, in a page that is open or in a new one. @param {string} room */
async function showRoom(room) {
  const [client] = await worker.clients.matchAll();
  if (!client) return worker.clients.openWindow(`${scope.href}#${room}`);
  client.postMessage({ room });
  return client.focus();
}

worker.addEventListener('notificationclick', (event) => {
  const { notification, waitUntil } = /** @type {NotificationEvent} */ (event);
  notification.close();
  waitUntil.call(event, showRoom(notification.data?.room ?? ''));
});
