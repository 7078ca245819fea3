// What markdown.js made of a text, as nodes of the document: created, never parsed as markup.

import { make } from './dom.js';
import { parse } from './markdown.js';
import { splitMentions } from './mentions.js';

/** @typedef {import('./markdown.js').Node} Tree */

/** One to three emoji alone are shown large. */
const EMOJI = '\\p{Extended_Pictographic}[\\u{1f3fb}-\\u{1f3ff}\\ufe0f]*';
const ONLY_EMOJI = new RegExp(
  `^(?:(?:${EMOJI}(?:\\u200d${EMOJI})*|\\p{RI}\\p{RI})\\s?){1,3}$`,
  'u',
);

/** @param {string} text */
export function isOnlyEmoji(text) {
  return text.length < 64 && ONLY_EMOJI.test(text);
}

/** @param {string} address http or https: the parser takes no other */
function makeLink(address) {
  const link = make('a', '', address);
  link.href = address;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  return link;
}

/** @param {string} text @param {string} nickname */
function textNodes(text, nickname) {
  return splitMentions(text, nickname).map(({ text: part, match }) =>
    match ? make('mark', 'mention', part) : part,
  );
}

/** @param {string} text */
function makePre(text) {
  const pre = make('pre', '', make('code', '', text));
  pre.tabIndex = 0; // it scrolls, and has to by keyboard too
  return pre;
}

/**
 * @param {Tree} node
 * @param {string} nickname
 * @returns {(globalThis.Node | string)[]}
 */
function render(node, nickname) {
  if (typeof node === 'string') return textNodes(node, nickname);
  if (node.tag === 'a') return [makeLink(node.text)];
  if (node.tag === 'pre') return [makePre(node.text)];
  if ('text' in node) return [make('code', '', node.text)];
  return [make(node.tag, '', ...node.children.flatMap((child) => render(child, nickname)))];
}

/**
 * @param {string} text
 * @param {string} nickname whose mentions are highlighted, or ''
 */
export function renderText(text, nickname = '') {
  const fragment = document.createDocumentFragment();
  fragment.append(...parse(text).flatMap((node) => render(node, nickname)));
  return fragment;
}
