// Says new messages to screen readers, if that is wished. The log itself is silent, since it also
// changes as pages of the history come and go.

import { byId, make } from './dom.js';
import { preferences } from './preferences.js';

/** More than these nobody listens to. */
const KEPT = 5;

/** @param {{nickname: string, text: string}} message */
export function announce({ nickname, text }) {
  if (preferences().announce === 'off') return;
  const box = byId('announcer', HTMLElement);
  box.append(make('p', '', `${nickname}: ${text}`));
  while (box.childElementCount > KEPT) box.firstElementChild?.remove();
}
