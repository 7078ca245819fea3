// Says new messages to screen readers, if that is wished. The log itself is silent, since it also
// changes as pages of the history come and go.

import { byId, make } from './dom.js';
import { preferences } from './preferences.js';

/** It was said by then; who reads on finds it in the log, and not again here. */
const SAID_MS = 5000;
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
    const said = make('p', '', text);
    box.append(said);
    setTimeout(() => said.remove(), SAID_MS);
  }, AFTER_MS);
}
