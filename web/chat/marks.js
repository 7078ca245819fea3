// Who has signed in, and who is a guest: it follows from the first character of a sender's id, which the
// broker's guard vouches for. The mark is no character, so that no nickname can look like it.

import { make } from './dom.js';
import { texts } from './texts.js';

/** '' where nobody vouches for it. @param {string | null} clientId */
export function kindOf(clientId) {
  if (clientId?.startsWith('@')) return 'verified';
  return clientId?.startsWith('~') ? 'guest' : '';
}

/** @param {'verified' | 'guest'} kind */
function makeMark(kind) {
  const mark = make('span', `who ${kind}`);
  mark.setAttribute('role', 'img');
  mark.ariaLabel = texts[kind];
  mark.title = texts[kind];
  return mark;
}

/**
 * Writes a name, and its mark behind it; what is there already stays.
 * @param {HTMLElement} element
 * @param {string} name
 * @param {string | null} clientId
 */
export function showName(element, name, clientId) {
  const kind = kindOf(clientId);
  const shown = element.lastElementChild?.classList.item(1) ?? '';
  if (element.textContent === name && shown === kind) return;
  element.replaceChildren(name, ...(kind ? [makeMark(kind)] : []));
}
