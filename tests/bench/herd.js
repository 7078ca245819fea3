/**
 * Pages without a screen, for crowd.js: the page's own connection, reader and state on the real
 * MQTT.js, COUNT of them in this process. herd.js PAGE_URL COUNT ROOM
 *
 * Tells its parent {ready} when all are connected and have read, and again after a
 * {type: 'again'}; answers {type: 'compare', ids} with {same}: how many show exactly these.
 */
import mqtt from 'mqtt';
import { clock } from '../../web/chat/clock.js';
import { createConnection } from '../../web/chat/connection.js';
import { createHistory } from '../../web/chat/history.js';
import { parseMessage, parseReceipts } from '../../web/chat/payload.js';
import { companyTopics, willFor } from '../../web/chat/presence.js';
import { createReader } from '../../web/chat/reader.js';
import { createStore, initialState, roomOf } from '../../web/chat/store.js';

const [url, count, room] = process.argv.slice(2);
const api = new URL('../api/', url);
const broker = new URL('../mqtt', url).href.replace('http', 'ws');
const { origin } = api;

/** @typedef {ReturnType<typeof openPage>} Page */

/** @param {number} n */
function openPage(n) {
  const name = `herd-${process.pid}-${n}`;
  const store = createStore(initialState({ room, clientId: name, nickname: '' }));
  const history = createHistory(api);
  /** @param {import('../../web/chat/store.js').Event} event 'read': to the end of the history */
  const dispatch = (event) => {
    store.dispatch(event);
    if (event.type !== 'read') return;
    page.read = true;
    tell();
  };
  const reader = createReader({ store: { ...store, dispatch }, history, clock });
  const page = {
    online: false,
    read: false,
    ids: () => roomOf(store.get()).log.rows.map(({ id }) => id),
  };
  /** @param {string} topic @param {Uint8Array} payload */
  function hear(topic, payload) {
    const [, where, kind] = topic.split('/');
    if (kind === 'stored') {
      store.dispatch({ type: 'receipts', room: where, receipts: parseReceipts(payload) });
    }
    const message = kind ? undefined : parseMessage(payload);
    if (message) store.dispatch({ type: 'live', room: where, message, now: clock.now() });
  }
  const connection = createConnection({
    load: async () => (address, options) =>
      mqtt.connect(address, { ...options, wsOptions: { origin } }),
    url: broker,
    clientId: name,
    topics: ['chat/+', 'chat/+/stored', 'chat/+/rejected'],
    retained: () => ({ topics: companyTopics(room), will: willFor(room, name) }),
    onMessage: hear,
    onLink(link) {
      store.dispatch({ type: 'link', link });
      page.online = link.phase === 'online';
      page.read = false;
      if (page.online) reader.read();
      if (page.online) history.rooms().catch(() => {});
      tell();
    },
    clock,
  });
  connection.start();
  return page;
}

let waiting = true;
/** @type {Page[]} */
const pages = [];

function tell() {
  if (!waiting || pages.length < Number(count)) return;
  if (!pages.every(({ online, read }) => online && read)) return;
  waiting = false;
  process.send?.({ ready: true });
}

/** @param {number[]} ids */
function same(ids) {
  const wanted = JSON.stringify(ids);
  return pages.filter((page) => JSON.stringify(page.ids()) === wanted).length;
}

process.on('message', (/** @type {{type: 'again'} | {type: 'compare', ids: number[]}} */ order) => {
  if (order.type === 'compare') process.send?.({ same: same(order.ids) });
  else {
    waiting = true;
    for (const page of pages) page.read = false;
    tell();
  }
});
process.on('disconnect', () => process.exit(0));
// One after the other, as people come.
const timer = setInterval(() => {
  for (let n = 0; n < 10 && pages.length < Number(count); n++) pages.push(openPage(pages.length));
  if (pages.length < Number(count)) return;
  clearInterval(timer);
  tell();
}, 10);
