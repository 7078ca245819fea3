// Holds the place of the reader in the log: at its end, or at a point of a message, so and so far below the
// top. Scrolling alone chooses another one; whatever changes the layout, it is brought back.

/** Fractions of a pixel and a line of slack still count as "at the end". */
const NEAR_PX = 24;
/** So little of a row is not read. */
const SLIVER_PX = 8;
/** Pages of history are asked for when their edge is this many screens away. */
const AHEAD = 1.5;

/**
 * A point in a row, as a part of the height of its text, and how far below the top of the log it is.
 * @typedef {{row: HTMLElement, id: number, part: number, offset: number}} Point
 */

/** @typedef {ReturnType<typeof createPlace>} Place */

/** Its text: a name above it may come and go. @param {HTMLElement} row */
const textOf = (row) =>
  /** @type {HTMLElement} */ (row.querySelector('.text')).getBoundingClientRect();

/**
 * @param {HTMLElement} log
 * @param {HTMLElement} rows
 * @param {object} actions
 * @param {(held: boolean) => void} actions.onHeld the reader has left the end, or come back to it
 * @param {(step: -1 | 1) => void} actions.onNear the first or the last row is near
 */
export function createPlace(log, rows, { onHeld, onNear }) {
  const all = /** @type {HTMLCollectionOf<HTMLElement>} */ (rows.getElementsByClassName('row'));
  let atEnd = true;
  /** @type {Point | null} */
  let point = null;
  /** The layout for which `top` is the place of the reader. */
  let layout = '';
  let top = 0;

  const edge = () => log.getBoundingClientRect().top;
  const measure = () => `${log.clientWidth} ${log.clientHeight} ${log.scrollHeight}`;

  /** How much there is below what can be seen. */
  const below = () => log.scrollHeight - log.scrollTop - log.clientHeight;

  function checkEdges() {
    if (log.scrollTop < AHEAD * log.clientHeight) onNear(-1);
    if (below() < AHEAD * log.clientHeight) onNear(1);
  }

  function settle() {
    layout = measure();
    top = log.scrollTop;
    const now = below() <= NEAR_PX;
    if (now === atEnd) return;
    atEnd = now;
    onHeld(!atEnd);
  }

  /** The first row of which something can be read below the top. */
  function topmost() {
    const y = edge() + SLIVER_PX;
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (all[middle].getBoundingClientRect().bottom > y) high = middle;
      else low = middle + 1;
    }
    return all.item(low);
  }

  function choose() {
    const row = topmost();
    settle();
    if (!row) return;
    const text = textOf(row);
    const hidden = Math.min(Math.max(edge() - text.top, 0), text.height);
    const offset = text.top + hidden - edge();
    point = { row, id: Number(row.dataset.id), part: hidden / (text.height || 1), offset };
  }

  /** The row of a message, or of the next one that is there. @param {number} id */
  function rowAt(id) {
    const stored = /** @type {HTMLElement[]} */ (Array.from(rows.querySelectorAll('[data-id]')));
    return stored.find((row) => Number(row.dataset.id) >= id) ?? stored.at(-1);
  }

  function restore() {
    if (atEnd) log.scrollTop = log.scrollHeight;
    else if (point) {
      if (!point.row.isConnected) point.row = rowAt(point.id) ?? point.row;
      const text = textOf(point.row);
      if (point.row.isConnected)
        log.scrollTop += text.top + point.part * text.height - edge() - point.offset;
    }
    settle();
  }

  /** A changed layout moves what is scrolled by itself: that is nobody's choice. */
  function follow() {
    if (measure() !== layout) restore();
    else if (log.scrollTop !== top) choose();
  }

  log.addEventListener('scroll', () => {
    follow();
    checkEdges();
  });
  const observer = new ResizeObserver(() => {
    restore();
    checkEdges();
  });
  for (const element of [log, rows]) observer.observe(element);

  return {
    rowAt,
    checkEdges,
    atEnd: () => atEnd,
    toEnd() {
      log.scrollTop = log.scrollHeight;
      choose();
    },

    /** Brings an element to `offset` pixels below the top. @param {Element} element @param {number} offset */
    to(element, offset) {
      log.scrollTop += element.getBoundingClientRect().top - edge() - offset;
      choose();
    },

    /** Whether some of an element is on the screen. @param {Element} element */
    sees(element) {
      const { top: from, bottom } = element.getBoundingClientRect();
      const edges = log.getBoundingClientRect();
      return bottom > edges.top && from < edges.bottom;
    },

    /** The message at the top. */
    where() {
      const row = topmost();
      const id = Number(row?.dataset.id);
      return row && id ? { id, offset: row.getBoundingClientRect().top - edge() } : null;
    },

    /** Of another room. */
    forget() {
      point = null;
    },

    /** Rows come and go. @param {() => void} change */
    anchored(change) {
      if (measure() === layout && log.scrollTop !== top) choose();
      change();
      restore();
    },

    /** What is held stays where it is on the screen. @param {Element | Range} held @param {() => void} change */
    holding(held, change) {
      const before = held.getBoundingClientRect().top;
      change();
      log.scrollTop += held.getBoundingClientRect().top - before;
      choose();
    },
  };
}
