// The dialog of settings: a group of choices for each of several values, a switch for each of two.

import { createDialog } from './dialog.js';
import { make } from './dom.js';
import { ignored, onIgnored } from './ignored.js';
import { stopIgnoring } from './ignoring.js';
import { onPreferences, preferences, setPreference } from './preferences.js';
import { texts } from './texts.js';

/** @typedef {import('./preferences.js').Name} Name */

/** @type {[Name, string, [string, string][]][]} in the order in which they are shown */
const GROUPS = [
  [
    'theme',
    texts.theme,
    [
      ['system', texts.themeSystem],
      ['light', texts.themeLight],
      ['dark', texts.themeDark],
    ],
  ],
  [
    'size',
    texts.size,
    [
      ['small', texts.sizeSmall],
      ['normal', texts.sizeNormal],
      ['large', texts.sizeLarge],
      ['huge', texts.sizeHuge],
    ],
  ],
  [
    'hours',
    texts.hours,
    [
      ['system', texts.hoursSystem],
      ['24', texts.hours24],
      ['12', texts.hours12],
    ],
  ],
  [
    'density',
    texts.density,
    [
      ['roomy', texts.densityRoomy],
      ['compact', texts.densityCompact],
    ],
  ],
  [
    'notify',
    texts.notify,
    [
      ['off', texts.notifyOff],
      ['mentions', texts.notifyMentions],
      ['all', texts.notifyAll],
    ],
  ],
];

/** Each in itself, so that it is found by who reads no other. @type {[string, string][]} */
const LANGUAGES = [
  ['system', texts.languageSystem],
  ['en', 'English'],
  ['fi', 'Suomi'],
  ['de', 'Deutsch'],
  ['ar', 'العربية'],
];

/** @type {[Name, string][]} */
const SWITCHES = [
  ['announce', texts.announce],
  ['sound', texts.sound],
  ['keys', texts.keys],
];

/**
 * @param {'radio' | 'checkbox'} type
 * @param {Name} name
 * @param {string} value
 * @param {string} text
 */
function makeInput(type, name, value, text) {
  const input = make('input', '');
  Object.assign(input, { type, name, value });
  return make('label', type, input, make('span', '', text));
}

/** @type {(group: (typeof GROUPS)[number]) => HTMLElement} */
function makeGroup([name, title, choices]) {
  const inputs = choices.map(([value, text]) => makeInput('radio', name, value, text));
  return make('fieldset', '', make('legend', '', title), make('div', 'choices', ...inputs));
}

/** @param {boolean} kept */
const keptText = (kept) => (kept ? '' : texts.settingsNotKept);

/**
 * Notifications are the browser's to allow, and it is asked only when they are wanted.
 * @param {string} wish
 * @param {HTMLElement} problem
 */
async function askToNotify(wish, problem) {
  const granted = (await globalThis.Notification?.requestPermission()) === 'granted';
  const kept = setPreference('notify', granted ? wish : 'off');
  problem.textContent = granted ? keptText(kept) : texts.notifyDenied;
}

/** @param {import('./ignored.js').Person} person */
function makeIgnored(person) {
  const button = make('button', 'older', texts.stopIgnoring(person.nickname));
  button.type = 'button';
  button.addEventListener('click', () => stopIgnoring(person));
  return make('div', '', button);
}

/** Those who are ignored, with a way back; nothing while there are none. */
function createIgnored() {
  const box = make('fieldset', '');
  const show = () => {
    const people = ignored().map(makeIgnored);
    box.hidden = people.length === 0;
    box.replaceChildren(make('legend', '', texts.ignoredPeople), ...people);
  };
  onIgnored(show);
  show();
  return box;
}

/** All that the page has said is in the other language: it is loaded again. */
function makeLanguages() {
  const options = LANGUAGES.map(([value, text]) => {
    const option = make('option', '', text);
    option.value = value;
    if (value !== 'system') option.lang = value;
    return option;
  });
  const select = make('select', '', ...options);
  select.value = preferences().language;
  select.addEventListener('change', () => {
    setPreference('language', select.value);
    location.reload();
  });
  return make('label', 'language', make('span', '', texts.language), select);
}

export function createSettingsDialog() {
  const problem = make('p', 'error');
  problem.setAttribute('role', 'alert');
  const switches = SWITCHES.map(([name, text]) => makeInput('checkbox', name, 'on', text));
  const form = make(
    'form',
    'settings',
    makeLanguages(),
    ...GROUPS.map(makeGroup),
    ...switches,
    createIgnored(),
    problem,
  );

  form.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    const name = /** @type {Name} */ (target.name);
    const value = target.type === 'radio' ? target.value : target.checked ? 'on' : 'off';
    if (name === 'notify' && value !== 'off') askToNotify(value, problem);
    else problem.textContent = keptText(setPreference(name, value));
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  onPreferences(() => {
    for (const input of form.querySelectorAll('input')) {
      input.checked = preferences()[/** @type {Name} */ (input.name)] === input.value;
    }
  });
  return createDialog('settings', texts.settings, form);
}
