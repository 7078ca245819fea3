// Who is here, as a list, and who is typing, as a line that is always there so that nothing moves.

import { presentNames, typingNames } from './company.js';
import { byId, make, say } from './dom.js';
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
     * @param {import('./company.js').Company} company
     * @param {{nickname: string, clientId: string, now: number}} me
     */
    render(company, { nickname, clientId, now }) {
      say(typing, typingText(typingNames(company, now, clientId)));
      const names = presentNames(company, collator);
      const next = JSON.stringify([nickname, names]);
      if (next === shown) return;
      shown = next;
      const people = names.slice(0, SHOWN_MAX).map((name) => makePerson(name, nickname));
      const rest = names.length - people.length;
      list.replaceChildren(
        ...people,
        ...(rest > 0 ? [make('li', '', texts.peopleMore(rest))] : []),
      );
      // Without a connection nobody knows.
      say(count, names.length > 0 ? texts.peopleCount(names.length) : texts.people);
    },
  };
}
