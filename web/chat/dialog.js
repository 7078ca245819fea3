// What the page's dialogs have in common. The browser keeps the focus inside one, closes it on Escape
// and gives the focus back; a click beside it closes it too.

import { make } from './dom.js';
import { texts } from './texts.js';

/**
 * @param {string} id
 * @param {string} title
 * @param {...Node} children
 */
export function createDialog(id, title, ...children) {
  const heading = make('h2', '', title);
  const close = make('button', 'close', '×');
  const box = make('div', 'dialog-box', make('div', 'panel-head', heading, close), ...children);
  const dialog = make('dialog', 'dialog', box);
  dialog.id = id;
  heading.id = `${id}-title`;
  dialog.setAttribute('aria-labelledby', heading.id);
  close.type = 'button';
  close.ariaLabel = texts.close;
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return {
    open() {
      if (!dialog.open) dialog.showModal();
    },
  };
}
