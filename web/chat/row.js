// One message on the screen.

import { make, say } from './dom.js';
import { isLate } from './log.js';
import { isOnlyEmoji, renderText } from './rich.js';
import { texts } from './texts.js';
import { dayText, fullText, hourText, isSameDay } from './times.js';

/** @typedef {import('./log.js').Row} Row */

/**
 * @typedef {object} RowView
 * @property {HTMLLIElement} element
 * @property {Row} row
 * @property {(row: Row, own: boolean, reader: string) => void} update
 * @property {() => void} updateTime
 */

/**
 * @param {HTMLTimeElement} element
 * @param {Date} time
 */
function showTime(element, time) {
  const day = isSameDay(time, new Date()) ? [] : [make('span', 'day', dayText(time)), ' '];
  element.replaceChildren(...day, make('span', 'hour', hourText(time)));
  element.dateTime = time.toISOString();
  element.title = fullText(time);
}

/** Characters of a message by which its button is named. */
const EXCERPT_MAX = 60;

/** @param {string} text */
function excerpt(text) {
  const characters = Array.from(text);
  if (characters.length <= EXCERPT_MAX) return text;
  return `${characters.slice(0, EXCERPT_MAX).join('')}…`;
}

/**
 * @param {Row} row
 * @param {() => void} retry
 */
function makeRetry(row, retry) {
  const button = make('button', 'retry', texts.retry);
  button.type = 'button';
  button.ariaLabel = texts.retryMessage(excerpt(row.text));
  button.addEventListener('click', retry);
  button.addEventListener('keydown', (event) => {
    if (event.repeat && event.key === 'Enter') event.preventDefault();
  });
  return button;
}

/**
 * That a message is late, and its button, which stays the same while it is.
 * @param {HTMLElement} element
 * @param {Row} row
 * @param {() => void} retry
 */
function showLate(element, row, retry) {
  if (!element.querySelector('.retry')) {
    const tries = make('span', 'tries');
    // The log is read out as it changes; this would be every minute, for each message.
    tries.ariaLive = 'off';
    const late = make('span', 'late', texts.late);
    element.replaceChildren(late, ' ', tries, ' ', makeRetry(row, retry));
  }
  const tries = element.querySelector('.tries');
  if (tries) tries.textContent = texts.tries(row.tries);
}

/**
 * What is wrong with a message. A button that goes while it has the focus leaves it to the log.
 * @param {HTMLElement} element
 * @param {Row} row
 * @param {() => void} retry
 */
function showProblem(element, row, retry) {
  if (isLate(row)) {
    showLate(element, row, retry);
    return;
  }
  const focused = element.contains(document.activeElement);
  say(element, row.state === 'failed' ? texts.failed(row.reason) : '');
  const log = focused && element.closest('[role=log]');
  if (log instanceof HTMLElement) log.focus({ preventScroll: true });
}

/**
 * @param {HTMLElement} element
 * @param {Row} row
 * @param {boolean} own
 */
function showState(element, row, own) {
  const stored = own && row.state === 'stored';
  say(element, stored ? '✓' : row.state === 'sending' && !isLate(row) ? texts.sending : '');
  element.title = stored ? texts.stored : '';
  if (stored) element.setAttribute('role', 'img');
  else element.removeAttribute('role');
  element.ariaLabel = stored ? texts.stored : null;
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 * @param {string} reader whose mentions are highlighted
 */
function showText(element, text, reader) {
  element.replaceChildren(renderText(text, reader));
  element.classList.toggle('emoji', isOnlyEmoji(text));
}

/**
 * @param {Row} first
 * @param {boolean} own
 * @param {string} reader the nickname of the one who reads
 * @param {(key: number) => void} retry
 * @returns {RowView}
 */
export function createRowView(first, own, reader, retry) {
  const name = make('bdi', 'name');
  const time = make('time', 'time');
  const state = make('span', 'state');
  const text = make('div', 'text');
  const problem = make('p', 'problem');
  const element = make('li', 'row', name, time, state, text, problem);
  text.dir = 'auto';
  let shown = '';

  const view = {
    element,
    row: first,
    updateTime: () => showTime(time, new Date(view.row.ts ?? view.row.at)),
    /** @type {RowView['update']} */
    update(row, isOwn, reader) {
      view.row = row;
      element.dataset.state = isLate(row) ? 'late' : row.state;
      element.classList.toggle('own', isOwn);
      say(name, row.nickname);
      if (shown !== `${reader}\n${row.text}`) showText(text, row.text, reader);
      shown = `${reader}\n${row.text}`;
      showProblem(problem, row, () => retry(row.key));
      showState(state, row, isOwn);
      view.updateTime();
    },
  };
  view.update(first, own, reader);
  return view;
}
