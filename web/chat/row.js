// One message on the screen.

import { make, setText } from './dom.js';
import { prepareFold } from './fold.js';
import { timeOf } from './layout.js';
import { showName } from './marks.js';
import { isLate } from './outbox.js';
import { isOnlyEmoji, renderText } from './rich.js';
import { texts } from './texts.js';
import { fullText, hourText } from './times.js';
import { isVisible, onlyVisible } from './words.js';

/** @typedef {import('./log.js').Row} Row */
/** @typedef {{lead: boolean, head: boolean, own: boolean, waits: boolean, room: string,
 *   nickname: string}} Appearance waits: for the connection, if it is to be sent */
/** @typedef {{retry: (key: number) => void, remove: (msgId: string | null) => void}} Actions */

/**
 * @typedef {object} RowView
 * @property {HTMLLIElement} element
 * @property {Row} row
 * @property {(row: Row, appearance: Appearance) => void} update
 */

/** Characters of a message by which its button is named. */
const EXCERPT_MAX = 60;

/** @param {string} text */
function excerpt(text) {
  const characters = Array.from(text);
  if (characters.length <= EXCERPT_MAX) return text;
  return `${characters.slice(0, EXCERPT_MAX).join('')}…`;
}

/** The same name has the same hue, everywhere. @param {string} name */
export function hueOf(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return (hash % 24) * 15;
}

/**
 * @param {string} text
 * @param {string} label
 * @param {() => void} action
 */
function makeButton(text, label, action) {
  const button = make('button', 'retry', text);
  button.type = 'button';
  button.ariaLabel = label;
  button.addEventListener('click', action);
  button.addEventListener('keydown', (event) => {
    if (event.repeat && event.key === 'Enter') event.preventDefault();
  });
  return button;
}

/** @param {Row} row @param {Actions} actions */
function makeLate(row, { retry }) {
  const tries = make('span', 'tries');
  // It counts every minute, for each message.
  tries.ariaLive = 'off';
  const button = makeButton(texts.retry, texts.retryMessage(excerpt(row.text)), () =>
    retry(row.key),
  );
  return [make('span', 'late', texts.late), ' ', tries, ' ', button];
}

/** @param {Row} row @param {Actions} actions */
function makeFailed(row, { retry, remove }) {
  const name = excerpt(row.text);
  const again = makeButton(texts.retry, texts.retryMessage(name), () => retry(row.key));
  const away = makeButton(texts.remove, texts.removeMessage(name), () => remove(row.msgId));
  return [make('span', 'reason', texts.failed(row.reason)), ' ', again, ' ', away];
}

/**
 * What is wrong with a message, and the buttons for it, which stay the same while it is. A button that
 * goes while it has the focus leaves it to the log.
 * @param {HTMLElement} element
 * @param {Row} row
 * @param {string} state
 * @param {Actions} actions
 */
function showProblem(element, row, state, actions) {
  const kind = state === 'late' || state === 'failed' ? state : '';
  if (element.dataset.kind !== kind) {
    const focused = element.contains(document.activeElement);
    element.dataset.kind = kind;
    const parts = { late: makeLate, failed: makeFailed, '': () => [] }[kind](row, actions);
    element.replaceChildren(...parts);
    const log = focused && element.closest('[role=log]');
    if (log instanceof HTMLElement) log.focus({ preventScroll: true });
  }
  const tries = element.querySelector('.tries');
  if (tries) tries.textContent = texts.tries(row.tries);
}

/**
 * @param {HTMLElement} element
 * @param {string} state
 * @param {Row} row
 * @param {{own: boolean, waits: boolean}} appearance
 */
function showState(element, state, { reason }, { own, waits }) {
  const stored = own && state === 'stored';
  const sending = waits ? texts.waits : reason ? texts.tooFast : texts.sending;
  setText(element, stored ? '✓' : state === 'sending' ? sending : '');
  element.title = stored ? texts.stored : '';
  if (stored) element.setAttribute('role', 'img');
  else element.removeAttribute('role');
}

/**
 * Its time is its address. One link of the log is in the tab order; the arrow keys lead to the others.
 * @param {HTMLAnchorElement} link
 * @param {number | null} id
 * @param {string} room
 */
function showAddress(link, id, room) {
  if (id === null) link.removeAttribute('href');
  else link.href = `#${room}/${id}`;
}

/** @param {HTMLTimeElement} element @param {Date} time */
function showTime(element, time) {
  const iso = time.toISOString();
  if (element.dateTime === iso) return;
  element.dateTime = iso;
  element.title = '';
  setText(element, hourText(time));
}

/** Writes the whole date to the time that the event is about: nobody asks for most of them. @param {Event} event */
export function showFullTime({ target }) {
  const link = target instanceof Element ? target.closest('.when') : null;
  const time = link?.querySelector('time');
  if (!(link instanceof HTMLElement) || !time || time.title !== '') return;
  time.title = fullText(new Date(time.dateTime));
  link.dataset.full = time.title;
}

/**
 * @param {Row} first
 * @param {Appearance} appearance
 * @param {Actions} actions
 * @returns {RowView}
 */
export function createRowView(first, appearance, actions) {
  const name = make('bdi', 'name');
  const time = make('time', 'time');
  const when = make('a', 'when', time);
  const state = make('span', 'state');
  const text = make('div', 'text');
  const problem = make('p', 'problem');
  const more = make('button', 'more', '…');
  const element = make('li', 'row', name, when, more, state, text, problem);
  text.dir = 'auto';
  when.tabIndex = -1;
  Object.assign(more, { type: 'button', tabIndex: -1, value: first.key, ariaLabel: texts.more });
  more.ariaHasPopup = 'menu';
  let shown = '';
  let folded = '';

  /** @type {RowView} */
  const view = {
    element,
    row: first,
    update(row, appearance) {
      const { lead, head, own, waits, room, nickname } = appearance;
      const now = isLate(row) && !waits ? 'late' : row.state;
      view.row = row;
      element.dataset.state = now;
      if (row.id !== null) element.dataset.id = `${row.id}`;
      element.classList.toggle('own', own);
      element.classList.toggle('waits', waits);
      element.classList.toggle('head', head);
      element.classList.toggle('lead', lead);
      const known = isVisible(row.nickname) ? onlyVisible(row.nickname) : texts.unseen;
      showName(name, known, row.clientId);
      name.style.setProperty('--hue', `${hueOf(row.nickname)}`);
      const content = `${nickname}\n${row.text}`;
      if (content !== shown) text.replaceChildren(renderText(row.text, nickname));
      if (row.text !== folded) prepareFold(element, row.text);
      folded = row.text;
      text.classList.toggle('emoji', isOnlyEmoji(row.text));
      shown = content;
      showProblem(problem, row, now, actions);
      showState(state, now, row, appearance);
      showAddress(when, row.id, room);
      showTime(time, timeOf(row));
    },
  };
  view.update(first, appearance);
  return view;
}
