// What the page's dialogs have in common. The browser keeps the focus inside one, closes it on Escape
// and gives the focus back; a click beside it closes it too.

import { byId, make } from './dom.js';
import { texts } from './texts.js';

/**
 * @param {string} id of a <dialog> in index.html
 * @param {string} title
 * @param {...Node} children
 */
export function createDialog(id, title, ...children) {
  const dialog = byId(id, HTMLDialogElement);
  const close = make('button', 'close', '×');
  const heading = make('h2', '', title);
  close.type = 'button';
  close.ariaLabel = texts.close;
  close.addEventListener('click', () => dialog.close());
  heading.id = `${id}-title`;
  dialog.setAttribute('aria-labelledby', heading.id);
  dialog.replaceChildren(make('div', 'dialog-head', heading, close), ...children);
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close();
  });
  return {
    open() {
      if (!dialog.open) dialog.showModal();
    },
  };
}
