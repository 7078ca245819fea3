// Where a word ends, for markers and names that must not match inside one. Scripts that write
// without spaces have no such place, so there everything counts as an edge.

export const LETTER = '[\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Greek}\\p{N}_]';

const letter = new RegExp(LETTER, 'u');

/** @param {string | undefined} character */
export function isLetter(character) {
  return character !== undefined && letter.test(character);
}
