// Where a text speaks of somebody: "@Aino", and "Aino" as a word of its own.

import { LETTER } from './words.js';

/** So short a name is a word of most languages: it counts with its @ only. */
const BARE_MIN = 3;

/** @type {{nickname: string, pattern: RegExp | null}} */
let last = { nickname: '', pattern: null };

/** @param {string} nickname */
function patternOf(nickname) {
  if (nickname === '') return null;
  if (nickname !== last.nickname) {
    const name = nickname.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    const at = Array.from(nickname).length < BARE_MIN ? '@' : '@?';
    const pattern = new RegExp(`(?<!${LETTER})${at}${name}(?!${LETTER})`, 'giu');
    last = { nickname, pattern };
  }
  return last.pattern;
}

/**
 * @param {string} text
 * @param {string} nickname
 * @returns {{text: string, match: boolean}[]} together the text
 */
export function splitMentions(text, nickname) {
  const pattern = patternOf(nickname);
  if (pattern === null) return [{ text, match: false }];
  const parts = [];
  let done = 0;
  for (const found of text.matchAll(pattern)) {
    if (found.index > done) parts.push({ text: text.slice(done, found.index), match: false });
    parts.push({ text: found[0], match: true });
    done = found.index + found[0].length;
  }
  if (done < text.length) parts.push({ text: text.slice(done), match: false });
  return parts;
}

/**
 * @param {string} text
 * @param {string} nickname
 */
export function mentions(text, nickname) {
  return splitMentions(text, nickname).some(({ match }) => match);
}
