// What the page does beside showing and sending messages. It is loaded when the history is on the
// screen, so that none of it stands in the way of that.

import { createAnnouncer } from './announcer.js';
import { createAttention } from './attention.js';
import { clock } from './clock.js';
import { NOBODY } from './company.js';
import { byId } from './dom.js';
import { startOffline } from './offline.js';
import { createPeopleView } from './people-view.js';
import { createPresence } from './presence.js';
import { createSearch } from './search.js';
import { createSearchPanel } from './search-panel.js';
import { createSettingsDialog } from './settings-dialog.js';
import { createShortcuts } from './shortcuts.js';

/** @typedef {import('./store.js').State} State */

/** Of the newest page that is kept for a day without a network. */
const OFFLINE_ROWS = 50;

/** @param {string} id @param {() => void} action */
function onClick(id, action) {
  byId(id, HTMLButtonElement).addEventListener('click', action);
}

/**
 * @param {object} parts
 * @param {import('./store.js').Store} parts.store
 * @param {URL} parts.api
 * @param {string} parts.connectionId
 * @param {import('./presence.js').Publish} parts.publish
 * @param {() => void} parts.write
 * @param {() => void} parts.toNewest
 * @param {(step: 1 | -1) => void} parts.stepRoom
 */
export function startExtras({ store, api, connectionId, publish, write, toNewest, stepRoom }) {
  const room = () => store.get().room;
  const people = createPeopleView();
  const announcer = createAnnouncer();
  const attention = createAttention({
    open(name) {
      location.hash = name;
    },
  });
  let company = NOBODY;

  function showPeople() {
    const { nickname, clientId } = store.get();
    people.render(company, { nickname, clientId, now: clock.now() });
  }

  const presence = createPresence({
    ...{ connectionId, clientId: store.get().clientId, publish, clock },
    onChange(next) {
      if (next !== company) requestAnimationFrame(showPeople);
      company = next;
    },
  });

  const search = createSearchPanel({ search: createSearch(api), room });
  const settings = createSettingsDialog();
  const shortcuts = createShortcuts({
    ...{ write, toNewest, stepRoom },
    search: search.open,
    settings: settings.open,
  });
  onClick('open-search', search.open);
  onClick('open-settings', settings.open);
  onClick('open-shortcuts', shortcuts.open);

  startOffline(() => {
    const url = new URL('messages', api);
    url.search = String(new URLSearchParams({ room: room(), limit: String(OFFLINE_ROWS) }));
    return url;
  });

  store.subscribe(({ nickname }) => presence.enter(room(), nickname));
  presence.enter(room(), store.get().nickname);
  showPeople();
  byId('text', HTMLTextAreaElement).addEventListener('input', ({ target }) => {
    if (target instanceof HTMLTextAreaElement && target.value.trim() !== '') presence.typed();
  });

  return {
    presence,

    /**
     * A message has come over the connection.
     * @param {import('./payload.js').Message} message
     * @param {string} name of its room
     */
    heard(message, name) {
      const { clientId, nickname } = store.get();
      presence.heardMessage(message.clientId);
      if (message.clientId === clientId) return;
      attention.note(message, name, nickname);
      if (name === room()) announcer.announce(message);
    },
  };
}

/** @typedef {ReturnType<typeof startExtras>} Extras */
