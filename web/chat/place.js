// Holds the place of the reader in the log while its rows change: at its end, or on the topmost message.

/** Fractions of a pixel and a line of slack still count as "at the end". */
const NEAR_PX = 24;
/** Pages of history are asked for when their edge is this many screens away. */
const AHEAD = 1.5;

/**
 * @param {HTMLElement} log
 * @param {HTMLElement} rows
 * @param {object} actions
 * @param {(held: boolean) => void} actions.onHeld the reader has left the end, or come back to it
 * @param {(step: -1 | 1) => void} actions.onNear the first or the last row is near
 */
export function createPlace(log, rows, { onHeld, onNear }) {
  let atEnd = true;

  function toEnd() {
    log.scrollTop = log.scrollHeight;
  }

  /** How much there is below what can be seen. */
  const below = () => log.scrollHeight - log.scrollTop - log.clientHeight;

  function checkEnd() {
    const now = below() <= NEAR_PX;
    if (now === atEnd) return;
    atEnd = now;
    onHeld(!atEnd);
  }

  function checkEdges() {
    if (log.scrollTop < AHEAD * log.clientHeight) onNear(-1);
    if (below() < AHEAD * log.clientHeight) onNear(1);
  }

  log.addEventListener('scroll', () => {
    checkEnd();
    checkEdges();
  });
  // The window, the keyboard of a phone, a growing composer, a notice.
  new ResizeObserver(() => atEnd && toEnd()).observe(log);

  /** @returns {HTMLElement | undefined} */
  function topmost() {
    const edge = log.getBoundingClientRect().top;
    const all = /** @type {Iterable<HTMLElement>} */ (rows.getElementsByClassName('row'));
    for (const row of all) if (row.getBoundingClientRect().bottom > edge) return row;
    return undefined;
  }

  /** Its text: a name above it may come and go. @param {HTMLElement | undefined} row */
  const anchorOf = (row) => row?.querySelector('.text');

  /** @param {Element} element */
  const offsetOf = (element) =>
    element.getBoundingClientRect().top - log.getBoundingClientRect().top;

  return {
    checkEdges,
    atEnd: () => atEnd,
    toEnd() {
      toEnd();
      checkEnd();
    },

    /** Brings an element to `offset` pixels below the top. @param {Element} element @param {number} offset */
    to(element, offset) {
      log.scrollTop += offsetOf(element) - offset;
      checkEnd();
    },

    /** Whether some of an element is on the screen. @param {Element} element */
    sees(element) {
      const { top, bottom } = element.getBoundingClientRect();
      const edges = log.getBoundingClientRect();
      return bottom > edges.top && top < edges.bottom;
    },

    /** The message at the top. */
    where() {
      const row = topmost();
      const id = Number(row?.dataset.id);
      return row && id ? { id, offset: offsetOf(row) } : null;
    },

    /** @param {() => void} change */
    anchored(change) {
      const anchor = atEnd ? undefined : anchorOf(topmost());
      const before = anchor?.getBoundingClientRect().top ?? 0;
      change();
      if (atEnd) toEnd();
      else if (anchor?.isConnected) log.scrollTop += anchor.getBoundingClientRect().top - before;
    },
  };
}
