// The header's line on the connection, and the notices on what does not work.

import { byId, setText } from './dom.js';
import { areTextsKept } from './persistence.js';
import { canStore } from './storage.js';
import { currentRoom } from './store.js';
import { texts } from './texts.js';

/** @typedef {import('./store.js').State} State */

/** A reconnection that succeeds at once is not worth a notice that pushes the messages down. */
const NOTICE_AFTER_MS = 1500;

/** @param {number} at */
function retryText(at) {
  const seconds = Math.ceil((at - Date.now()) / 1000);
  return seconds > 0 ? texts.retryIn(seconds) : '';
}

/** @param {import('./store.js').ConnectionState} connection @param {string} kept what becomes of what is written */
function offlineText({ cause, line }, kept) {
  const reasons = {
    full: texts.full,
    script: `${texts.noScript} ${kept}`,
    socket: `${texts.noSocket} ${kept}`,
    token: `${line} ${kept}`,
    signIn: `${line} ${kept}`,
    '': `${texts.offline}. ${kept}`,
  };
  return reasons[cause];
}

/** @param {import('./store.js').History} history @param {import('./store.js').ConnectionState} connection */
function historyText(history, connection) {
  const reason = texts.historyFailed(history.reason);
  return connection.phase === 'online' ? `${reason} ${texts.liveOn}` : reason;
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
  let storing = true;
  let timer = /** @type {ReturnType<typeof setInterval> | 0} */ (0);

  part('history-now').textContent = texts.retryNow;
  part('connection-now').addEventListener('click', () => {
    if (shown?.connection.cause === 'signIn') location.reload();
    reconnect();
    if (shown && currentRoom(shown).history.phase === 'failed') readAgain();
  });
  part('history-now').addEventListener('click', readAgain);

  /** @param {State} state */
  function render(state) {
    shown = state;
    const { connection } = state;
    const { history } = currentRoom(state);
    const offline = connection.phase === 'offline';
    const failed = history.phase === 'failed';
    const partly = offline && !failed && !['', 'full'].includes(connection.cause);
    const down = offline || (connection.phase === 'connecting' && downSince > 0);
    if (down && downSince === 0) storing = canStore();
    downSince = down ? downSince || Date.now() : 0;
    part('connection').dataset.phase = connection.phase;
    setText(part('status'), texts[partly ? 'partly' : connection.phase]);
    const told = down && Date.now() - downSince >= NOTICE_AFTER_MS;
    part('connection-notice').hidden = !told;
    const kept = storing && areTextsKept() ? texts.offlineNotice : texts.offlineNotKept;
    setText(part('connection-reason'), offlineText(connection, kept));
    setText(part('connection-now'), texts[connection.cause === 'signIn' ? 'reload' : 'retryNow']);
    setText(part('connection-retry'), offline ? retryText(connection.retryAt) : texts.connecting);
    // One bar: without a connection the history is likely to fail for the same reason.
    part('history-notice').hidden = !failed || told;
    setText(part('history-reason'), failed ? historyText(history, connection) : '');
    setText(part('history-retry'), failed ? retryText(history.retryAt) : '');
    countDown(down || failed);
  }

  /** Counts down, for as long as something is wrong. @param {boolean} wrong */
  function countDown(wrong) {
    if (wrong) timer ||= setInterval(() => shown && render(shown), 500);
    if (wrong) return;
    clearInterval(timer);
    timer = 0;
  }

  return { render };
}
