// One message on the screen.

import { make, say } from './dom.js';
import { texts } from './texts.js';
import { dayText, fullText, hourText, isSameDay } from './times.js';

/** @typedef {import('./log.js').Row} Row */

/**
 * @typedef {object} RowView
 * @property {HTMLLIElement} element
 * @property {Row} row
 * @property {(row: Row, own: boolean) => void} update
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

/**
 * @param {HTMLElement} element
 * @param {Row} row
 * @param {boolean} own
 */
function showState(element, row, own) {
  const stored = own && row.state === 'stored';
  say(element, stored ? '✓' : row.state === 'sending' ? texts.sending : '');
  element.title = stored ? texts.stored : '';
  if (stored) element.setAttribute('role', 'img');
  else element.removeAttribute('role');
  element.ariaLabel = stored ? texts.stored : null;
}

/**
 * @param {Row} first
 * @param {boolean} own
 * @returns {RowView}
 */
export function createRowView(first, own) {
  const name = make('bdi', 'name');
  const time = make('time', 'time');
  const state = make('span', 'state');
  const text = make('p', 'text');
  const problem = make('p', 'problem');
  const element = make('li', 'row', name, time, state, text, problem);
  text.dir = 'auto';

  const view = {
    element,
    row: first,
    updateTime: () => showTime(time, new Date(view.row.ts ?? view.row.at)),
    /** @type {RowView['update']} */
    update(row, isOwn) {
      view.row = row;
      element.dataset.state = row.state;
      element.classList.toggle('own', isOwn);
      say(name, row.nickname);
      say(text, row.text);
      say(problem, row.state === 'failed' ? texts.failed(row.reason) : '');
      showState(state, row, isOwn);
      view.updateTime();
    },
  };
  view.update(first, own);
  return view;
}
