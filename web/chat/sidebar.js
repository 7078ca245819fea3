// The rooms, and what stands beside the messages: on a wide screen a column that can be put away, on a
// narrow one a drawer.

import { visit } from './address.js';
import { byId, make, setText } from './dom.js';
import { isRoom } from './payload.js';
import { hasUnread, newRoom, unread } from './room.js';
import { readItem, writeItem } from './storage.js';
import { texts } from './texts.js';

/** @typedef {import('./store.js').State} State */

const SIDE_KEY = 'chat.side';
const BADGE_MAX = 99;
const narrow = matchMedia('(max-width: 47.99rem)');

/** @param {number} count */
const badgeText = (count) => (count > BADGE_MAX ? `${BADGE_MAX}+` : `${count}`);

/** @param {string} name */
function makeLink(name) {
  const badge = make('span', 'badge');
  const link = make('a', 'room-link', make('bdi', '', name), badge);
  link.href = `#${name}`;
  return { item: make('li', '', link), link, badge };
}

/** The list of rooms, in the order of their names: it stays the same while messages come. */
function createRooms() {
  const list = byId('rooms', HTMLUListElement);
  /** @type {Map<string, ReturnType<typeof makeLink>>} */
  const links = new Map();

  /** @param {State['rooms']} rooms there are never fewer */
  function update(rooms) {
    if (rooms.size === links.size) return;
    for (const name of rooms.keys()) if (!links.has(name)) links.set(name, makeLink(name));
    const sorted = [...links].sort(([a], [b]) => (a < b ? -1 : 1));
    list.replaceChildren(...sorted.map(([, { item }]) => item));
  }

  return {
    /** @param {State} state */
    render({ rooms, room: current }) {
      update(rooms);
      for (const [name, { link, badge }] of links) {
        const room = rooms.get(name) ?? newRoom(name);
        const count = unread(room);
        link.ariaCurrent = name === current ? 'page' : null;
        link.classList.toggle('unread', hasUnread(room));
        setText(badge, count > 0 ? badgeText(count) : '');
        if (hasUnread(room)) link.ariaLabel = `${name}, ${texts.unread(count)}`;
        else link.removeAttribute('aria-label');
      }
    },
  };
}

/** @param {() => void} onOpened */
function createRoomForm(onOpened) {
  const field = byId('room-name', HTMLInputElement);
  const error = byId('room-error', HTMLElement);
  field.placeholder = texts.newRoom;
  field.addEventListener('input', () => setText(error, ''));
  byId('room-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const typed = field.value.trim().replace(/^#/, '');
    const name = typed.toLowerCase().replace(/\s+/g, '-');
    if (name === '') return;
    if (!isRoom(name)) {
      setText(error, texts.roomName(typed));
      return;
    }
    field.value = '';
    visit(`#${name}`);
    onOpened();
  });
}

export function createSidebar() {
  const side = byId('side', HTMLElement);
  const pane = byId('pane', HTMLElement);
  const menu = byId('menu', HTMLButtonElement);
  const badge = byId('menu-badge', HTMLElement);
  const rooms = createRooms();
  let open = false;

  /** @param {boolean} next */
  function show(next) {
    open = next;
    document.body.dataset.side = open ? 'open' : 'closed';
    menu.ariaExpanded = String(open);
    pane.inert = open && narrow.matches;
  }

  function hide() {
    if (!open || !narrow.matches) return;
    show(false);
    menu.focus();
  }

  const showForWidth = () => show(!narrow.matches && readItem(SIDE_KEY) !== 'closed');

  menu.addEventListener('click', () => {
    show(!open);
    if (!narrow.matches) writeItem(SIDE_KEY, open ? 'open' : 'closed');
    else if (open) side.querySelector('a')?.focus();
  });
  side.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('a')) hide();
  });
  side.addEventListener('keydown', ({ key }) => key === 'Escape' && hide());
  byId('close-side', HTMLButtonElement).addEventListener('click', hide);
  document.addEventListener('click', ({ target }) => {
    if (target === document.body) hide();
  });
  narrow.addEventListener('change', showForWidth);
  createRoomForm(hide);
  showForWidth();

  return {
    hide,
    /** @param {State} state */
    render(state) {
      rooms.render(state);
      const others = Array.from(state.rooms.values()).filter(({ name }) => name !== state.room);
      const count = others.reduce((sum, room) => sum + unread(room), 0);
      badge.hidden = count === 0;
      setText(badge, badgeText(count));
    },
  };
}
