// A little markdown, as people write it in a chat: **bold**, *italic*, ~~struck~~, `code`, fenced code,
// quotes with `>`, lists, [texts](https://…) with an address behind, and addresses of pages and of mail,
// which become links. parse() makes a tree of what somebody wrote, in linear time
// whatever that is; what is not markup stays as it was written. No element comes out that is not below.

import { isLetter, isVisible } from './words.js';

/**
 * @typedef {'strong' | 'em' | 's'} Kind
 * @typedef {string | {tag: Kind | 'blockquote' | 'ul' | 'ol', children: Node[]}
 *   | {tag: 'li', value: number, children: Node[]}
 *   | {tag: 'code', text: string}
 *   | {tag: 'a', text: string, href?: string}
 *   | {tag: 'pre', text: string, info: string}} Node value: of a numbered one; href: if it is not the text
 */
/** @typedef {{tag: Kind, children: Node[]}} Frame an open one */

const FENCE = /^```([\w+#.-]{0,20})\s*$/;
const QUOTE = /^> ?/;
const BULLET = /^[-*] +(?=\S)/;
const NUMBER = /^(\d{1,4})\. +(?=\S)/;
/** What ends an address wherever it stands: no browser puts these into one that is copied. */
const ENDS =
  '\\s<>"`\\p{Pi}\\p{Pf}\\p{Cc}\\p{Cf}\u201a\u201e\u3000-\u3003\u3008-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65';
/** Longer ones stay text, so that looking for each costs no more than this. */
const ADDRESS = new RegExp(`(?:https?://|www\\.)[^${ENDS}]{1,2000}(?![^${ENDS}])`, 'iuy');
const MAIL = /[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?![\w@-]|[:/]\w)/iy;
/** A text and what is behind it, in which brackets come in pairs. */
const LABELLED =
  /\[([^[\]\n]{1,300})\]\((https?:\/\/(?:[^\s<>"`()]|\([^\s<>"`()]*\)){1,2000})\)/iuy;
/** Punctuation of the sentence around an address, if it is the last of it. */
const TRAILING = /(?![/#%&@\\-])[\p{Po}\p{Pd}_~]/u;
const CLOSING = { ')': '(', ']': '[', '}': '{' };
const MARKER = { strong: '**', em: '*', s: '~~' };
/** How long a run of stars opens and closes what. @type {Kind[][]} */
const KINDS = [[], ['em'], ['strong'], ['strong', 'em']];
const MARKS = /~+|[`*]+|\[(?=[^\]])|https?:\/\/|www\.|(?<![\w.+-])[\w.+-]{1,64}@/gi;

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
  /** @type {Record<string, number>} how many more of each are open than closed */
  const open = { '(': 0, '[': 0, '{': 0 };
  for (const character of address) {
    if (character in open) open[character] += 1;
    else if (character in CLOSING) open[CLOSING[/** @type {')'} */ (character)]] -= 1;
  }
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1];
    const opening = CLOSING[/** @type {')'} */ (last)];
    if (opening && open[opening] < 0) open[opening] += 1;
    else if (!TRAILING.test(last)) break;
  }
  return address.slice(0, end);
}

/** @param {string} address */
function isAddress(address) {
  const [href, least] = /^w/i.test(address) ? [`https://${address}`, /\..*\../] : [address, /./];
  return URL.canParse(href) && least.test(new URL(href).hostname);
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
    if (!frame) return;
    for (const node of [MARKER[frame.tag], ...frame.children]) this.add(node);
  }

  /** @param {Kind} tag */
  start(tag) {
    while (this.open.some((frame) => frame.tag === tag)) this.dissolve();
    this.open.push({ tag, children: [] });
  }

  /** @param {Kind} tag */
  end(tag) {
    while (this.open.at(-1)?.tag !== tag) this.dissolve();
    const children = this.open.pop()?.children ?? [];
    this.add({ tag, children });
  }

  /**
   * @param {string} run of stars, or of tildes
   * @param {boolean} opens
   * @param {boolean} closes
   */
  addRun(run, opens, closes) {
    const kinds =
      run === '~~' ? [/** @type {Kind} */ ('s')] : run[0] === '*' ? (KINDS[run.length] ?? []) : [];
    const isOpen = (/** @type {string} */ kind) => this.open.some(({ tag }) => tag === kind);
    if (closes && kinds.length > 0 && kinds.every(isOpen)) {
      const order =
        kinds.length === 1
          ? kinds
          : this.open
              .map(({ tag }) => tag)
              .filter((tag) => kinds.includes(tag))
              .reverse();
      for (const kind of order) this.end(kind);
    } else if (opens && kinds.length > 0) {
      for (const kind of kinds) this.start(kind);
    } else this.add(run);
  }

  finish() {
    while (this.open.length > 0) this.dissolve();
    return this.top;
  }
}

/** @param {RegExp} pattern a sticky one @param {string} text @param {number} at */
function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
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
  if (text[at] === '[') {
    const [all, label, href] = matchAt(LABELLED, text, at) ?? [];
    if (!all || !isVisible(label) || !isAddress(href)) return null;
    return { node: { tag: 'a', text: label, href }, end: at + all.length };
  }
  if (isLetter(text[at - 1])) return null;
  const mail = matchAt(MAIL, text, at)?.[0];
  if (mail)
    return { node: { tag: 'a', text: mail, href: `mailto:${mail}` }, end: at + mail.length };
  const address = trimAddress(matchAt(ADDRESS, text, at)?.[0] ?? '');
  if (!isAddress(address)) return null;
  /** @type {Node} */
  const node = { tag: 'a', text: address };
  if (/^w/i.test(address)) node.href = `https://${address}`;
  return { node, end: at + address.length };
}

/**
 * @param {string} text
 * @returns {Node[]}
 */
function parseInline(text) {
  const emphasis = new Emphasis();
  const backticks = pairBackticks(text);
  const marks = new RegExp(MARKS);
  let done = 0;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    const at = mark.index;
    if (at < done) continue;
    emphasis.add(text.slice(done, at));
    done = at;
    if (text[at] === '*' || text[at] === '~') {
      while (text[done] === text[at]) done += 1;
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

/** What a line begins with. @param {string} line */
function kindOf(line) {
  if (QUOTE.test(line)) return 'blockquote';
  if (BULLET.test(line)) return 'ul';
  return NUMBER.test(line) ? 'ol' : '';
}

/** @param {string} line of a list @returns {Node} */
function parseEntry(line) {
  const [mark, value = 0] = NUMBER.exec(line) ?? BULLET.exec(line) ?? [''];
  return { tag: 'li', value: Number(value), children: parseInline(line.slice(mark.length)) };
}

/**
 * Lines of one kind.
 * @param {string[]} lines
 * @param {ReturnType<typeof kindOf>} kind
 * @returns {Node[]}
 */
function parseLines(lines, kind) {
  if (kind === '') return parseInline(lines.join('\n'));
  if (kind !== 'blockquote') return [{ tag: kind, children: lines.map(parseEntry) }];
  const children = parseInline(lines.map((line) => line.replace(QUOTE, '')).join('\n'));
  return [{ tag: kind, children }];
}

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
  const kind = kindOf(lines[at]);
  let next = at + 1;
  while (next < lines.length && kindOf(lines[next]) === kind) {
    if (FENCE.test(lines[next]) && ends[next + 1] >= 0) break;
    next += 1;
  }
  return { nodes: parseLines(lines.slice(at, next), kind), next };
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
