// Who is here, as a list, and who is typing, as a line that is always there so that nothing moves.

import { byId, make, setText } from './dom.js';
import { kindOf, showName } from './marks.js';
import { isCrowd, PRESENT_MAX, presentPeople, typingNames } from './people.js';
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

/** @typedef {import('./people.js').Person} Person */

/** @param {Person} person @param {boolean} own */
function makePerson({ nickname, clientId }, own) {
  const name = make('bdi', '');
  showName(name, nickname, clientId);
  return make('li', '', name, ...(own ? [' ', make('span', 'you', `(${texts.you})`)] : []));
}

export function createPeopleView() {
  const list = byId('people', HTMLElement);
  const count = byId('people-count', HTMLElement);
  const typing = byId('typing', HTMLElement);
  let shown = '';

  return {
    /**
     * @param {import('./people.js').People} people
     * @param {Person & {now: number, isHidden: (clientId: string) => boolean}} me
     */
    render(people, { nickname, clientId, now, isHidden }) {
      // Where nobody vouches for this page's own id, nobody does for others'.
      const kind = (/** @type {Person} */ one) => (kindOf(clientId) ? kindOf(one.clientId) : '');
      setText(typing, typingText(typingNames(people, now, isHidden)));
      const all = presentPeople(people, kind);
      setText(count, countText(all.length, people.present.size >= PRESENT_MAX));
      const named = isCrowd(people) ? [] : all;
      named.sort((a, b) => collator.compare(a.nickname, b.nickname));
      const next = JSON.stringify([
        nickname,
        clientId,
        named.map((one) => [kind(one), one.nickname]),
      ]);
      if (next === shown) return;
      shown = next;
      const isMe = (/** @type {Person} */ one) =>
        one.nickname === nickname && kind(one) === kindOf(clientId);
      const items = named
        .slice(0, SHOWN_MAX)
        .map((one) => makePerson(kind(one) ? one : { ...one, clientId: null }, isMe(one)));
      const rest = named.length - items.length;
      if (rest > 0) items.push(make('li', '', texts.peopleMore(rest)));
      list.replaceChildren(...items);
    },
  };
}
