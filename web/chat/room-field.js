// The field above the rooms: what is typed leaves those that have it in their names, of all that the
// server knows. Enter opens the first, or makes the room where there is none; + opens the very one.

import { visit } from './address.js';
import { byId, setText } from './dom.js';
import { matching, nameOf } from './finder.js';
import { isRoom } from './payload.js';
import { texts } from './texts.js';
import { withKeys } from './translate.js';

/** Nobody reads what is found between two letters. */
const ASK_AFTER_MS = 200;
const SAID_MS = 8000;

/** What Enter and + would do. @param {string} name @param {string | undefined} first */
function hintFor(name, first) {
  const makes = isRoom(name);
  if (name === '') return '';
  if (!first) return makes ? texts.enterMakes(name) : '';
  return first === name || !makes
    ? texts.enterOpens(first)
    : `${texts.enterOpens(first)} ${texts.plusMakes(name)}`;
}

/**
 * @param {object} parts
 * @param {(part: string) => Promise<{room: string}[]>} parts.find asks the server
 * @param {() => void} parts.onOpened
 * @param {() => void} parts.onChange other rooms are to be shown
 * @param {() => void} parts.leave into the list
 */
export function createRoomField({ find, onOpened, onChange, leave }) {
  const field = byId('room-name', HTMLInputElement);
  const plus = byId('make-room', HTMLButtonElement);
  const hint = byId('room-hint', HTMLElement);
  const error = byId('room-error', HTMLElement);
  /** @type {string[]} by the server */
  let found = [];
  let first = /** @type {string | undefined} */ (undefined);
  let hinted = '';
  let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);

  const part = () => nameOf(field.value);

  function showHint() {
    const text = hintFor(part(), first);
    if (text === hinted) return;
    hinted = text;
    hint.replaceChildren(...withKeys(text));
  }

  async function ask() {
    const asked = part();
    const rooms = asked ? await find(asked) : [];
    if (asked !== part()) return;
    found = rooms.map(({ room }) => room);
    onChange();
  }

  function changed() {
    setText(error, '');
    found = [];
    clearTimeout(timer);
    timer = setTimeout(ask, ASK_AFTER_MS);
    onChange();
  }

  /** @param {string} text */
  function write(text) {
    field.value = text;
    changed();
  }

  /** @param {string} name */
  function open(name) {
    if (name === '') field.focus();
    else if (isRoom(name)) {
      write('');
      visit(`#${name}`);
      onOpened();
    } else setText(error, texts.roomName(field.value.trim().replace(/^#/, '')));
  }

  field.placeholder = texts.findRoom;
  field.addEventListener('input', changed);
  field.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter') open(first ?? part());
    else if (event.key === 'ArrowDown') leave();
    else if (event.key === 'Escape' && field.value !== '') {
      event.stopPropagation(); // the drawer stays
      write('');
    } else return;
    event.preventDefault();
  });
  plus.addEventListener('click', () => open(part()));

  return {
    /** Those of these that are looked for, and what the server has found. @param {string[]} names */
    choose(names) {
      const name = part();
      const all = name ? matching([...names, ...found], name) : names;
      first = name ? all[0] : undefined;
      showHint();
      return all;
    },

    /** @param {string} text for a while */
    say(text) {
      setText(hint, text);
      setTimeout(() => hint.replaceChildren(...withKeys(hinted)), SAID_MS);
    },
  };
}
