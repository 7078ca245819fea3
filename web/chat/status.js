// The header's line on the connection, and the notices on what does not work.

import { byId, say } from './dom.js';
import { roomOf } from './store.js';
import { texts } from './texts.js';

/** @typedef {import('./store.js').State} State */

/** A reconnection that succeeds at once is not worth a notice that pushes the messages down. */
const NOTICE_AFTER_MS = 1500;

/** @param {number} at */
function retryText(at) {
  const seconds = Math.ceil((at - Date.now()) / 1000);
  return seconds > 0 ? texts.retryIn(seconds) : '';
}

/** @param {import('./store.js').History} history @param {import('./store.js').Link} link */
function historyText(history, link) {
  const reason = texts.historyFailed(history.reason);
  return link.phase === 'online' ? `${reason} ${texts.liveOn}` : reason;
}

/**
 * @param {object} actions
 * @param {() => void} actions.reconnect
 * @param {() => void} actions.readAgain
 */
export function createStatus({ reconnect, readAgain }) {
  const part = (/** @type {string} */ id) => byId(id, HTMLElement);
  /** @type {State | null} */
  let shown = null;
  let downSince = 0;

  for (const [id, action] of /** @type {const} */ ([
    ['link-now', reconnect],
    ['history-now', readAgain],
  ])) {
    part(id).textContent = texts.retryNow;
    part(id).addEventListener('click', action);
  }

  /** @param {State} state */
  function render(state) {
    shown = state;
    const { link } = state;
    const { history } = roomOf(state);
    const down = link.phase === 'offline' || (link.phase === 'connecting' && downSince > 0);
    downSince = down ? downSince || Date.now() : 0;
    part('link').dataset.phase = link.phase;
    say(part('status'), texts[link.phase]);
    part('link-notice').hidden = !down || Date.now() - downSince < NOTICE_AFTER_MS;
    say(part('link-reason'), texts.offlineNotice);
    say(part('link-retry'), link.phase === 'offline' ? retryText(link.retryAt) : texts.connecting);
    part('history-notice').hidden = history.phase !== 'failed';
    say(part('history-reason'), history.phase === 'failed' ? historyText(history, link) : '');
    say(part('history-retry'), history.phase === 'failed' ? retryText(history.retryAt) : '');
  }

  // Counts down while something is wrong.
  setInterval(() => {
    if (shown && (downSince > 0 || roomOf(shown).history.phase === 'failed')) render(shown);
  }, 500);

  return { render };
}
