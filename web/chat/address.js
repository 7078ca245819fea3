// The address of the page: `#room`, or `#room/ID` for a message in it.

import { isRoom } from './payload.js';
import { site } from './site.js';

/** Where one is whom no address leads anywhere. */
const firstRoom = () => site().room || 'messages';

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * What the address names. A name that no room can have is `nowhere`, and the room then that one which
 * is open already.
 * @param {string} hash
 * @param {string} [open]
 */
export function parseAddress(hash, open = firstRoom()) {
  const [typed, id = ''] = decoded(hash.slice(1)).split('/');
  const name = typed.trim();
  const room = name.toLowerCase() || firstRoom();
  if (!isRoom(room)) return { room: open, message: 0, nowhere: name };
  // What is no id of a message is one that there is not.
  const message = /^\d{1,15}$/.test(id) ? Number(id) : id && Number.MAX_SAFE_INTEGER;
  return { room, message: message || 0, nowhere: '' };
}

/** Goes to an address, also when it is the one at which the page is. @param {string} hash */
export function visit(hash) {
  if (location.hash === hash) dispatchEvent(new Event('hashchange'));
  else location.hash = hash;
}

/**
 * The reader has left the message of the address: a reload does not lead back to it.
 * @param {string} [message] only if it is this one
 */
export function leaveMessage(message) {
  const [room, id] = location.hash.split('/');
  if (id && id === (message ?? id)) history.replaceState(history.state, '', room);
}

/** A link to the address at which the page is leads there again. */
export function followLinks() {
  document.addEventListener('click', (event) => {
    const { target, ctrlKey, metaKey, shiftKey, altKey, defaultPrevented } = event;
    if (defaultPrevented || ctrlKey || metaKey || shiftKey || altKey) return;
    const link = target instanceof Element ? target.closest('a[href^="#"]') : null;
    if (!(link instanceof HTMLAnchorElement) || link.hash !== location.hash) return;
    event.preventDefault();
    visit(link.hash);
  });
}
