// Reads new messages out, as they come and only if that is set. The log itself is silent: what is
// loaded of the history, and what changes in a row, is not news.

import { byId, make } from './dom.js';
import { preferences } from './preferences.js';

/** Long enough to be noticed, short enough not to be found by browsing. */
const KEPT_MS = 10_000;
const WAITING_MAX = 10;

export function createAnnouncer() {
  const region = byId('announcer', HTMLElement);
  return {
    /** @param {{nickname: string, text: string}} message */
    announce({ nickname, text }) {
      if (preferences().announce === 'off' || region.children.length >= WAITING_MAX) return;
      const line = make('p', '', `${nickname}: ${text}`);
      region.append(line);
      setTimeout(() => line.remove(), KEPT_MS);
    },
  };
}
