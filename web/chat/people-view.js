// Who is here, as a list, and who is typing, as a line that is always there so that nothing moves.

import { byId, make, setText } from './dom.js';
import { presentNames, typingNames } from './people.js';
import { locale, texts } from './texts.js';

const SHOWN_MAX = 100;
const NAMED_TYPISTS_MAX = 3;

const collator = new Intl.Collator(locale);

/** @param {string[]} names */
function typingText(names) {
  if (names.length === 0) return '';
  return names.length > NAMED_TYPISTS_MAX ? texts.typingMany : texts.typing(names);
}

/** @param {string} name @param {string} own */
function makePerson(name, own) {
  const children = name === own ? [' ', make('span', 'you', `(${texts.you})`)] : [];
  return make('li', '', make('bdi', '', name), ...children);
}

export function createPeopleView() {
  const list = byId('people', HTMLElement);
  const count = byId('people-count', HTMLElement);
  const typing = byId('typing', HTMLElement);
  let shown = '';

  return {
    /**
     * @param {import('./people.js').People} people
     * @param {{nickname: string, clientId: string, now: number}} me
     */
    render(people, { nickname, clientId, now }) {
      setText(typing, typingText(typingNames(people, now, clientId)));
      const names = presentNames(people, collator);
      const next = JSON.stringify([nickname, names]);
      if (next === shown) return;
      shown = next;
      const items = names.slice(0, SHOWN_MAX).map((name) => makePerson(name, nickname));
      const rest = names.length - items.length;
      if (rest > 0) items.push(make('li', '', texts.peopleMore(rest)));
      list.replaceChildren(...items);
      // Without a connection nobody knows.
      setText(count, names.length > 0 ? texts.peopleCount(names.length) : texts.people);
    },
  };
}
