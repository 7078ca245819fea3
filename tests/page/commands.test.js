// What is written to the chat itself, and what only looks like it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOrder } from '../../web/chat/commands.js';
import { addEnglish } from '../../web/chat/texts.js';
import { englishLater } from '../../web/chat/texts-en-later.js';

addEnglish(englishLater);

test('a deed is sent in italics, line by line', () => {
  assert.deepEqual(readOrder('/me waves'), { text: '*waves*' });
  assert.deepEqual(readOrder('/ME  waves \n and  goes '), { text: '*waves* \n *and  goes*' });
  assert.deepEqual(readOrder('/me is *very* tired'), { text: 'is *very* tired' });
  assert.ok('problem' in readOrder('/me'));
  assert.ok('problem' in readOrder(`/me ${'x'.repeat(3999)}`), 'too long with its stars');
});

test('a name is taken, asked for, or refused', () => {
  assert.deepEqual(readOrder('/nick  Ann Lee '), { nickname: 'Ann Lee' });
  assert.deepEqual(readOrder('/nick'), { nickname: '' });
  for (const bad of ['x'.repeat(65), '\u202e', '\u200b']) {
    assert.ok('problem' in readOrder(`/nick ${bad}`), bad);
  }
});

test('help is help; an unknown word is refused, and says how it is sent', () => {
  assert.deepEqual(readOrder('/help'), { help: true });
  for (const typed of ['/hlep', '/topic new', '/constructor', '/привет всем']) {
    const order = readOrder(typed);
    assert.ok('problem' in order && order.problem.includes(typed.split(' ')[0]), typed);
  }
});

test('a path, a fraction, a doubled slash and a blank before it are text', () => {
  for (const typed of [
    '/etc/passwd is odd',
    '/',
    '// todo',
    '/2 of it',
    'a /me b',
    '/me-too',
    '/a.b',
  ]) {
    assert.deepEqual(readOrder(typed), { text: typed });
  }
  assert.deepEqual(readOrder('//me waves'), { text: '/me waves' });
  assert.deepEqual(readOrder(' /me waves'), { text: '/me waves' });
});
