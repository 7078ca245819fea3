// What is written to the chat and not to its readers: a word after a slash, at the start of a text.

import { cleanText, codePoints, NICKNAME_MAX, TEXT_MAX, typedNickname } from './payload.js';
import { texts } from './texts.js';

/**
 * text: to be sent. nickname: to be taken, or '' to be asked for. problem: why nothing is done.
 * @typedef {{text: string} | {nickname: string} | {help: true} | {problem: string}} Order
 */

/** A path, a date or a comment is none. */
const COMMAND = /^\/(\p{L}+)(?=\s|$)\s*/u;
/** How a text is written that looks like one. */
const DOUBLED = /^\/(?=\/\p{L}+(?:\s|$))/u;

/** Each line in italics, as the page shows what stands in stars. @param {string} deed */
const inItalics = (deed) => deed.replace(/\S(?:.*\S)?/g, '*$&*');

/** @param {string} deed @returns {Order} */
function act(deed) {
  if (deed === '') return { problem: texts.meNeedsText };
  const text = deed.includes('*') ? deed : inItalics(deed);
  const length = codePoints(text);
  return length > TEXT_MAX ? { problem: texts.textLimit(TEXT_MAX, length) } : { text };
}

/** @param {string} typed @returns {Order} */
function rename(typed) {
  const nickname = typedNickname(typed);
  if (typed !== '' && nickname === '') return { problem: texts.nicknameLimit(NICKNAME_MAX) };
  return { nickname };
}

/** @type {Map<string, (rest: string) => Order>} */
const commands = new Map([
  ['me', act],
  ['nick', rename],
  ['help', () => ({ help: true })],
]);

/** @param {string} typed as it stands in the field: a blank before the slash makes it a text */
export function readOrder(typed) {
  const [all, word] = COMMAND.exec(typed) ?? [];
  if (!all || !word) return { text: cleanText(typed).replace(DOUBLED, '') };
  const command = commands.get(word.toLowerCase());
  return command?.(cleanText(typed.slice(all.length))) ?? { problem: texts.noCommand(word) };
}
