// The panel of the search: a field, what was found, newest first, and a way to older ones. A match
// is a link to its message in the room.

import { byId, make, say } from './dom.js';
import { HistoryError } from './history.js';
import { texts } from './texts.js';
import { dayText, fullText, hourText } from './times.js';

/** @typedef {import('./search.js').Match} Match */

/** @param {Match} match */
function makeTime({ ts }) {
  const time = new Date(ts);
  const element = make('time', '', `${dayText(time)} ${hourText(time)}`);
  element.dateTime = ts;
  element.title = fullText(time);
  return element;
}

/** @param {Match} match */
function makeMatch(match) {
  const name = make('bdi', 'name', match.nickname);
  const room = make('span', 'match-room', `#${match.room}`);
  const parts = match.snippet.map(({ text, match: hit }) => (hit ? make('mark', '', text) : text));
  const text = make('span', 'snippet', ...parts);
  const link = make('a', 'match', name, ' ', room, ' ', makeTime(match), text);
  text.dir = 'auto';
  link.href = `#${match.room}/${match.id}`;
  return make('li', '', link);
}

/**
 * @param {object} parts
 * @param {import('./search.js').Search} parts.search
 * @param {() => string} parts.room the one that is open
 */
export function createSearchPanel({ search, room }) {
  const panel = byId('search', HTMLElement);
  const form = byId('search-form', HTMLFormElement);
  const field = byId('search-text', HTMLInputElement);
  const here = byId('search-here', HTMLInputElement);
  const status = byId('search-status', HTMLElement);
  const list = byId('search-matches', HTMLOListElement);
  const more = byId('search-older', HTMLButtonElement);
  /** @type {HTMLElement | null} */
  let opener = null;
  let asked = 0;
  let count = 0;
  /** @type {{q: string, room?: string, before?: number}} */
  let query = { q: '' };

  /** @param {import('./search.js').Page} page */
  function show({ matches, older }) {
    count += matches.length;
    list.append(...[...matches].reverse().map(makeMatch));
    if (matches.length > 0) query = { ...query, before: matches[0].id };
    more.hidden = !older;
    if (count === 0) say(status, texts.noMatches);
    else say(status, older ? texts.matchesMore(count) : texts.matches(count));
  }

  async function ask() {
    const mine = ++asked;
    say(status, texts.searching);
    try {
      const page = await search(query);
      if (mine === asked) show(page);
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      if (mine === asked) say(status, texts.searchFailed(error.message));
    }
  }

  function start() {
    const q = field.value.trim();
    if (q === '') return;
    count = 0;
    more.hidden = true;
    list.replaceChildren();
    query = { q, ...(here.checked ? { room: room() } : {}) };
    ask();
  }

  function close() {
    const focused = panel.contains(document.activeElement);
    asked += 1;
    panel.hidden = true;
    if (focused) opener?.focus();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    start();
  });
  here.addEventListener('change', start);
  more.addEventListener('click', async () => {
    const known = list.children.length;
    await ask();
    const next = list.children[known]?.querySelector('a');
    if (more.hidden) next?.focus();
  });
  byId('search-close', HTMLButtonElement).addEventListener('click', close);
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  });

  return {
    close,
    open() {
      if (panel.hidden && document.activeElement instanceof HTMLElement) {
        opener = document.activeElement;
      }
      panel.hidden = false;
      field.focus();
      field.select();
    },
  };
}
