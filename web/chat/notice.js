// Says in a line above the messages what could not be done.

import { byId, setText } from './dom.js';

/** @param {string} text '' when there is nothing to say any more */
export function notice(text) {
  byId('note-notice', HTMLElement).hidden = text === '';
  setText(byId('note', HTMLElement), text);
}
