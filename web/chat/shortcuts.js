// Keyboard shortcuts. None is a plain letter while one writes, and none takes a key combination that
// browsers or screen readers use.

import { preferences } from './preferences.js';

/** @param {EventTarget | null} target */
function takesText(target) {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.matches('textarea, select, input:not([type=radio], [type=checkbox])')
  );
}

/**
 * What a key writes where letters are Latin. A layout that has Latin letters is believed, since Dvorak's
 * K is elsewhere than Qwerty's; on one that has others, the place of the key counts.
 * @param {Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey'>} event
 */
export function latinKey({ key, code, shiftKey }) {
  if (!/^\P{ASCII}$/u.test(key)) return key.length === 1 && !shiftKey ? key.toLowerCase() : key;
  if (code === 'Slash') return shiftKey ? '?' : '/';
  if (code === 'Comma') return ',';
  return /^Key([A-Z])$/.exec(code)?.[1].toLowerCase() ?? key;
}

/**
 * The shortcut that a key is, if it is one: 'w' outside of fields, 'Alt+ArrowUp' anywhere.
 * @param {KeyboardEvent} event
 */
function nameOf(event) {
  const { key, altKey, ctrlKey, metaKey, target } = event;
  if (event.isComposing || event.defaultPrevented) return '';
  if (altKey && !ctrlKey && !metaKey) return `Alt+${key}`;
  if ((ctrlKey || metaKey) && !altKey) return `Ctrl+${latinKey(event)}`;
  return takesText(target) || preferences().keys === 'off' ? '' : latinKey(event);
}

/**
 * @param {object} actions
 * @param {() => void} actions.write
 * @param {() => void} actions.search
 * @param {() => void} actions.settings
 * @param {() => void} actions.help
 * @param {() => void} actions.toNewest
 * @param {(step: 1 | -1) => void} actions.stepRoom
 */
export function startShortcuts({ write, search, settings, help, toNewest, stepRoom }) {
  /** @type {Map<string, () => void>} */
  const actions = new Map([
    ['w', write],
    ['/', search],
    ['Ctrl+k', search],
    [',', settings],
    ['?', help],
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
}
