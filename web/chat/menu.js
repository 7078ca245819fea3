// The menu of a message: one element, for whichever message its button was pressed.

import { announceNow } from './announcer.js';
import { make } from './dom.js';
import { isIgnored } from './ignored.js';
import { ignore } from './ignoring.js';
import { notice } from './notice.js';
import { texts } from './texts.js';

/** @typedef {import('./log.js').Row} Row */
/** @typedef {{row: Row, room: string, own: boolean}} Subject the message that the menu is for */
/**
 * @typedef {object} Action
 * @property {(subject: Subject) => string} text
 * @property {(subject: Subject) => boolean} [isFor] whether it is offered
 * @property {(subject: Subject) => unknown} run
 */

/** Over http a browser has no clipboard for scripts, but what is selected can be copied. @param {string} text */
function copyBySelection(text) {
  const field = make('textarea', 'visually-hidden');
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  return done;
}

/** @param {string} text */
async function copy(text) {
  const copied = await navigator.clipboard
    ?.writeText(text)
    .then(() => true)
    .catch(() => false);
  const done = copied || copyBySelection(text);
  if (done) announceNow(texts.copied);
  notice(done ? '' : texts.notCopied);
}

/** @param {Subject} subject */
const linkOf = ({ row, room }) => `${location.href.split('#')[0]}#${room}/${row.id}`;

/** @type {Action[]} in the order in which they are shown */
const ACTIONS = [
  { text: () => texts.copyText, run: ({ row }) => copy(row.text) },
  {
    text: () => texts.copyLink,
    isFor: ({ row }) => row.id !== null,
    run: (subject) => copy(linkOf(subject)),
  },
  {
    text: ({ row }) => texts.ignore(row.nickname),
    isFor: ({ row, own }) => !own && !isIgnored(row),
    run({ row }) {
      const kept = ignore(row);
      notice(kept ? texts.ignoring(row.nickname) : texts.settingsNotKept);
    },
  },
];

/** Below the button, or above it where there is no space. @param {HTMLElement} menu @param {Element} button */
function place(menu, button) {
  const { top, bottom, left, right } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const start = getComputedStyle(button).direction === 'rtl' ? left : right - width;
  const x = Math.max(8, Math.min(start, innerWidth - width - 8));
  const below = bottom + height + 8 <= innerHeight;
  menu.style.left = `${x}px`;
  menu.style.top = `${below ? bottom : Math.max(8, top - height)}px`;
}

/** The arrow keys, Home and End lead from one to the other. @param {HTMLElement} menu */
function walkByKeys(menu) {
  menu.addEventListener('keydown', (event) => {
    const items = /** @type {HTMLElement[]} */ ([...menu.children]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const { length } = items;
    const next = { ArrowDown: (at + 1) % length, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === 'Tab') menu.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    items.at(next)?.focus();
  });
}

export function createMenu() {
  const menu = make('div', 'row-menu');
  let button = /** @type {HTMLElement | null} */ (null);
  Object.assign(menu, { popover: 'auto', ariaLabel: texts.more });
  menu.setAttribute('role', 'menu');
  document.querySelector('main')?.append(menu); // a part of the page that screen readers name
  walkByKeys(menu);

  menu.addEventListener('toggle', ({ newState }) => {
    if (newState === 'closed') button?.setAttribute('aria-expanded', 'false');
  });
  // It stands beside a button that would move away below it.
  addEventListener('scroll', () => menu.hidePopover(), { capture: true, passive: true });

  /** @param {Action} action @param {Subject} subject */
  function makeItem(action, subject) {
    const item = make('button', '', action.text(subject));
    item.type = 'button';
    item.tabIndex = -1;
    item.setAttribute('role', 'menuitem');
    item.addEventListener('click', () => {
      menu.hidePopover();
      button?.focus({ preventScroll: true });
      action.run(subject);
    });
    return item;
  }

  return {
    /** @param {HTMLElement} from the button of the message @param {Subject} subject */
    open(from, subject) {
      button = from;
      const offered = ACTIONS.filter(({ isFor }) => isFor?.(subject) ?? true);
      menu.replaceChildren(...offered.map((action) => makeItem(action, subject)));
      menu.showPopover();
      from.setAttribute('aria-expanded', 'true');
      place(menu, from);
      /** @type {HTMLElement} */ (menu.firstElementChild).focus({ preventScroll: true });
    },
  };
}
