// Keyboard shortcuts, and the list of them under `?`. None is a plain letter while one writes, and
// none takes a key combination that browsers or screen readers use.

import { createDialog } from './dialog.js';
import { make } from './dom.js';
import { preferences } from './preferences.js';
import { texts } from './texts.js';
import { withKeys } from './translate.js';

/** @type {[string, string][]} */
const LIST = [
  ['`Enter`', texts.keySend],
  ['`Shift`+`Enter`', texts.keyLine],
  ['`↑`', texts.keyRecall],
  ['`Alt`+`↑` `Alt`+`↓`', texts.keyRooms],
  ['`w`', texts.keyWrite],
  ['`/` `Ctrl`+`K`', texts.keySearch],
  ['`End`', texts.keyNewest],
  ['`,`', texts.keySettings],
  ['`?`', texts.keyShortcuts],
  ['`Esc`', texts.keyClose],
];

/** @param {EventTarget | null} target */
function takesText(target) {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.matches('textarea, select, input:not([type=radio], [type=checkbox])')
  );
}

/**
 * The shortcut that a key is, if it is one: 'w' outside of fields, 'Alt+ArrowUp' anywhere.
 * @param {KeyboardEvent} event
 */
function nameOf(event) {
  const { key, altKey, ctrlKey, metaKey, target } = event;
  if (event.isComposing || event.defaultPrevented) return '';
  if (altKey && !ctrlKey && !metaKey) return `Alt+${key}`;
  if ((ctrlKey || metaKey) && !altKey) return `Ctrl+${key.toLowerCase()}`;
  return takesText(target) || preferences().keys === 'off' ? '' : key;
}

/**
 * @param {object} actions
 * @param {() => void} actions.write
 * @param {() => void} actions.search
 * @param {() => void} actions.settings
 * @param {() => void} actions.toNewest
 * @param {(step: 1 | -1) => void} actions.stepRoom
 */
export function createShortcuts({ write, search, settings, toNewest, stepRoom }) {
  const rows = LIST.map(([keys, text]) =>
    make('div', '', make('dt', '', ...withKeys(keys)), make('dd', '', text)),
  );
  const dialog = createDialog('shortcuts', texts.shortcuts, make('dl', 'shortcuts', ...rows));
  /** @type {Map<string, () => void>} */
  const actions = new Map([
    ['w', write],
    ['/', search],
    ['Ctrl+k', search],
    [',', settings],
    ['?', dialog.open],
    ['End', toNewest],
    ['Alt+ArrowUp', () => stepRoom(-1)],
    ['Alt+ArrowDown', () => stepRoom(1)],
  ]);

  addEventListener('keydown', (event) => {
    const action = actions.get(nameOf(event));
    if (!action || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    action();
  });
  return { open: dialog.open };
}
