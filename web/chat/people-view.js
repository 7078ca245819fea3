// Who is here, as a list, and who is typing, as a line that is always there so that nothing moves.

import { byId, make, setText } from './dom.js';
import { isCrowd, PRESENT_MAX, presentNames, typingNames } from './people.js';
import { locale, texts } from './texts.js';

const SHOWN_MAX = 100;
const NAMED_TYPISTS_MAX = 3;

const collator = new Intl.Collator(locale);

/** @param {string[]} names */
function typingText(names) {
  if (names.length === 0) return '';
  return names.length > NAMED_TYPISTS_MAX ? texts.typingMany : texts.typing(names);
}

/** @param {number} count @param {boolean} more perhaps */
function countText(count, more) {
  // Without a connection nobody knows.
  if (count === 0) return texts.people;
  return more ? texts.peopleMany(count) : texts.peopleCount(count);
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
     * @param {{nickname: string, now: number, isHidden: (clientId: string) => boolean}} me
     */
    render(people, { nickname, now, isHidden }) {
      setText(typing, typingText(typingNames(people, now, isHidden)));
      const all = presentNames(people);
      setText(count, countText(all.length, people.present.size >= PRESENT_MAX));
      const names = isCrowd(people) ? [] : all.sort(collator.compare);
      const next = JSON.stringify([nickname, names]);
      if (next === shown) return;
      shown = next;
      const items = names.slice(0, SHOWN_MAX).map((name) => makePerson(name, nickname));
      const rest = names.length - items.length;
      if (rest > 0) items.push(make('li', '', texts.peopleMore(rest)));
      list.replaceChildren(...items);
    },
  };
}
