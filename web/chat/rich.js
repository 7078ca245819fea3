// What markdown.js made of a text, as nodes of the document: created, never parsed as markup.

import { make } from './dom.js';
import { parse } from './markdown.js';
import { splitMentions } from './mentions.js';
import { texts } from './texts.js';
import { isVisible, onlyVisible } from './words.js';

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

/** An address that tells where it leads: letters of other scripts can look like these. */
const PLAIN = /^(?:mailto:|https?:\/\/[\wà-öø-ÿ.-]+(?::\d+)?(?:[/?#]|$))/i;

/**
 * A link, and behind it the host to which it leads where its text does not say that.
 * @param {string} text
 * @param {string} href http, https or mailto: the parser takes no other
 */
function makeLink(text, href) {
  const link = make('a', '', text);
  link.dir = 'auto'; // its text cannot turn what is around it
  link.href = href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  const written = ['', 'https://', 'mailto:'].some((scheme) => scheme + text === href);
  if (written && PLAIN.test(href)) return [link];
  return [link, make('bdi', 'host', ` (${new URL(href).host})`)];
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
  if (node.tag === 'a') return makeLink(node.text, node.href ?? node.text);
  if (node.tag === 'pre') return [makePre(node.text)];
  if ('text' in node) return [make('code', '', node.text)];
  const element = make(node.tag, '', ...node.children.flatMap((child) => render(child, nickname)));
  if ('value' in node && element instanceof HTMLLIElement) element.value = node.value;
  return [element];
}

/**
 * @param {string} text
 * @param {string} nickname whose mentions are highlighted, or ''
 */
export function renderText(text, nickname = '') {
  const fragment = document.createDocumentFragment();
  const nodes = parse(onlyVisible(text)).flatMap((node) => render(node, nickname));
  fragment.append(...(isVisible(text) ? nodes : [make('i', '', texts.unseen)]));
  return fragment;
}
