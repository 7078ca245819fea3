// What stands beside the messages: on a wide screen a column that can be put away, on a narrow one a
// drawer.

import { byId } from './dom.js';
import { readItem, writeItem } from './storage.js';

const SIDE_KEY = 'chat.side';
const narrow = matchMedia('(max-width: 47.99rem)');

export function createSidebar() {
  const side = byId('side', HTMLElement);
  const pane = byId('pane', HTMLElement);
  const menu = byId('menu', HTMLButtonElement);
  let open = false;
  /** Where the list is entered. @returns {HTMLElement | null} */
  const stop = () => side.querySelector('a[tabindex="0"]');

  /** @param {boolean} next */
  function show(next) {
    open = next;
    document.body.dataset.side = open ? 'open' : 'closed';
    menu.ariaExpanded = String(open);
    pane.inert = open && narrow.matches;
  }

  function hide() {
    if (!open || !narrow.matches) return;
    show(false);
    menu.focus();
  }

  const showForWidth = () => show(!narrow.matches && readItem(SIDE_KEY) !== 'closed');

  menu.addEventListener('click', () => {
    show(!open);
    if (!narrow.matches) writeItem(SIDE_KEY, open ? 'open' : 'closed');
    else if (open) (stop() ?? byId('room-name', HTMLInputElement)).focus();
  });
  side.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('a')) hide();
  });
  side.addEventListener('keydown', ({ key }) => key === 'Escape' && hide());
  byId('close-side', HTMLButtonElement).addEventListener('click', hide);
  document.addEventListener('click', ({ target }) => {
    if (target === document.body) hide();
  });
  narrow.addEventListener('change', showForWidth);
  showForWidth();
  return { hide };
}
