// Where a word ends, for markers and names that must not match inside one. Scripts that write
// without spaces have no such place, so there everything counts as an edge.

export const LETTER = '[\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Greek}\\p{N}_]';

const letter = new RegExp(LETTER, 'u');

/** @param {string | undefined} character */
export function isLetter(character) {
  return character !== undefined && letter.test(character);
}

// What turns the direction of what follows, and controls: not shown.
const TURNS = /[\u202a-\u202e\u2066-\u2069]/;
const UNSEEN = new RegExp(`${TURNS.source}|(?![\\t\\n\\r])\\p{Cc}`, 'gu');
const VISIBLE = /[^\s\p{Cc}\p{DI}\u2800]/u;

/** Whether there is anything to see of a text. @param {string} text */
export const isVisible = (text) => VISIBLE.test(text);

/** A text as it is shown: by no character of it does another stand where it does not belong. @param {string} text */
export const onlyVisible = (text) => text.replace(UNSEEN, '');

/** @param {string} text */
export const turnsText = (text) => TURNS.test(text);
