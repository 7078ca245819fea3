// The list of rooms, and the field above it that finds one or makes it. Loaded behind the history.
//
// What is unread stands on top, then the rest, each by name. The order does not change while the
// pointer or the focus is in the list: until they have left, rooms that are new are added at its end.

import { byId, make, setText } from './dom.js';
import { inOrder } from './finder.js';
import { isMuted, onMuted, setMuted } from './muted.js';
import { hasUnread, newRoom, ROOMS_MAX, ROOMS_SPARE, unread } from './room.js';
import { createRoomField } from './room-field.js';
import { texts } from './texts.js';

/** @typedef {import('./store.js').State} State */
/** @typedef {import('./room.js').Room} Room */

const BADGE_MAX = 99;
/** However fast rooms come, the list follows at a pace that can be read. */
const EVERY_MS = 300;

/** @param {number} count */
const badgeText = (count) => (count > BADGE_MAX ? `${BADGE_MAX}+` : `${count || ''}`);

const BELL = 'M6 10a6 6 0 0 1 12 0c0 5 2 6 2 6H4s2-1 2-6m4 10h4';

/** A bell, which is struck out where it does not ring. @param {boolean} muted */
function drawBell(muted) {
  const [svg, path] = ['svg', 'path'].map((name) =>
    document.createElementNS('http://www.w3.org/2000/svg', name),
  );
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.ariaHidden = 'true';
  path.setAttribute('d', muted ? `${BELL}M3 3l18 18` : BELL);
  svg.append(path);
  return svg;
}

/** What is said of a room beside its name. @param {Room} room @param {boolean} muted */
function describe(room, muted) {
  if (muted) return texts.muted;
  return hasUnread(room) ? texts.unread(unread(room)) : '';
}

/** @param {string} name */
function createItem(name) {
  const badge = make('span', 'badge');
  const bell = drawBell(true);
  const link = make('a', 'room-link', make('bdi', '', name), badge);
  link.href = `#${name}`;
  link.tabIndex = -1;
  let shown = '';
  return {
    item: make('li', '', link),
    link,
    /** @param {Room} room @param {boolean} current */
    update(room, current) {
      const muted = isMuted(name);
      const said = describe(room, muted);
      if (shown === `${current} ${said}`) return;
      shown = `${current} ${said}`;
      link.ariaCurrent = current ? 'page' : null;
      link.classList.toggle('unread', hasUnread(room) && !muted);
      link.classList.toggle('muted', muted);
      if (muted) link.append(bell);
      else bell.remove();
      setText(badge, muted ? '' : badgeText(unread(room)));
      link.ariaLabel = said && `${name}, ${said}`;
    },
  };
}

/** The one of the room that is open. */
function createMuteButton() {
  const button = make('button', 'tool mute');
  button.type = 'button';
  button.addEventListener('click', () => setMuted(button.value, !isMuted(button.value)));
  return {
    button,
    /** @param {string} room */
    update(room) {
      const muted = isMuted(room);
      if (button.value === room && button.ariaPressed === `${muted}`) return;
      button.value = room;
      button.ariaPressed = `${muted}`;
      button.ariaLabel = texts.mute(room);
      button.title = muted ? texts.unmuteHint : texts.muteHint;
      button.replaceChildren(drawBell(muted));
    },
  };
}

/** @typedef {ReturnType<typeof createItem>} Item */

/** The list as it is on the screen. */
function createLinks() {
  const list = byId('rooms', HTMLUListElement);
  const mute = createMuteButton();
  /** @type {Map<string, Item>} in their order */
  let links = new Map();

  const isHeld = () => list.matches(':hover, :focus-within');

  /** @param {string[]} names @param {boolean} anew whether the order may change in any case */
  function arrange(names, anew) {
    const staying = anew || !isHeld() ? [] : links.keys();
    const next = [...new Set([...staying, ...names])].slice(0, ROOMS_MAX + ROOMS_SPARE);
    const before = [...links.keys()];
    if (next.length === before.length && next.every((name, i) => name === before[i])) return;
    links = new Map(next.map((name) => [name, links.get(name) ?? createItem(name)]));
    list.replaceChildren(...Array.from(links.values(), ({ item }) => item));
    if (anew) list.scrollTop = 0;
  }

  /** With the keyboard the list is one stop, at the room that is open. @param {string} current */
  function choose(current) {
    const open = links.get(current);
    if (open && mute.button.parentNode !== open.item) open.item.append(mute.button);
    mute.update(current);
    const [first] = links.values();
    for (const link of links.values()) link.link.tabIndex = link === (open ?? first) ? 0 : -1;
  }

  list.addEventListener('keydown', (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const all = Array.from(links.values(), ({ link }) => link);
    const at = all.indexOf(/** @type {HTMLAnchorElement} */ (event.target));
    if (!step || at < 0 || event.altKey) return;
    event.preventDefault();
    all[at + step]?.focus();
  });

  return {
    list,
    arrange,
    names: () => [...links.keys()],
    /** @param {State} state */
    update({ rooms, room: current }) {
      for (const [name, link] of links)
        link.update(rooms.get(name) ?? newRoom(name), name === current);
      choose(current);
    },
    /** In place of one that is written in. */
    focus: () => links.values().next().value?.link.focus(),
  };
}

/**
 * @param {object} parts
 * @param {import('./store.js').Store} parts.store
 * @param {(part: string) => Promise<{room: string}[]>} parts.find asks the server
 * @param {() => void} parts.onOpened
 */
export function createRoomList({ store, find, onOpened }) {
  const links = createLinks();
  const badge = byId('menu-badge', HTMLElement);
  const field = createRoomField({
    find,
    onOpened,
    onChange: () => render(true),
    leave: links.focus,
  });

  let shownRoom = '';
  let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  let renderedAt = Number.NEGATIVE_INFINITY;

  /** @param {boolean} [anew] */
  function render(anew = false) {
    clearTimeout(timer);
    timer = undefined;
    renderedAt = performance.now();
    const state = store.get();
    shownRoom = state.room;
    links.arrange(field.choose(inOrder(state.rooms, isMuted)), anew);
    links.update(state);
    const others = [...state.rooms.values()].filter(
      ({ name }) => name !== state.room && !isMuted(name),
    );
    const count = others.reduce((sum, room) => sum + unread(room), 0);
    badge.hidden = count === 0;
    setText(badge, badgeText(count));
  }

  function renderSoon() {
    const wait = renderedAt + EVERY_MS - performance.now();
    timer ??= setTimeout(render, Math.max(0, wait));
  }

  links.list.addEventListener('pointerleave', renderSoon);
  links.list.addEventListener('focusout', renderSoon);
  onMuted(renderSoon);
  byId('all-read', HTMLButtonElement).addEventListener('click', () => {
    const count = [...store.get().rooms.values()].filter(hasUnread).length;
    store.dispatch({ type: 'allSeen' });
    field.say(texts.allRead(count));
  });
  render(true);

  return {
    /** @param {State} state */
    render({ room }) {
      if (room === shownRoom) renderSoon();
      else render();
    },

    /** The room before or after one, as they stand in the list. @param {string} room @param {1 | -1} step */
    neighbour(room, step) {
      const names = links.names();
      const at = names.indexOf(room);
      if (at < 0) return names[0] ?? room;
      return names.at((at + step) % names.length) ?? room;
    },
  };
}
