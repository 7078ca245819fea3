// The little markdown of a message: what becomes markup, and that nothing else does or gets lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from '../../web/chat/markdown.js';
import { mentions, splitMentions } from '../../web/chat/mentions.js';

/** @typedef {import('../../web/chat/markdown.js').Node} Node */

/** @typedef {(...children: Node[]) => Node} Make */
/** @type {Make} */
const strong = (...children) => ({ tag: 'strong', children });
/** @type {Make} */
const em = (...children) => ({ tag: 'em', children });
/** @type {Make} */
const quote = (...children) => ({ tag: 'blockquote', children });
/** @type {(text: string) => Node} */
const code = (text) => ({ tag: 'code', text });
/** @type {(text: string) => Node} */
const link = (text) => ({ tag: 'a', text });
/** @type {(text: string, info?: string) => Node} */
const pre = (text, info = '') => ({ tag: 'pre', text, info });

/** @type {[string, Node[]][]} */
const CASES = [
  ['plain', ['plain']],
  ['**bold**', [strong('bold')]],
  ['*it* and **bold**!', [em('it'), ' and ', strong('bold'), '!']],
  ['***both***', [strong(em('both'))]],
  ['**a *b* c**', [strong('a ', em('b'), ' c')]],
  ['*a **b** c*', [em('a ', strong('b'), ' c')]],
  ['*a and *b*', ['*a and ', em('b')]],
  ['**open', ['**open']],
  ['*a **b*', [em('a **b')]],
  ['2 * 3 * 4', ['2 * 3 * 4']],
  ['2*3*4', ['2*3*4']],
  ['这是**重点**内容', ['这是', strong('重点'), '内容']],
  ['****', ['****']],
  ['snake_case_name', ['snake_case_name']],
  ['`a*b*c`', [code('a*b*c')]],
  ['``a`b``', [code('a`b')]],
  ['`open', ['`open']],
  ['``a`', ['``a`']],
  ['**`x`**', [strong(code('x'))]],
  ['```\na\n  b\n```', [pre('a\n  b')]],
  ['see:\n```js\n*x*\n```\ndone', ['see:', pre('*x*', 'js'), 'done']],
  ['```\nopen', ['```\nopen']],
  ['```inline```', [code('inline')]],
  ['> a\n> b\nc', [quote('a\nb'), 'c']],
  ['>*a*', [quote(em('a'))]],
  ['a > b', ['a > b']],
  ['see https://a.example/x.', ['see ', link('https://a.example/x'), '.']],
  ['(https://a.example/b_(c))', ['(', link('https://a.example/b_(c)'), ')']],
  ['**https://a.example**', [strong(link('https://a.example'))]],
  ['HTTP://A.example', [link('HTTP://A.example')]],
  ['http://', ['http://']],
  ['xhttp://a.example', ['xhttp://a.example']],
  ['javascript://a.example/%0aalert(1)', ['javascript://a.example/%0aalert(1)']],
  ['<b>x</b>', ['<b>x</b>']],
  ['https://a.example/<script>', [link('https://a.example/'), '<script>']],
];

for (const [text, tree] of CASES) {
  test(`${JSON.stringify(text)} is read`, () => assert.deepEqual(parse(text), tree));
}

/** @param {Node} node @returns {string} */
function textOf(node) {
  if (typeof node === 'string') return node;
  if ('children' in node) return node.children.map(textOf).join('');
  return node.tag === 'pre' ? node.info + node.text : node.text;
}

/** @param {Node[]} nodes @returns {Exclude<Node, string>[]} */
function elements(nodes) {
  return nodes.flatMap((node) => {
    if (typeof node === 'string') return [];
    return ['children' in node ? elements(node.children) : [], node].flat();
  });
}

/** What is left of a text when everything that may be a marker is taken out. @param {string} text */
const bare = (text) => text.replace(/[*`>\s]/g, '');

/** Texts that are full of markers. */
const MARKED = fc
  .array(
    fc.oneof(
      fc.constantFrom('*', '**', '***', '`', '```', '\n', '\n```\n', '\n> ', ' ', 'a', 'ä', '字'),
      fc.constantFrom('https://a.example/', 'http://', '(', ')', '.', '<img src=x>', '😀'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

test('whatever is written, only markers go, and only what is allowed comes', () => {
  fc.assert(
    fc.property(MARKED, (text) => {
      const tree = parse(text);
      assert.equal(bare(tree.map(textOf).join('')), bare(text));
      for (const node of elements(tree)) {
        assert.ok(['strong', 'em', 'code', 'pre', 'blockquote', 'a'].includes(node.tag));
        if (node.tag === 'a') assert.match(node.text, /^https?:\/\/[^\s<>"]+$/i);
      }
    }),
    { numRuns: 3000 },
  );
});

test('a text without a marker is one text', () => {
  const plain = fc.string({ unit: 'grapheme' }).filter((text) => !/[*`>\n]|http/i.test(text));
  fc.assert(fc.property(plain, (text) => assert.deepEqual(parse(text), text ? [text] : [])));
});

/** @param {string} text */
function timeOf(text) {
  const began = process.cpuUsage();
  parse(text);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

test('hostile texts cost no more than their length', () => {
  const units = [
    '*a ',
    '**a ',
    'a** *b',
    '`',
    '` `` ',
    '```\n',
    '>',
    '> \n',
    'https://',
    'https://a(',
  ];
  for (const unit of [...units, '***a***', '*a **b ', ')', 'https://a.b/)*', '*', '\n```x']) {
    const long = unit.repeat(100_000 / unit.length);
    // Quadratic time would take minutes here; the bound is for a machine that is busy.
    const time = timeOf(long);
    assert.ok(time < 5000, `${JSON.stringify(unit)}: ${time} ms`);
  }
});

test('a mention is the nickname as a word, or with an @', () => {
  for (const text of ['Aino?', 'hi @aino', 'AINO!', '(Aino)', 'Aino']) {
    assert.ok(mentions(text, 'Aino'), text);
  }
  for (const text of ['Ainola', 'Kaino', 'aino_x', '']) assert.ok(!mentions(text, 'Aino'), text);
  assert.ok(!mentions('me too', 'me') && mentions('@me too', 'me'));
  assert.ok(!mentions('anything', ''));
  assert.ok(mentions('a+b (c)', 'a+b (c)') && !mentions('aab (c)', 'a+b (c)'));
});

test('the parts of a text with mentions are the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, name) => {
      const parts = splitMentions(`${text}@${name} ${text}`, name);
      assert.equal(parts.map((part) => part.text).join(''), `${text}@${name} ${text}`);
    }),
  );
});
