// The messages on the screen. Rows keep their element as their state changes; the reader's place
// stays: at the bottom if it was there, else on the row that was topmost.

import { byId, say } from './dom.js';
import { createRowView } from './row.js';
import { isOwn } from './store.js';
import { texts } from './texts.js';
import { isSameDay } from './times.js';

/** @typedef {import('./store.js').State} State */
/** @typedef {import('./row.js').RowView} RowView */

/** Fractions of a pixel and a line of slack still count as "at the bottom". */
const NEAR_PX = 24;

/**
 * Keeps the reader's place while `change` alters the rows.
 * @param {HTMLElement} log
 * @param {HTMLElement} rows
 */
function createPlace(log, rows) {
  let atBottom = true;
  const toBottom = () => {
    log.scrollTop = log.scrollHeight;
  };
  log.addEventListener('scroll', () => {
    atBottom = log.scrollHeight - log.scrollTop - log.clientHeight <= NEAR_PX;
  });
  // The window, the keyboard of a phone, a growing composer, a notice.
  new ResizeObserver(() => atBottom && toBottom()).observe(log);

  function topmost() {
    const edge = log.getBoundingClientRect().top;
    const all = Array.from(rows.children);
    return all.find((row) => row.getBoundingClientRect().bottom > edge);
  }

  return {
    toBottom() {
      atBottom = true;
      toBottom();
    },
    /** @param {() => void} change */
    keep(change) {
      const anchor = atBottom ? undefined : topmost();
      const before = anchor?.getBoundingClientRect().top ?? 0;
      change();
      if (atBottom) toBottom();
      else if (anchor?.isConnected) {
        log.scrollTop += anchor.getBoundingClientRect().top - before;
      }
    },
  };
}

/**
 * Makes the children of `parent` those of `wanted`, touching only what is out of place.
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} wanted
 */
function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of Array.from(parent.children)) {
    if (child instanceof HTMLElement && !keep.has(child)) child.remove();
  }
  let next = parent.firstElementChild;
  for (const element of wanted) {
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
}

/** @param {State} state */
function blankTexts({ history }) {
  if (history.phase === 'loading') return [texts.loading, ''];
  if (history.phase === 'failed') return [texts.unreadable, ''];
  return [texts.empty, texts.emptyHint];
}

/**
 * @param {object} actions
 * @param {(key: number) => void} actions.retry
 */
export function createView({ retry }) {
  const log = byId('log', HTMLElement);
  const rows = byId('rows', HTMLOListElement);
  const blank = byId('blank', HTMLElement);
  const place = createPlace(log, rows);
  /** @type {Map<number, RowView>} */
  let views = new Map();
  let today = new Date();
  let reader = '';

  /** @param {State} state */
  function update(state) {
    /** @type {Map<number, RowView>} */
    const next = new Map();
    const renamed = state.nickname !== reader;
    reader = state.nickname;
    for (const row of state.log.rows) {
      const own = isOwn(state, row);
      const view = views.get(row.key) ?? createRowView(row, own, state.nickname, retry);
      if (view.row !== row || renamed) view.update(row, own, state.nickname);
      next.set(row.key, view);
    }
    views = next;
    arrange(
      rows,
      Array.from(next.values(), ({ element }) => element),
    );
  }

  function updateTimes() {
    for (const view of views.values()) view.updateTime();
  }

  /** At midnight yesterday's times get their date. */
  function updateDay() {
    const now = new Date();
    if (isSameDay(now, today)) return;
    today = now;
    updateTimes();
  }

  return {
    toBottom: place.toBottom,
    updateTimes,
    /** @param {State} state */
    render(state) {
      const [title, hint] = blankTexts(state);
      blank.hidden = state.log.rows.length > 0;
      blank.dataset.phase = state.history.phase;
      say(byId('blank-title', HTMLElement), title);
      say(byId('blank-hint', HTMLElement), hint);
      place.keep(() => update(state));
      updateDay();
    },
  };
}
