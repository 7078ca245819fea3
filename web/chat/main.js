// Puts the parts together: settings → store ⇄ reader, connection, sender → views.

import { clock } from './clock.js';
import { createComposer } from './composer.js';
import { createConnection } from './connection.js';
import { byId } from './dom.js';
import { createHistory } from './history.js';
import { newMsgId, newToken } from './ids.js';
import { isRoom, parseMessage, parseReceipts, parseRejection } from './payload.js';
import { onPreferences } from './preferences.js';
import { companyTopics, willFor } from './presence.js';
import { createReader } from './reader.js';
import { createSender } from './sender.js';
import { clientIdOr, readNickname, writeNickname } from './settings.js';
import { createStatus } from './status.js';
import { createStore, initialState } from './store.js';
import { texts } from './texts.js';
import { setHours } from './times.js';
import { translate } from './translate.js';
import { createView } from './view.js';

const DEFAULT_ROOM = 'messages';
/** The connection waits for the history to be painted, but not for one that does not come. */
const HISTORY_FIRST_MS = 3000;
/** A hidden page paints nothing. */
const PAINT_MS = 300;

function roomInAddress() {
  const name = location.hash.slice(1).split('/')[0];
  return isRoom(name) ? name : DEFAULT_ROOM;
}

function brokerUrl() {
  const url = new URL('../mqtt', document.baseURI);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

let loads = 0;

/** A browser may remember that a module could not be loaded: each retry has its own address. */
async function loadMqtt() {
  const address = loads === 0 ? './mqtt.js' : `./mqtt.js?again=${loads}`;
  loads += 1;
  /** @type {typeof import('../bundle/entry.js')} */
  const { connect } = await import(address);
  loads = 0;
  return connect;
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Until what was rendered is on the screen. */
function painted() {
  const frame = () => new Promise(requestAnimationFrame);
  return Promise.race([frame().then(frame), sleep(PAINT_MS)]);
}

const room = roomInAddress();
const store = createStore(
  initialState({ room, clientId: clientIdOr(newToken), nickname: readNickname() }),
);
const api = new URL('../api/', document.baseURI);
const history = createHistory(api);
const reader = createReader({ store, history, clock });

/** @type {Record<string, (payload: Uint8Array) => void>} */
const topics = {
  [`chat/${room}`](payload) {
    const message = parseMessage(payload);
    if (!message) return;
    store.dispatch({ type: 'live', message, now: clock.now() });
    extras?.heard(message, room);
  },
  [`chat/${room}/stored`](payload) {
    store.dispatch({ type: 'receipts', receipts: parseReceipts(payload) });
  },
  [`chat/${room}/rejected`](payload) {
    const rejection = parseRejection(payload);
    if (rejection) store.dispatch({ type: 'rejected', rejection });
  },
};

const connectionId = `page-${newToken()}`;
/** Loaded when the history is on the screen. @type {import('./extras.js').Extras | undefined} */
let extras;
/** The room that the connection's will is for. */
let willRoom = room;

const connection = createConnection({
  load: loadMqtt,
  url: brokerUrl(),
  clientId: connectionId,
  topics: Object.keys(topics),
  retained: () => ({ topics: companyTopics(room), will: willFor(willRoom, connectionId) }),
  onMessage(topic, payload) {
    if (!extras?.presence.hear(topic, payload)) topics[topic]?.(payload);
  },
  onLink(link) {
    if (link.phase === 'connecting') willRoom = room;
    store.dispatch({ type: 'link', link });
    extras?.presence.link(link.phase === 'online', willRoom);
    if (link.phase === 'online') reader.read();
  },
  clock,
});
createSender({ store, publish: connection.publish, clock });

onPreferences(({ hours }) => setHours(hours));
const view = createView({ retry: (key) => store.dispatch({ type: 'retry', key }) });
const status = createStatus({ reconnect: connection.check, readAgain: reader.read });
const composer = createComposer({
  onName(nickname) {
    writeNickname(nickname);
    store.dispatch({ type: 'named', nickname });
  },
  onText(text) {
    store.dispatch({ type: 'composed', text, msgId: newMsgId(), now: clock.now() });
    extras?.presence.sent();
    render();
    view.toBottom();
  },
});

let rendering = false;

function render() {
  rendering = false;
  const state = store.get();
  view.render(state);
  status.render(state);
  composer.render(state);
}

store.subscribe(() => {
  if (rendering) return;
  rendering = true;
  requestAnimationFrame(render);
});

byId('room', HTMLElement).textContent = room;
document.title = texts.title(room);
translate();
render();
onPreferences(view.updateTimes);

addEventListener('hashchange', () => {
  if (roomInAddress() !== room) location.reload();
});
for (const name of ['online', 'offline', 'pageshow']) addEventListener(name, connection.check);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) connection.check();
});

await Promise.race([reader.read(), sleep(HISTORY_FIRST_MS)]);
await painted();
const { startExtras } = await import('./extras.js');
extras = startExtras({
  ...{ store, api, connectionId, publish: connection.publish },
  write: () => byId('text', HTMLTextAreaElement).focus(),
  toNewest: view.toBottom,
  stepRoom() {},
});
connection.start();
