// A long text is shown in part, until somebody wants all of it.

import { make, setText } from './dom.js';
import { texts } from './texts.js';

/** More lines are long; they are counted, as measuring would cost each row its time. */
const LINES = 40;
/** Characters that are a line. */
const LINE = 70;

/** @param {string} text */
export function isLong(text) {
  const lines = text.split('\n');
  return lines.reduce((sum, { length }) => sum + 1 + Math.floor(length / LINE), 0) > LINES;
}

/** @param {Element} row @param {boolean} cut */
export function fold(row, cut) {
  const button = row.querySelector('.unfold');
  if (!(button instanceof HTMLElement)) return;
  row.querySelector('.text')?.classList.toggle('cut', cut);
  setText(button, cut ? texts.showMore : texts.showLess);
  button.ariaExpanded = String(!cut);
}

/** For a text that the row did not have before. @param {Element} row @param {string} text */
export function prepareFold(row, text) {
  fold(row, false);
  row.querySelector('.unfold')?.remove();
  if (!isLong(text)) return;
  const button = make('button', 'unfold');
  button.type = 'button';
  row.append(button);
  fold(row, true);
}

/**
 * @param {HTMLElement} rows
 * @param {import('./place.js').Place} place
 */
export function listenToFolds(rows, { holding }) {
  rows.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('.unfold') : null;
    const row = button?.closest('.row');
    if (!button || !row) return;
    const cut = button.ariaExpanded === 'true';
    holding(cut ? button : row, () => fold(row, cut));
  });
  // The browser's own search and the Tab key scroll to what is cut off: then it is wanted.
  rows.addEventListener(
    'scroll',
    ({ target }) => {
      if (!(target instanceof Element) || !target.matches('.cut')) return;
      const all = document.createRange();
      all.selectNodeContents(target);
      const row = /** @type {Element} */ (target.closest('.row'));
      if (target.scrollTop > 0) holding(all, () => fold(row, false));
    },
    true,
  );
}
