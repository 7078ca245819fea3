// The card of a first visit, around the form that asks for a nickname: what this place is, who is here,
// and the choice to read only. The log stays where it is, above it.

import { byId, make, setText } from './dom.js';
import { freshSite, site } from './site.js';
import { readItem, writeItem } from './storage.js';
import { loadStyle } from './style.js';
import { texts } from './texts.js';
import { onlyVisible } from './words.js';

const READING_KEY = 'chat.reading';
const NAMED_MAX = 3;

/** @param {string} text @param {() => void} action */
function makeButton(text, action) {
  const button = make('button', 'quiet', text);
  button.type = 'button';
  button.addEventListener('click', action);
  return button;
}

/** Who the list of people shows. */
function peopleText() {
  const names = Array.from(
    document.querySelectorAll('#people bdi'),
    (name) => name.textContent ?? '',
  );
  if (names.length === 0) return '';
  return names.length > NAMED_MAX ? texts.hereMany(names.length) : texts.hereNow(names);
}

/** @param {HTMLElement} title @param {HTMLElement} welcome */
function showSite(title, welcome) {
  setText(title, onlyVisible(site().title) || texts.site);
  setText(welcome, onlyVisible(site().welcome) || texts.welcome);
}

export async function createFirstVisit() {
  const form = byId('name-form', HTMLFormElement);
  const field = byId('name', HTMLInputElement);
  const title = make('h2', 'visit-title');
  const welcome = make('p', 'visit-welcome');
  const here = make('p', 'visit-here');
  const reading = make('p', 'visit-reading', `${texts.reading} `);

  /** @param {boolean} only */
  function readOnly(only) {
    form.classList.toggle('reading', only);
    writeItem(READING_KEY, only ? 'yes' : '');
  }

  const choose = makeButton(texts.chooseName, () => {
    readOnly(false);
    field.focus();
  });
  const read = makeButton(texts.readOnly, () => {
    readOnly(true);
    choose.focus();
  });
  reading.append(choose);
  await loadStyle('./visit.css');
  showSite(title, welcome);
  const asked = Array.from(form.children);
  const focused = form.contains(document.activeElement);
  form.replaceChildren(make('div', 'visit-card', title, welcome, here, ...asked, read), reading);
  form.classList.add('visit');
  form.classList.toggle('reading', readItem(READING_KEY) !== '');
  if (focused) field.focus({ preventScroll: true });

  const watcher = new MutationObserver(() => setText(here, peopleText()));
  watcher.observe(byId('people', HTMLElement), { childList: true });
  setText(here, peopleText());
  freshSite().then(() => showSite(title, welcome));

  /** The nickname is there: later the form asks for another one, and no more. */
  return function end() {
    watcher.disconnect();
    form.classList.remove('visit', 'reading');
    form.replaceChildren(...asked);
  };
}
