// The panel of the search: a field, what was found, newest first, and a way to older ones. A match
// is a link to its message in the room.

import { byId, make, setText } from './dom.js';
import { createFilterBar } from './filter-bar.js';
import { queryOf } from './filters.js';
import { HistoryError } from './history.js';
import { showName } from './marks.js';
import { hueOf } from './row.js';
import { createSearch } from './search.js';
import { texts } from './texts.js';
import { dayText, fullText, hourText } from './times.js';
import { onlyVisible } from './words.js';

/** @typedef {import('./search.js').Match} Match */
/** @typedef {{q: string, before?: number}} Query */

/** @param {Match} match */
function makeTime({ ts }) {
  const time = new Date(ts);
  const element = make('time', 'match-time', `${dayText(time)} ${hourText(time)}`);
  element.dateTime = ts;
  element.title = fullText(time);
  return element;
}

/** @param {Match} match @param {boolean} own */
function makeMatch(match, own) {
  const name = make('bdi', 'name');
  const room = make('bdi', 'match-room', `#${match.room}`);
  const parts = match.snippet.map(({ text, match: hit }) =>
    hit ? make('mark', '', onlyVisible(text)) : onlyVisible(text),
  );
  const snippet = make('span', 'snippet', ...parts);
  const link = make('a', 'match', name, ' ', room, ' ', makeTime(match), ' ', snippet);
  showName(name, onlyVisible(match.nickname), match.clientId);
  name.style.setProperty('--hue', `${hueOf(match.nickname)}`);
  snippet.dir = 'auto';
  link.href = `#${match.room}/${match.id}`;
  return make('li', own ? 'own' : '', link);
}

/** @param {string} className @param {string} text @param {() => void} action */
function makeButton(className, text, action) {
  const button = make('button', className, text);
  button.type = 'button';
  button.addEventListener('click', action);
  return button;
}

/** @param {ReturnType<typeof createFilterBar>} filters @param {HTMLInputElement} field */
function makeForm({ list, buttons, adder }, field) {
  const here = make('input', '');
  const hint = make('p', 'hint', texts.searchHint);
  const send = make('button', '', texts.search);
  Object.assign(field, { type: 'search', dir: 'auto', enterKeyHint: 'search', maxLength: 500 });
  here.type = 'checkbox';
  hint.id = 'search-hint';
  field.ariaLabel = texts.search;
  field.setAttribute('aria-describedby', hint.id);
  const label = make('label', 'checkbox', here, make('span', '', texts.searchHere));
  const adding = make('div', 'adding', ...buttons, label);
  const form = make('form', '', make('div', 'field', field, send), list, hint, adding, adder);
  form.setAttribute('role', 'search');
  return { form, here };
}

/**
 * Builds the panel in #search.
 * @param {object} parts
 * @param {URL} parts.api
 * @param {() => string} parts.room the one that is open
 * @param {import('./room.js').IsOwn} parts.isOwn
 */
export function createSearchPanel({ api, room, isOwn }) {
  const search = createSearch(api);
  const panel = byId('search', HTMLElement);
  const field = make('input', '');
  const filters = createFilterBar({ onChange: start, focus: () => field.focus() });
  const { form, here } = makeForm(filters, field);
  const status = make('p', 'search-status');
  const list = make('ol', 'matches');
  const more = makeButton('older', texts.olderMatches, readOlder);
  const closing = makeButton('close', '×', close);
  /** @type {HTMLElement | null} */
  let opener = null;
  let asked = 0;
  /** @type {Query} */
  let query = { q: '' };

  /** @param {import('./search.js').Page} page */
  function show({ matches, older }) {
    list.append(...[...matches].reverse().map((match) => makeMatch(match, isOwn(match))));
    if (matches.length > 0) query = { ...query, before: matches[0].id };
    more.hidden = !older;
    const count = list.children.length;
    if (count === 0) setText(status, texts.noMatches);
    else setText(status, older ? texts.matchesMore(count) : texts.matches(count));
  }

  async function readPage() {
    const mine = ++asked;
    setText(status, texts.searching);
    try {
      const page = await search(query);
      if (mine === asked) show(page);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      if (mine === asked) setText(status, texts.searchFailed(error.message));
    }
  }

  /** The button goes when there are no older ones; the focus then goes to the first that came. */
  async function readOlder() {
    const known = list.children.length;
    await readPage();
    if (more.hidden) list.children[known]?.querySelector('a')?.focus();
  }

  /** What was found for another search goes at once. */
  function start() {
    if (filters.has('in')) here.checked = false;
    const words = queryOf(filters.get(), field.value);
    const q = words && here.checked ? `in:${room()} ${words}` : words;
    asked += 1;
    more.hidden = true;
    list.replaceChildren();
    setText(status, '');
    query = { q };
    if (q !== '') readPage();
  }

  /** Operators that are complete become chips. */
  function takeTyped() {
    const words = filters.take(field.value);
    if (words === field.value) return;
    field.value = words && `${words} `;
    start();
  }

  function close() {
    const focused = panel.contains(document.activeElement);
    asked += 1;
    panel.hidden = true;
    if (focused) opener?.focus();
  }

  function open() {
    const { activeElement } = document;
    if (panel.hidden && activeElement instanceof HTMLElement) opener = activeElement;
    panel.hidden = false;
    field.focus();
    field.select();
  }

  closing.ariaLabel = texts.close;
  status.setAttribute('role', 'status');
  more.hidden = true;
  panel.ariaLabel = texts.search;
  panel.replaceChildren(
    make('div', 'panel-head', make('h2', '', texts.search), closing),
    form,
    status,
    list,
    more,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    field.value = filters.take(field.value);
    start();
  });
  field.addEventListener('input', (event) => {
    const composing = event instanceof InputEvent && event.isComposing;
    if (!composing && /\s$/.test(field.value)) takeTyped();
  });
  field.addEventListener('keydown', ({ key }) => {
    if (key === 'Backspace' && field.value === '') filters.dropLast();
  });
  here.addEventListener('change', () => {
    filters.drop('in');
    start();
  });
  // What is in this room only has to be in the one that is open now.
  addEventListener('hashchange', () => {
    if (!panel.hidden && here.checked) start();
  });
  list.addEventListener('click', ({ target }) => {
    // On a phone it covers the messages, and has done its work.
    const covers = panel.offsetWidth > innerWidth / 2;
    if (covers && target instanceof Element && target.closest('a')) close();
  });
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  });
  return { open, close };
}
