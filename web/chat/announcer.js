// Says new messages to screen readers, if that is wished. The log itself is silent, since it also
// changes as pages of the history come and go.

import { byId, make } from './dom.js';
import { preferences } from './preferences.js';

/** More than these nobody listens to. */
const KEPT = 5;
/** First it is shown, in a frame that has nothing else to lay out. */
const AFTER_MS = 100;

/** @param {{nickname: string, text: string}} message */
export function announce({ nickname, text }) {
  if (preferences().announce !== 'off') announceNow(`${nickname}: ${text}`);
}

/** What was asked for is said, whatever is wished of messages. @param {string} text */
export function announceNow(text) {
  const box = byId('announcer', HTMLElement);
  setTimeout(() => {
    box.append(make('p', '', text));
    while (box.childElementCount > KEPT) box.firstElementChild?.remove();
  }, AFTER_MS);
}
