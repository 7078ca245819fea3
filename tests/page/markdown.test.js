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
/** @type {(text: string, href?: string) => Node} */
const link = (text, href) => (href ? { tag: 'a', text, href } : { tag: 'a', text });
/** @type {Make} */
const struck = (...children) => ({ tag: 's', children });
/** @type {Make} */
const entry = (...children) => ({ tag: 'li', value: 0, children });
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
  ['~~no~~ yes', [struck('no'), ' yes']],
  ['**a ~~b~~**', [strong('a ', struck('b'))]],
  ['~~a **b~~', [struck('a **b')]],
  ['~/home ~5 ~~ x ~~~a~~~', ['~/home ~5 ~~ x ~~~a~~~']],
  ['- a\n- *b*\nc', [{ tag: 'ul', children: [entry('a'), entry(em('b'))] }, 'c']],
  ['x:\n* a', ['x:', { tag: 'ul', children: [entry('a')] }]],
  ['7. a', [{ tag: 'ol', children: [{ tag: 'li', value: 7, children: ['a'] }] }]],
  ['-5', ['-5']],
  ['- ', ['- ']],
  ['1.5 or 2', ['1.5 or 2']],
  ['[it](https://a.example/b_(c)).', [link('it', 'https://a.example/b_(c)'), '.']],
  ['[it](javascript:alert(1))', ['[it](javascript:alert(1))']],
  ['[it] (https://a.example)', ['[it] (', link('https://a.example'), ')']],
  ['[\u200b](https://a.example)', ['[\u200b](', link('https://a.example'), ')']],
  ['[a][b](https://a.example)', ['[a]', link('b', 'https://a.example')]],
  ['see www.a.example/x, ok', ['see ', link('www.a.example/x', 'https://www.a.example/x'), ', ok']],
  ['www. www.x xwww.a.example', ['www. www.x xwww.a.example']],
  ['to a.b+c@d.example.', ['to ', link('a.b+c@d.example', 'mailto:a.b+c@d.example'), '.']],
  ['git@a.example:b/c @aino a@b', ['git@a.example:b/c @aino a@b']],
];

/** What people and their keyboards put behind an address, and what they put around it. */
const BEHIND = [
  ...['.', ',', ';', ':', '!', '?', '…', '”', '“', '’', '»', '›', ']', '}', ')', '–', '—', '・'],
  ...[
    '。',
    '、',
    '，',
    '．',
    '！',
    '？',
    '：',
    '；',
    '」',
    '』',
    '）',
    '】',
    '》',
    '〉',
    '〕',
    '、次は',
  ],
  ...['،', '؟', '।', '\u200b', '\u202e', '\u2069', '\u00ad', '。次の文', '”, he said', '”…'],
];

test('the punctuation of a sentence is no part of the address in it', () => {
  for (const behind of BEHIND) {
    const text = `https://a.example/d${behind}`;
    const tree = parse(text);
    assert.deepEqual(tree[0], link('https://a.example/d'), JSON.stringify(text));
    assert.equal(tree.map(textOf).join(''), text);
  }
  for (const pair of ['[]', '{}', '()', '“”', '„“', '«»', '「」', '（）', '【】']) {
    const tree = parse(`${pair[0]}https://a.example/i${pair[1]}`);
    assert.deepEqual(tree, [pair[0], link('https://a.example/i'), pair[1]], pair);
  }
  for (const whole of [
    '/b_(c)',
    '/b[1]',
    '/?q={x}',
    '/ä',
    '/日本',
    '/a-',
    '/#',
    '/a’s'.slice(0, 2),
  ]) {
    assert.deepEqual(parse(`https://a.example${whole}`), [link(`https://a.example${whole}`)]);
  }
});

for (const [text, tree] of CASES) {
  test(`${JSON.stringify(text)} is read`, () => assert.deepEqual(parse(text), tree));
}

/** @param {Node} node @returns {string} */
function textOf(node) {
  if (typeof node === 'string') return node;
  if (node.tag === 'li') return (node.value || '-') + node.children.map(textOf).join('');
  if ('children' in node) return node.children.map(textOf).join('');
  if (node.tag === 'a' && node.href?.startsWith('http') && !node.href.endsWith(node.text)) {
    return node.text + node.href;
  }
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
const bare = (text) => text.replace(/[*`>~[\]().\-\s]/g, '');

const TAGS = ['strong', 'em', 's', 'code', 'pre', 'blockquote', 'a', 'ul', 'ol', 'li'];

/** Texts that are full of markers. */
const MARKED = fc
  .array(
    fc.oneof(
      fc.constantFrom('*', '**', '***', '`', '```', '\n', '\n```\n', '\n> ', ' ', 'a', 'ä', '字'),
      fc.constantFrom('https://a.example/', 'http://', '(', ')', '.', '<img src=x>', '😀'),
      fc.constantFrom(
        '~~',
        '[a](https://b.example)',
        '[',
        ']',
        'www.',
        'a@b.example',
        '\n- ',
        '\n7. ',
      ),
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
        assert.ok(TAGS.includes(node.tag));
        const href = node.tag === 'a' ? (node.href ?? node.text) : 'mailto:';
        assert.match(href, /^(?:https?:\/\/[^\s<>"]+$|mailto:)/i);
      }
    }),
    { numRuns: 3000 },
  );
});

test('a text without a marker is one text', () => {
  const plain = fc
    .string({ unit: 'grapheme' })
    .filter((text) => !/[*`>~@[\n]|http|www|^-|^\d/i.test(text));
  fc.assert(fc.property(plain, (text) => assert.deepEqual(parse(text), text ? [text] : [])));
});

/** @param {string} text */
function timeOf(text) {
  const began = process.cpuUsage();
  parse(text);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

const LINKS = [
  '[',
  '[a](https://',
  '[a](https://(',
  '[a](https://()',
  ']',
  'a@',
  'a@b.',
  'www.',
  '~~a ',
  '\n- ',
  '1. ',
];

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
  for (const unit of [
    ...units,
    '***a***',
    '*a **b ',
    ')',
    'https://a.b/)*',
    '*',
    '\n```x',
    ...LINKS,
  ]) {
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
