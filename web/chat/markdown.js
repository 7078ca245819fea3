// A little markdown, as people write it in a chat: **bold**, *italic*, `code`, fenced code, quotes with
// `>`, and addresses that become links. parse() makes a tree of what somebody wrote, in linear time
// whatever that is; what is not markup stays as it was written. No element comes out that is not below.

import { isLetter } from './words.js';

/**
 * @typedef {string | {tag: 'strong' | 'em' | 'blockquote', children: Node[]}
 *   | {tag: 'code' | 'a', text: string}
 *   | {tag: 'pre', text: string, info: string}} Node
 */
/** @typedef {{tag: 'strong' | 'em', marker: string, children: Node[]}} Frame an open one */

const FENCE = /^```([\w+#.-]{0,20})\s*$/;
const QUOTE = /^> ?/;
/** Longer ones stay text, so that looking for each costs no more than this. */
const ADDRESS = /https?:\/\/[^\s<>"`]{1,2000}(?![^\s<>"`])/iy;
const TRAILING = /[.,;:!?'*_~]/;
const MARKER = { strong: '**', em: '*' };
/** How long a run of stars opens and closes what. */
const KINDS = /** @type {const} */ ([[], ['em'], ['strong'], ['strong', 'em']]);

/**
 * Texts that follow each other become one.
 * @param {Node[]} nodes
 * @param {Node} node
 */
function appendNode(nodes, node) {
  const last = nodes.at(-1);
  if (node === '') return;
  if (typeof node === 'string' && typeof last === 'string') nodes[nodes.length - 1] = last + node;
  else nodes.push(node);
}

/**
 * An address without the punctuation of the sentence around it.
 * @param {string} address
 */
function trimAddress(address) {
  let end = address.length;
  let open = 0;
  for (const character of address) open += character === '(' ? 1 : character === ')' ? -1 : 0;
  for (; end > 0; end--) {
    const last = address[end - 1];
    if (last === ')' && open < 0) open += 1;
    else if (!TRAILING.test(last)) break;
  }
  return address.slice(0, end);
}

/** @param {string} address */
function isAddress(address) {
  try {
    return new URL(address).hostname !== '';
  } catch {
    return false;
  }
}

/**
 * For each run of backticks, where the next one of the same length is.
 * @param {string} text
 */
function pairBackticks(text) {
  /** @type {Map<number, number>} */
  const next = new Map();
  /** @type {Map<number, number>} */
  const ahead = new Map();
  for (const run of Array.from(text.matchAll(/`+/g)).reverse()) {
    const length = run[0].length;
    const other = ahead.get(length);
    if (other !== undefined) next.set(run.index, other);
    ahead.set(length, run.index);
  }
  return next;
}

/** Emphasis that is open while a line is read. At most one of each kind is. */
class Emphasis {
  /** @type {Node[]} */
  top = [];
  /** @type {Frame[]} */
  open = [];

  get nodes() {
    return this.open.at(-1)?.children ?? this.top;
  }

  /** @param {Node} node */
  add(node) {
    appendNode(this.nodes, node);
  }

  /** The innermost was none: its marker is text. */
  dissolve() {
    const frame = this.open.pop();
    for (const node of [frame?.marker ?? '', ...(frame?.children ?? [])]) this.add(node);
  }

  /** @param {'strong' | 'em'} tag */
  start(tag) {
    while (this.open.some((frame) => frame.tag === tag)) this.dissolve();
    this.open.push({ tag, marker: MARKER[tag], children: [] });
  }

  /** @param {'strong' | 'em'} tag */
  end(tag) {
    while (this.open.at(-1)?.tag !== tag) this.dissolve();
    const children = this.open.pop()?.children ?? [];
    this.add({ tag, children });
  }

  /**
   * @param {string} stars
   * @param {boolean} opens
   * @param {boolean} closes
   */
  addRun(stars, opens, closes) {
    const kinds = KINDS[stars.length] ?? [];
    const isOpen = (/** @type {string} */ kind) => this.open.some(({ tag }) => tag === kind);
    if (closes && kinds.length > 0 && kinds.every(isOpen)) {
      const order = kinds.length === 1 ? kinds : this.open.map(({ tag }) => tag).reverse();
      for (const kind of order) this.end(kind);
    } else if (opens && kinds.length > 0) {
      for (const kind of kinds) this.start(kind);
    } else this.add(stars);
  }

  finish() {
    while (this.open.length > 0) this.dissolve();
    return this.top;
  }
}

/**
 * What stands at `at`, if it is more than text, and where it ends.
 * @param {string} text
 * @param {number} at
 * @param {Map<number, number>} backticks
 * @returns {{node: Node, end: number} | null}
 */
function parseSpecial(text, at, backticks) {
  if (text[at] === '`') {
    const end = backticks.get(at);
    let start = at;
    while (text[start] === '`') start += 1;
    if (end === undefined) return { node: text.slice(at, start), end: start };
    return { node: { tag: 'code', text: text.slice(start, end) }, end: end + start - at };
  }
  if (isLetter(text[at - 1])) return null;
  ADDRESS.lastIndex = at;
  const address = trimAddress(ADDRESS.exec(text)?.[0] ?? '');
  if (!isAddress(address)) return null;
  return { node: { tag: 'a', text: address }, end: at + address.length };
}

/**
 * @param {string} text
 * @returns {Node[]}
 */
function parseInline(text) {
  const emphasis = new Emphasis();
  const backticks = pairBackticks(text);
  const marks = /[`*]+|https?:\/\//gi;
  let done = 0;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    const at = mark.index;
    if (at < done) continue;
    emphasis.add(text.slice(done, at));
    done = at;
    if (text[at] === '*') {
      while (text[done] === '*') done += 1;
      const [before, after] = [text[at - 1], text[done]];
      const opens = after !== undefined && !/\s/.test(after) && !isLetter(before);
      const closes = before !== undefined && !/\s/.test(before) && !isLetter(after);
      emphasis.addRun(text.slice(at, done), opens, closes);
    } else {
      const found = parseSpecial(text, at, backticks);
      if (found) emphasis.add(found.node);
      if (found) done = found.end;
    }
    marks.lastIndex = Math.max(done, at + 1);
  }
  emphasis.add(text.slice(done));
  return emphasis.finish();
}

/**
 * For each line the next one, itself or later, that ends fenced code.
 * @param {string[]} lines
 */
function fenceEnds(lines) {
  const ends = new Array(lines.length + 1).fill(-1);
  for (let i = lines.length - 1; i >= 0; i--) {
    const fence = FENCE.exec(lines[i]);
    ends[i] = fence?.[1] === '' ? i : ends[i + 1];
  }
  return ends;
}

/** @param {string} line */
const isQuote = (line) => QUOTE.test(line);

/**
 * The block that begins at a line, and the line after it.
 * @param {string[]} lines
 * @param {number} at
 * @param {number[]} ends
 * @returns {{nodes: Node[], next: number}}
 */
function parseBlock(lines, at, ends) {
  const info = FENCE.exec(lines[at])?.[1];
  const end = info === undefined ? -1 : ends[at + 1];
  if (info !== undefined && end >= 0) {
    const text = lines.slice(at + 1, end).join('\n');
    return { nodes: [{ tag: 'pre', text, info }], next: end + 1 };
  }
  const quoted = isQuote(lines[at]);
  let next = at + 1;
  while (next < lines.length && isQuote(lines[next]) === quoted) {
    if (FENCE.test(lines[next]) && ends[next + 1] >= 0) break;
    next += 1;
  }
  const part = lines.slice(at, next);
  if (!quoted) return { nodes: parseInline(part.join('\n')), next };
  const children = parseInline(part.map((line) => line.replace(QUOTE, '')).join('\n'));
  return { nodes: [{ tag: 'blockquote', children }], next };
}

/**
 * @param {string} text
 * @returns {Node[]}
 */
export function parse(text) {
  const lines = text.split('\n');
  const ends = fenceEnds(lines);
  /** @type {Node[]} */
  const nodes = [];
  for (let at = 0; at < lines.length; ) {
    const { nodes: found, next } = parseBlock(lines, at, ends);
    for (const node of found) appendNode(nodes, node);
    at = next;
  }
  return nodes;
}
