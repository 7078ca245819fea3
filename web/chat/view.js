// The messages on the screen. Rows keep their element as their state changes, and the reader's place
// stays, unless there is a goal to go to.

import { leaveMessage } from './address.js';
import { byId, make, setText } from './dom.js';
import { fold, listenToFolds } from './fold.js';
import { isIgnored } from './ignored.js';
import { layOut } from './layout.js';
import { notice } from './notice.js';
import { createPlace } from './place.js';
import { unread } from './room.js';
import { createRowView, showFullTime } from './row.js';
import { currentRoom, isOwn } from './store.js';
import { texts } from './texts.js';
import { dayLineText, isSameDay } from './times.js';

/** @typedef {import('./store.js').State} State */
/** @typedef {import('./layout.js').Item} Item */
/** @typedef {import('./room.js').Goal} Goal */
/** @typedef {{element: HTMLElement, update: (item: Item, state: State) => void}} ItemView */

/**
 * Makes the children of `parent` those of `wanted`, touching only what is out of place.
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} wanted
 */
function arrange(parent, wanted) {
  const staying = new Set(wanted);
  for (let child = parent.firstElementChild; child; ) {
    const next = child.nextElementSibling;
    if (!staying.has(/** @type {HTMLElement} */ (child))) child.remove();
    child = next;
  }
  let next = parent.firstElementChild;
  for (const element of wanted) {
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
}

/** @param {import('./room.js').History} history @param {string} nowhere */
function blankTexts(history, nowhere) {
  if (nowhere) return [texts.noRoom(nowhere), texts.roomName(nowhere)];
  if (history.phase === 'loading') return [texts.loading, ''];
  if (history.phase === 'failed') return [texts.unreadable, ''];
  return [texts.empty, texts.emptyHint];
}

/** @param {Date} time */
function isoDay(time) {
  const two = (/** @type {number} */ part) => `${part}`.padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** Its button names the rows that it stands for. @param {Item & {kind: 'folded'}} first @returns {ItemView} */
function createFolded(first) {
  const button = make('button', '');
  button.type = 'button';
  const view = {
    element: make('li', 'line folded', button),
    update(/** @type {Item} */ item) {
      if (item.kind !== 'folded') return;
      button.value = `${item.keys}`;
      setText(button, texts.folded(item.keys.length));
    },
  };
  view.update(first);
  return view;
}

/** @param {Item} item @param {State} state @returns {ItemView} */
function createLine(item, state) {
  if (item.kind === 'day') {
    const day = make('time', '', dayLineText(item.time, new Date()));
    day.dateTime = isoDay(item.time);
    return { element: make('li', 'line day', day), update() {} };
  }
  if (item.kind === 'folded') return createFolded(item);
  const text = item.kind === 'new' ? texts.newLine : texts.start(state.room);
  return { element: make('li', `line ${item.kind}`, make('span', '', text)), update() {} };
}

/** What changes of the appearance of a row in a room. */
const CHANGING = /** @type {const} */ (['lead', 'head', 'own', 'waits', 'nickname']);

/** @param {Item} item @param {State} state @param {import('./row.js').Actions} actions @returns {ItemView} */
function createItem(item, state, actions) {
  if (item.kind !== 'row') return createLine(item, state);
  const appearanceOf = (/** @type {Item & {kind: 'row'}} */ next, /** @type {State} */ now) => ({
    lead: next.lead,
    head: next.head,
    own: isOwn(now, next.row),
    waits: next.row.state === 'sending' && now.connection.phase !== 'online',
    room: now.room,
    nickname: now.nickname,
  });
  let shown = appearanceOf(item, state);
  const view = createRowView(item.row, shown, actions);
  return {
    element: view.element,
    update(next, now) {
      if (next.kind !== 'row') return;
      const appearance = appearanceOf(next, now);
      if (next.row === view.row && CHANGING.every((name) => appearance[name] === shown[name]))
        return;
      shown = appearance;
      view.update(next.row, shown);
    },
  };
}

/** The arrow keys lead from one message's time to the next. @param {HTMLElement} rows */
function createRoving(rows) {
  let current = /** @type {HTMLElement | null} */ (null);
  /** The button of its message comes after it. @param {number} index */
  function setTab(index) {
    if (!current) return;
    current.tabIndex = index;
    const more = current.parentElement?.querySelector('.more');
    if (more instanceof HTMLElement) more.tabIndex = index;
  }
  /** @param {HTMLElement | null} link */
  function choose(link) {
    if (link === current) return;
    setTab(-1);
    current = link;
    setTab(0);
  }
  const LINKS = 'a.when[href]';
  const links = () => /** @type {HTMLElement[]} */ (Array.from(rows.querySelectorAll(LINKS)));

  /** @returns {HTMLElement | null} */
  function newest() {
    for (let item = rows.lastElementChild; item; item = item.previousElementSibling) {
      const link = item.querySelector(LINKS);
      if (link instanceof HTMLElement) return link;
    }
    return null;
  }

  rows.addEventListener('keydown', (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.target !== current) return;
    const all = links();
    const next = all[all.indexOf(/** @type {HTMLElement} */ (current)) + step];
    if (!next) return;
    event.preventDefault();
    choose(next);
    next.focus();
  });
  return {
    /** The newest, until another was chosen. */
    update() {
      const row = current?.isConnected ? current.closest('.row') : null;
      if (!row?.contains(document.activeElement)) choose(newest());
    },
  };
}

/**
 * @param {object} actions
 * @param {(key: number) => void} actions.retry
 * @param {(msgId: string | null) => void} actions.remove
 * @param {(held: boolean) => void} actions.onHeld
 * @param {(step: -1 | 1) => void} actions.onNear
 * @param {() => void} actions.onArrived the goal is reached
 * @param {() => void} actions.toNewest
 * @param {() => void} actions.onRevealed
 */
export function createView({ retry, remove, onHeld, onNear, onArrived, toNewest, onRevealed }) {
  const log = byId('log', HTMLElement);
  const rows = byId('rows', HTMLOListElement);
  const blank = byId('blank', HTMLElement);
  const newest = byId('newest', HTMLButtonElement);
  const place = createPlace(log, rows, { onHeld, onNear });
  const roving = createRoving(rows);
  /** @type {Map<number | string, ItemView>} */
  let views = new Map();
  let room = '';
  let target = /** @type {HTMLElement | undefined} */ (undefined);
  let today = new Date();
  /** What is shown of those who are ignored, by the keys of its rows. @type {Set<number>} */
  const revealed = new Set();

  listenToFolds(rows, place);
  for (const name of ['pointerover', 'focusin']) rows.addEventListener(name, showFullTime);
  newest.addEventListener('click', () => {
    toNewest();
    log.focus({ preventScroll: true });
  });

  rows.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('.folded button') : null;
    if (!(button instanceof HTMLButtonElement)) return;
    for (const key of button.value.split(',')) revealed.add(Number(key));
    onRevealed();
    log.focus({ preventScroll: true });
  });

  /** @param {State} state */
  function update(state) {
    const isFolded = (/** @type {import('./log.js').Row} */ row) =>
      isIgnored(row) && !isOwn(state, row) && !revealed.has(row.key);
    /** @type {typeof views} */
    const next = new Map();
    for (const item of layOut(currentRoom(state), (row) => isOwn(state, row), isFolded)) {
      const view = views.get(item.key) ?? createItem(item, state, { retry, remove });
      view.update(item, state);
      next.set(item.key, view);
    }
    views = next;
    const elements = Array.from(next.values(), ({ element }) => element);
    arrange(rows, elements);
    roving.update();
  }

  /** Shows which message a link has led to, or that it is not there. @param {HTMLElement | undefined} row */
  function point(row) {
    target?.classList.remove('target');
    target = row;
    target?.classList.add('target');
    if (row) fold(row, false);
    notice(row ? '' : texts.gone);
    if (!row) leaveMessage();
  }

  // The address names the message for as long as that can be seen.
  log.addEventListener('scroll', () => {
    if (target && !place.sees(target)) leaveMessage(target.dataset.id);
  });

  /**
   * @param {Goal} goal
   * @param {boolean} loading
   * @returns {boolean} whether it was reached
   */
  function scrollToGoal(goal, loading) {
    const third = log.clientHeight / 3;
    if (goal.to !== 'message') notice('');
    if (goal.to === 'end' || goal.to === 'new') {
      const line = goal.to === 'new' ? rows.querySelector('.new') : null;
      if (line) place.to(line, third / 2);
      else place.toEnd();
      return line !== null || goal.to === 'end' || !loading;
    }
    if (goal.to === 'message' && loading) return false;
    const row = place.rowAt(goal.id);
    if (goal.to === 'message') point(row?.dataset.id === `${goal.id}` ? row : undefined);
    if (!row) return true;
    place.to(row, goal.to === 'place' ? goal.offset : goal.to === 'day' ? third / 4 : third);
    return true;
  }

  /** At midnight today becomes yesterday. */
  function updateDay() {
    const now = new Date();
    if (isSameDay(now, today)) return;
    today = now;
    for (const key of views.keys()) if (typeof key === 'string') views.delete(key);
  }

  /** @param {State} state */
  function renderRows(state) {
    if (state.room === room) {
      place.anchored(() => update(state));
    } else {
      room = state.room;
      views = new Map();
      place.forget();
      revealed.clear();
      rows.replaceChildren();
      update(state);
    }
    const { goal, history } = currentRoom(state);
    if (goal && scrollToGoal(goal, history.phase !== 'ready')) onArrived();
  }

  return {
    where: () => (place.atEnd() ? null : place.where()),
    /** All of it anew, since what it is written with has changed. */
    renew() {
      views = new Map();
    },
    /** @param {State} state @param {string} nowhere the name in the address, if it is no room's */
    render(state, nowhere) {
      const shown = currentRoom(state);
      const [title, hint] = blankTexts(shown.history, nowhere);
      updateDay();
      blank.hidden = shown.log.rows.length > 0 && !nowhere;
      blank.dataset.phase = nowhere ? 'ready' : shown.history.phase;
      setText(byId('blank-title', HTMLElement), title);
      setText(byId('blank-hint', HTMLElement), hint);
      if (nowhere) {
        room = '';
        rows.replaceChildren();
        newest.hidden = true;
        return;
      }
      renderRows(state);
      const count = unread(shown);
      newest.hidden = shown.log.rows.length === 0 || (place.atEnd() && shown.log.tail);
      setText(newest, count > 0 ? texts.newBelow(count) : texts.newest);
      newest.classList.toggle('some', count > 0);
      place.checkEdges();
    },
  };
}
