// What the page does beside showing and sending messages. It is loaded when the history is on the
// screen, so that none of it stands in the way of that.

import { visit } from './address.js';
import { announce } from './announcer.js';
import { createAttention } from './attention.js';
import { clock } from './clock.js';
import { readOrder } from './commands.js';
import { createCounter } from './counter.js';
import { byId } from './dom.js';
import { refuseFiles } from './drop.js';
import { isIgnored } from './ignored.js';
import { createJump } from './jump.js';
import { late } from './late.js';
import { kindOf } from './marks.js';
import { isMuted } from './muted.js';
import { notice } from './notice.js';
import { startOffline } from './offline.js';
import { isRoom } from './payload.js';
import { nobody } from './people.js';
import { createPeopleView } from './people-view.js';
import { createPresence } from './presence.js';
import { createRoomList } from './room-list.js';
import { startShortcuts } from './shortcuts.js';
import { currentRoom, isOwn } from './store.js';
import { loadStyle } from './style.js';
import { addEnglish, texts } from './texts.js';
import { englishLater } from './texts-en-later.js';
import { createTopic } from './topic.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').State} State */

addEnglish(englishLater);

/** Of the newest page that is kept for a day without a network. */
const OFFLINE_ROWS = 50;

/** @param {string} room */
const openRoom = (room) => visit(`#${room}`);

/**
 * @param {Store} store
 * @param {import('./connection.js').Connection} connection
 * @param {() => string} presenceId
 */
function createPeople(store, connection, presenceId) {
  const view = createPeopleView();
  let people = nobody();
  let showing = false;

  function show() {
    showing = false;
    const state = store.get();
    const { nickname, clientId } = state;
    const isHidden = (/** @type {string} */ id) =>
      isOwn(state, { clientId: id }) || isIgnored({ clientId: id, nickname: '' });
    view.render(people, { nickname, clientId, now: clock.now(), isHidden });
  }

  const presence = createPresence({
    self() {
      const { clientId } = store.get();
      return { presenceId: presenceId(), clientId, guarded: kindOf(clientId) !== '' };
    },
    publish: connection.publish,
    clock,
    onChange(next) {
      people = next;
      if (!showing) requestAnimationFrame(show);
      showing = true;
    },
  });
  byId('text', HTMLTextAreaElement).addEventListener('input', ({ target }) => {
    if (target instanceof HTMLTextAreaElement && target.value.trim() !== '') presence.typed();
  });
  show();
  return presence;
}

/** The menu of a message, for the buttons of all of them. @param {Store} store */
function createMenus(store) {
  const load = late('menu.js', () => import('./menu.js'));
  let menu = /** @type {ReturnType<typeof import('./menu.js').createMenu> | undefined} */ (
    undefined
  );
  byId('rows', HTMLElement).addEventListener('click', async ({ target }) => {
    const button = target instanceof Element ? target.closest('.more') : null;
    if (!(button instanceof HTMLButtonElement)) return;
    const state = store.get();
    const row = currentRoom(state).log.rows.find(({ key }) => `${key}` === button.value);
    try {
      await loadStyle('./panels.css');
      menu ??= (await load()).createMenu();
      if (row) menu.open(button, { row, room: state.room, own: isOwn(state, row) });
    } catch {
      notice(texts.notLoaded);
    }
  });
}

/** What is loaded when it is opened first. @param {() => Promise<{open: () => void}>} load */
function opensLater(load) {
  let part = /** @type {{open: () => void} | undefined} */ (undefined);
  return async () => {
    try {
      await loadStyle('./panels.css');
      part ??= await load();
      part.open();
    } catch {
      notice(texts.notLoaded);
    }
  };
}

/**
 * @param {Store} store
 * @param {URL} api
 * @param {() => void} toNewest
 * @param {(step: 1 | -1) => void} stepRoom
 */
function createPanels(store, api, toNewest, stepRoom) {
  const room = () => store.get().room;
  const own = (/** @type {{clientId: string | null}} */ message) => isOwn(store.get(), message);
  const loadSearch = late('search-panel.js', () => import('./search-panel.js'));
  const loadSettings = late('settings-dialog.js', () => import('./settings-dialog.js'));
  const loadHelp = late('shortcuts-dialog.js', () => import('./shortcuts-dialog.js'));
  const search = opensLater(async () =>
    (await loadSearch()).createSearchPanel({ api, room, isOwn: own }),
  );
  const settings = opensLater(async () => (await loadSettings()).createSettingsDialog());
  const help = opensLater(async () => (await loadHelp()).createShortcutsDialog());
  startShortcuts({
    write: () => byId('text', HTMLTextAreaElement).focus(),
    search,
    settings,
    help,
    toNewest,
    stepRoom,
  });
  createMenus(store);
  for (const [id, open] of Object.entries({ search, settings, shortcuts: help })) {
    byId(`open-${id}`, HTMLButtonElement).addEventListener('click', open);
  }
  return { help };
}

/**
 * @param {object} parts
 * @param {Store} parts.store
 * @param {URL} parts.api
 * @param {() => string} parts.presenceId
 * @param {import('./connection.js').Connection} parts.connection
 * @param {() => void} parts.toNewest
 * @param {import('./history.js').HistoryApi} parts.history
 * @param {(time: Date, none: () => void) => void} parts.jump none: nothing is that new
 * @param {() => void} parts.hideSide
 */
export function startExtras(parts) {
  const { store, api, presenceId, connection, toNewest, history, jump, hideSide } = parts;
  const attention = createAttention({ store, open: openRoom });
  const presence = createPeople(store, connection, presenceId);
  const rooms = createRoomList({ store, find: history.rooms, onOpened: hideSide });
  const topic = createTopic();
  createJump({ jump });
  loadStyle('./panels.css');
  const { help } = createPanels(store, api, toNewest, (step) => {
    openRoom(rooms.neighbour(store.get().room, step));
  });
  for (const button of document.querySelectorAll('.clicked:not([popovertarget])')) {
    if (button instanceof HTMLButtonElement) button.click(); // too early for these parts (start.js)
  }
  refuseFiles();
  navigator.serviceWorker?.addEventListener('message', ({ data }) => {
    if (typeof data?.room === 'string' && isRoom(data.room)) openRoom(data.room);
  });
  let subscribedRoom = store.get().room;
  presence.enter(subscribedRoom, store.get().nickname);

  startOffline(() => {
    const url = new URL('messages', api);
    const query = { room: store.get().room, limit: String(OFFLINE_ROWS) };
    url.search = String(new URLSearchParams(query));
    return url;
  });

  return {
    presence,
    help,
    /** @param {string} typed */
    readOrder(typed) {
      const order = readOrder(typed);
      return 'nickname' in order && store.get().named ? { problem: texts.nameFixed } : order;
    },
    countUnread: createCounter({ store, history }),

    /** @param {string} room @param {Uint8Array} payload */
    onTopic(room, payload) {
      if (room === store.get().room) topic.receive(room, payload);
    },

    /** @param {State} state @param {string} title @param {string} nowhere the name of the address, if it is no room's */
    render(state, title, nowhere) {
      const { room, nickname } = state;
      attention.setTitle(title);
      rooms.render(state);
      topic.render(nowhere ? '' : room);
      presence.enter(room, nickname);
      if (room !== subscribedRoom) connection.subscribeRetained();
      subscribedRoom = room;
    },

    /**
     * A message has come over the connection.
     * @param {import('./payload.js').Message} message
     * @param {string} room
     */
    onMessage(message, room) {
      const state = store.get();
      const { nickname, room: current } = state;
      presence.endTyping(message.clientId);
      if (isOwn(state, message) || isIgnored(message)) return;
      if (!isMuted(room)) attention.onMessage(message, room, nickname);
      if (room === current) announce(message);
    },
  };
}

/** @typedef {ReturnType<typeof startExtras>} Extras */
