// What the page does beside showing and sending messages. It is loaded when the history is on the
// screen, so that none of it stands in the way of that.

import { visit } from './address.js';
import { announce } from './announcer.js';
import { createAttention } from './attention.js';
import { clock } from './clock.js';
import { byId } from './dom.js';
import { notice } from './notice.js';
import { startOffline } from './offline.js';
import { NOBODY } from './people.js';
import { createPeopleView } from './people-view.js';
import { createPresence } from './presence.js';
import { startShortcuts } from './shortcuts.js';
import { loadStyle } from './style.js';
import { texts } from './texts.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').State} State */

/** Of the newest page that is kept for a day without a network. */
const OFFLINE_ROWS = 50;

/** @param {string} room */
const openRoom = (room) => visit(`#${room}`);

/**
 * The room before or after the one that is open, in the order of the list.
 * @param {State} state
 * @param {1 | -1} step
 */
function neighbour({ rooms, room }, step) {
  const names = [...rooms.keys()].sort();
  return names.at((names.indexOf(room) + step) % names.length) ?? room;
}

/**
 * @param {Store} store
 * @param {import('./connection.js').Connection} connection
 * @param {string} presenceId
 */
function createPeople(store, connection, presenceId) {
  const view = createPeopleView();
  let people = NOBODY;

  function show() {
    const { nickname, clientId } = store.get();
    view.render(people, { nickname, clientId, now: clock.now() });
  }

  const presence = createPresence({
    presenceId,
    clientId: store.get().clientId,
    publish: connection.publish,
    clock,
    onChange(next) {
      people = next;
      requestAnimationFrame(show);
    },
  });
  byId('text', HTMLTextAreaElement).addEventListener('input', ({ target }) => {
    if (target instanceof HTMLTextAreaElement && target.value.trim() !== '') presence.typed();
  });
  show();
  return presence;
}

/** What is loaded when it is opened first. @param {() => Promise<{open: () => void}>} load */
function opensLater(load) {
  let part = /** @type {ReturnType<typeof load> | undefined} */ (undefined);
  return async () => {
    try {
      await loadStyle('./panels.css');
      part ??= load();
      (await part).open();
    } catch {
      part = undefined;
      notice(texts.notLoaded);
    }
  };
}

/**
 * @param {Store} store
 * @param {URL} api
 * @param {() => void} toNewest
 */
function createPanels(store, api, toNewest) {
  const room = () => store.get().room;
  const search = opensLater(async () =>
    (await import('./search-panel.js')).createSearchPanel({ api, room, own: store.get().clientId }),
  );
  const settings = opensLater(async () =>
    (await import('./settings-dialog.js')).createSettingsDialog(),
  );
  const help = opensLater(async () =>
    (await import('./shortcuts-dialog.js')).createShortcutsDialog(),
  );
  startShortcuts({
    write: () => byId('text', HTMLTextAreaElement).focus(),
    search,
    settings,
    help,
    toNewest,
    stepRoom: (step) => openRoom(neighbour(store.get(), step)),
  });
  for (const [id, open] of Object.entries({ search, settings, shortcuts: help })) {
    byId(`open-${id}`, HTMLButtonElement).addEventListener('click', open);
  }
  return { help };
}

/**
 * @param {object} parts
 * @param {Store} parts.store
 * @param {URL} parts.api
 * @param {string} parts.presenceId
 * @param {import('./connection.js').Connection} parts.connection
 * @param {() => void} parts.toNewest
 */
export function startExtras({ store, api, presenceId, connection, toNewest }) {
  const attention = createAttention({ open: openRoom });
  const presence = createPeople(store, connection, presenceId);
  const { help } = createPanels(store, api, toNewest);
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

    /** @param {State} state @param {string} title */
    render({ room, nickname }, title) {
      attention.setTitle(title);
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
      const { clientId, nickname, room: current } = store.get();
      presence.endTyping(message.clientId);
      if (message.clientId === clientId) return;
      attention.onMessage(message, room, nickname);
      if (room === current) announce(message);
    },
  };
}

/** @typedef {ReturnType<typeof startExtras>} Extras */
