// The filters of a search: one chip for each, which takes it away, and buttons that add one.

import { make } from './dom.js';
import { takeFilters, withFilter } from './filters.js';
import { texts } from './texts.js';
import { dateText } from './times.js';
import { onlyVisible } from './words.js';

/** @typedef {import('./filters.js').Filter} Filter */
/** @typedef {'from' | 'after' | 'before'} Added what there is a button for */

const NAMES_MAX = 50;

/** @param {Filter} filter */
function shownValue({ kind, value }) {
  if (kind === 'in') return `#${value}`;
  if (kind !== 'after' && kind !== 'before') return onlyVisible(value);
  const [year, month, day] = value.split('-').map(Number);
  return dateText(new Date(year, month - 1, day));
}

/** @param {Filter} filter @param {() => void} remove */
function makeChip(filter, remove) {
  const value = shownValue(filter);
  const button = make('button', 'chip', `${texts[filter.kind]} `, make('bdi', '', value));
  button.type = 'button';
  button.ariaLabel = texts.removeFilter(`${texts[filter.kind]} ${value}`);
  button.addEventListener('click', remove);
  return make('li', '', button);
}

/** Who has written what is on the screen, or is here. @param {HTMLDataListElement} list */
function offerNames(list) {
  const shown = document.querySelectorAll('#people bdi, .row.head .name');
  const names = [...new Set(Array.from(shown, (name) => name.textContent ?? ''))];
  const options = names
    .slice(0, NAMES_MAX)
    .map((name) => Object.assign(make('option', ''), { value: name }));
  list.replaceChildren(...options);
}

/** The field for one more filter, which is there while one is added. @param {(filter: Filter) => void} add */
function createAdder(add) {
  const names = make('datalist', '');
  const input = make('input', '');
  const label = make('label', '');
  const button = make('button', '', texts.addFilter);
  const element = make('div', 'adder', label, make('div', 'field', input, button), names);
  let kind = /** @type {Added} */ ('from');
  names.id = 'search-names';
  input.id = 'search-filter';
  label.htmlFor = input.id;
  button.type = 'button';
  element.hidden = true;

  function take() {
    const value = input.value.trim();
    if (value !== '' && input.validity.valid) add({ kind, value });
    else input.focus();
  }

  button.addEventListener('click', take);
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    take();
  });

  /** @param {Added} next */
  function show(next) {
    kind = next;
    label.textContent = texts[kind];
    Object.assign(input, { type: kind === 'from' ? 'text' : 'date', value: '', max: '9999-12-31' });
    if (kind === 'from') {
      input.setAttribute('list', names.id);
      input.dir = 'auto';
      offerNames(names);
    } else input.removeAttribute('list');
    element.hidden = false;
    input.focus();
  }
  return { element, show, kind: () => (element.hidden ? '' : kind) };
}

/**
 * @param {object} parts
 * @param {() => void} parts.onChange another search is wanted
 * @param {() => void} parts.focus back to where the words are written
 */
export function createFilterBar({ onChange, focus }) {
  /** @type {readonly Filter[]} */
  let filters = [];
  const list = make('ul', 'chips');
  const adder = createAdder((filter) => {
    close();
    set(withFilter(filters, filter));
  });
  const kinds = /** @type {Added[]} */ (['from', 'after', 'before']);
  const buttons = kinds.map((kind) => {
    const button = make('button', 'add', texts[kind]);
    button.type = 'button';
    button.addEventListener('click', () => {
      if (adder.kind() === kind) close();
      else adder.show(kind);
      tellState();
    });
    return button;
  });

  function tellState() {
    for (const [i, button] of buttons.entries())
      button.ariaExpanded = String(adder.kind() === kinds[i]);
  }

  function close() {
    adder.element.hidden = true;
    tellState();
    focus();
  }

  /** @param {readonly Filter[]} next */
  function show(next) {
    const remove = (/** @type {Filter} */ filter) => () => {
      focus();
      set(filters.filter((one) => one !== filter));
    };
    filters = next;
    list.replaceChildren(...filters.map((filter) => makeChip(filter, remove(filter))));
    list.hidden = filters.length === 0;
  }

  /** @param {readonly Filter[]} next */
  function set(next) {
    show(next);
    onChange();
  }

  tellState();
  list.hidden = true;
  list.ariaLabel = texts.filters;
  return {
    list,
    adder: adder.element,
    buttons,
    get: () => filters,
    /** @param {Filter['kind']} kind */
    has: (kind) => filters.some((filter) => filter.kind === kind),
    /** @param {Filter['kind']} kind */
    drop: (kind) => show(filters.filter((filter) => filter.kind !== kind)),
    dropLast() {
      if (filters.length > 0) set(filters.slice(0, -1));
    },
    /** Takes the operators out of a text, and gives what is left. @param {string} typed */
    take(typed) {
      const taken = takeFilters(typed);
      show(taken.filters.reduce(withFilter, filters));
      return taken.words;
    },
  };
}
