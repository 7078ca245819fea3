// Puts the parts together: storage → store ⇄ reader, connection, sender → views.

import { followLinks, leaveMessage, parseAddress } from './address.js';
import { clock } from './clock.js';
import { createComposer } from './composer.js';
import { createConnection } from './connection.js';
import { byId, setText } from './dom.js';
import { createHistory, LIST_MAX } from './history.js';
import { newMsgId, newToken } from './ids.js';
import { onIgnored } from './ignored.js';
import { late } from './late.js';
import { kindOf } from './marks.js';
import {
  cleanText,
  isRoom,
  nicknameOf,
  parseMessage,
  parseReceipts,
  parseRejection,
} from './payload.js';
import { restoreRooms, startPersistence } from './persistence.js';
import { onPreferences } from './preferences.js';
import { presenceTopics, willFor } from './presence-topics.js';
import { createReader } from './reader.js';
import { createSender } from './sender.js';
import { createSidebar } from './sidebar.js';
import { firstRoom, freshSite, site } from './site.js';
import { createStatus } from './status.js';
import { clientIdOr, readItem, readNickname, TOKENS, writeNickname } from './storage.js';
import { createStore, initialState, tell } from './store.js';
import { loadStyle } from './style.js';
import { texts } from './texts.js';
import { setHours } from './times.js';
import { translate } from './translate.js';
import { createView } from './view.js';

/** The connection waits for the history to be painted, but not for one that does not come. */
const HISTORY_FIRST_MS = 3000;
/** A hidden page paints nothing. */
const PAINT_MS = 300;

function brokerUrl() {
  const url = new URL('../mqtt', document.baseURI);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

/** What the server, asked over HTTP, says on a WebSocket that did not open. */
async function askWhy() {
  const url = new URL('../mqtt', document.baseURI);
  const answer = await fetch(url, { cache: 'no-store' }).catch(() => null);
  if (!answer) return '';
  return answer.status === 429 ? 'full' : 'socket';
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @type {() => Promise<typeof import('../bundle/entry.js')>} */
const loadClient = late('mqtt.js');
const loadExtras = late('extras.js', () => import('./extras.js'));
const loadTokens = late('token.js', () => import('./token.js'));

async function loadMqtt() {
  const { connect } = await loadClient();
  await sleep(0); // a task of its own: a finger on the page need not wait for both
  return connect;
}

/** Until what was rendered is on the screen: it is a frame later than it has been painted. */
function painted() {
  const frame = () => new Promise(requestAnimationFrame);
  return Promise.race([frame().then(frame).then(frame).then(frame), sleep(PAINT_MS)]);
}

translate();
await firstRoom();
const initial = parseAddress(location.hash);
/** The name in the address, where no room can have it: then there is none on the screen. */
let { nowhere } = initial;
/** One that could not be sent is asked for again. */
const nickname = nicknameOf(readNickname()) ?? '';
const store = createStore({
  ...initialState({ room: initial.room, clientId: clientIdOr(newToken), nickname }),
  rooms: restoreRooms(initial.room),
  visible: !document.hidden && !nowhere,
  named: readItem(TOKENS) === 'site',
});
const api = new URL('../api/', document.baseURI);
const history = createHistory(api);
const reader = createReader({ store, history, clock });
startPersistence(store);
store.dispatch({ type: 'entered', ...initial });
/** What the room opens with is on its way while the page is put together. */
const historyOpened = reader.enter();

/**
 * By the last level of the topic: what came, in which room.
 * @type {Map<string, (room: string, payload: Uint8Array) => void>}
 */
const handlers = new Map(
  Object.entries({
    message(room, payload) {
      const message = parseMessage(payload, kindOf(store.get().clientId) !== '');
      if (!message) return;
      store.dispatch({ type: 'live', room, message, now: clock.now() });
      extras?.onMessage(message, room);
    },
    stored(room, payload) {
      store.dispatch({ type: 'receipts', room, receipts: parseReceipts(payload) });
    },
    rejected(room, payload) {
      const rejection = parseRejection(payload);
      if (rejection) store.dispatch({ type: 'rejected', room, rejection, now: clock.now() });
    },
    topic: (room, payload) => extras?.onTopic(room, payload),
  }),
);

/** @param {string} topic @param {Uint8Array} payload */
function receive(topic, payload) {
  const [, room, kind = 'message'] = topic.split('/');
  if (isRoom(room)) handlers.get(kind)?.(room, payload);
}

async function listRooms() {
  const rooms = await history.rooms();
  store.dispatch({ type: 'listed', rooms });
  extras?.countUnread(rooms.length < LIST_MAX ? null : rooms);
}

/**
 * Who the broker is told this page is. Everybody sees the presence id, so it is not the MQTT client id,
 * with which anybody could take over the connection.
 */
const nobody = { clientId: `page-${newToken()}`, presenceId: newToken() };
/** @type {import('./token.js').PageLogin} */
let self = nobody;
/** Loaded when the history is on the screen. @type {import('./extras.js').Extras | undefined} */
let extras;

const connection = createConnection({
  load: loadMqtt,
  url: brokerUrl(),
  async logIn(refused) {
    const guarded = refused || readItem(TOKENS) !== '';
    if (!guarded) return nobody;
    // Without a network it does not come either.
    const tokens = await loadTokens().catch(() => Promise.reject({ why: '' }));
    return tokens.askToken(api, store);
  },
  onLogin(login) {
    self = login;
    const { identity } = self;
    if (identity) store.dispatch({ type: 'identified', ...identity });
  },
  topics: ['chat/+', 'chat/+/stored', 'chat/+/rejected'],
  retained() {
    const { room } = store.get();
    const topics = [...presenceTopics(room), `chat/${room}/topic`];
    return { topics, will: willFor(room, self.presenceId) };
  },
  askWhy,
  onMessage(topic, payload) {
    if (!extras?.presence.receive(topic, payload)) receive(topic, payload);
  },
  onState(state) {
    store.dispatch({ type: 'connection', connection: state });
    extras?.presence.setOnline(state.phase === 'online');
    if (state.phase !== 'online') return;
    addExtras();
    reader.read();
    listRooms();
  },
  clock,
});
createSender({ store, publish: connection.publish, clock });

function toNewest() {
  leaveMessage();
  reader.toEnd();
  render();
}

/** @param {Date} time @param {() => void} none there is nothing that new */
function jump(time, none) {
  leaveMessage();
  reader.jump(time, none);
}

/** @param {string} text */
function send(text) {
  store.dispatch({ type: 'composed', text, msgId: newMsgId(), now: clock.now() });
  toNewest();
}

/** @param {string} nickname '' for one that is still to be chosen */
function setNickname(nickname) {
  if (!nickname) return byId('me', HTMLElement).click();
  writeNickname(nickname);
  store.dispatch({ type: 'named', nickname });
  if (self.password) connection.restart(); // a token is for one nickname
}

const view = createView({
  retry: (key) => store.dispatch({ type: 'retry', key }),
  remove: (msgId) => store.dispatch({ type: 'discarded', msgId }),
  onHeld: (held) => store.dispatch({ type: 'held', held }),
  onNear: (step) => reader.more(step),
  onArrived: () => store.dispatch({ type: 'arrived' }),
  toNewest,
  onRevealed: render,
});
const status = createStatus({ reconnect: connection.check, readAgain: reader.read });
const sidebar = createSidebar();
const composer = createComposer({
  onName: setNickname,
  onText(typed) {
    const order = extras?.readOrder(typed) ?? { text: cleanText(typed) };
    if ('problem' in order) return order.problem;
    if ('nickname' in order) setNickname(order.nickname);
    else if ('help' in order) extras?.help();
    else send(order.text);
    store.dispatch({ type: 'drafted', draft: '' });
    extras?.presence.sent();
    return '';
  },
  onDraft: (draft) => store.dispatch({ type: 'drafted', draft }),
});
/** @param {import('./store.js').State} state */
function showTitle(state) {
  const name = nowhere || state.room;
  const title = texts.title(name, site().title || texts.site);
  setText(byId('room', HTMLElement), name);
  if (extras) extras.render(state, title, nowhere);
  else document.title = title;
}

let rendering = false;

function render() {
  rendering = false;
  const state = store.get();
  document.body.classList.toggle('nowhere', nowhere !== '');
  /** @type {((state: import('./store.js').State) => void)[]} */
  const parts = [
    showTitle,
    status.render,
    composer.render,
    (shown) => view.render(shown, nowhere), // last, since it measures what is there
  ];
  tell(parts, () => state);
}

function renderSoon() {
  if (rendering) return;
  rendering = true;
  requestAnimationFrame(render);
}

function isSeen() {
  return !document.hidden && !nowhere;
}

/** Shows the room, or the message, that the address names. */
function enterRoom() {
  const { room } = store.get();
  const next = parseAddress(location.hash, room);
  const leaving = !nowhere && (next.room !== room || next.nowhere);
  if (!nowhere) store.dispatch({ type: 'left', place: leaving ? view.where() : null });
  nowhere = next.nowhere;
  store.dispatch({ type: 'visible', visible: isSeen() });
  if (!nowhere) {
    store.dispatch({ type: 'entered', ...next });
    reader.enter();
  }
  render();
}

/** Around the question for a nickname; without the card there is the question. */
async function welcomeVisitor() {
  loadStyle('./visit.css'); // at the same time
  const { createFirstVisit } = await import('./first-visit.js');
  const end = await createFirstVisit();
  const left = () => store.get().nickname !== '' && end();
  store.subscribe(left);
  left();
}

store.subscribe(renderSoon);
onIgnored(renderSoon);
if (!store.get().nickname) welcomeVisitor().catch(() => {});
onPreferences(({ hours }) => {
  setHours(hours);
  view.renew();
  render();
});
addEventListener('hashchange', enterRoom);
followLinks();
for (const name of ['online', 'offline', 'pageshow']) addEventListener(name, connection.check);
document.addEventListener('visibilitychange', () => {
  store.dispatch({ type: 'visible', visible: isSeen() });
  if (document.hidden) return;
  connection.check();
  reader.check();
});

/** The chat does without them until they come. */
async function addExtras() {
  const { startExtras } = await loadExtras().catch(() => ({ startExtras: undefined }));
  if (extras || !startExtras) return;
  extras = startExtras({
    ...{ store, api, connection, toNewest },
    presenceId: () => self.presenceId,
    history,
    jump,
    hideSide: sidebar.hide,
  });
  if (store.get().connection.phase !== 'online') return;
  extras.presence.setOnline(true);
  connection.subscribeRetained();
  renderSoon();
}

async function start() {
  await Promise.race([historyOpened, sleep(HISTORY_FIRST_MS)]);
  await painted();
  await addExtras();
  connection.start();
  reader.watch(() => extras?.countUnread());
  listRooms();
  await freshSite();
  renderSoon();
}

start();
const { dataset } = document.documentElement;
if (dataset.start !== 'old') dataset.start = 'done';
