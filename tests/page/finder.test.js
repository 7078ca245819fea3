// How rooms stand in their list, what a few letters mean there, and how a topic is read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOrder, matching, nameOf } from '../../web/chat/finder.js';
import { newRoom } from '../../web/chat/room.js';
import { parseTopic } from '../../web/chat/topic.js';

test('what is unread stands first, but for what is muted; each by name', () => {
  const names = ['tea', 'lab', 'den', 'ops', 'constructor'];
  const rooms = new Map(
    names.map((name) => [
      name,
      { ...newRoom(name), uncounted: ['tea', 'ops', 'den'].includes(name) },
    ]),
  );
  const muted = (/** @type {string} */ name) => name === 'den';
  assert.deepEqual(inOrder(rooms, muted), ['ops', 'tea', 'constructor', 'den', 'lab']);
});

test('the name itself is found first, then what begins with it, then the rest', () => {
  const names = ['old-lab', 'label', 'lab', 'tea', 'lab'];
  assert.deepEqual(matching(names, 'lab'), ['lab', 'label', 'old-lab']);
  assert.deepEqual(matching(names, 'x'), []);
});

test('a name is what one would write after #', () => {
  assert.deepEqual(['#Wood  Shop', ' lab ', '#', 'Räksä'].map(nameOf), [
    'wood-shop',
    'lab',
    '',
    'räksä',
  ]);
});

test('a topic is one line of text, of plain text or JSON, and is cut where it is too long', () => {
  const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);
  const read = (/** @type {string} */ text) => parseTopic(bytes(text));
  assert.equal(read('What we\ndo here'), 'What we do here');
  assert.equal(read('{"text":"in JSON"}'), 'in JSON');
  assert.equal(read('{"other":1}'), '{"other":1}');
  assert.equal(read('{broken'), '{broken');
  assert.equal(read('a\u202eb\u0000c'), 'abc');
  assert.equal(read(' \u200b\u2060 '), '');
  assert.equal(read('x'.repeat(201)), `${'x'.repeat(200)}…`);
  assert.equal(read('x'.repeat(2000)), '');
  assert.equal(parseTopic(new Uint8Array()), '');
});
