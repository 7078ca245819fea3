// The payload contract, as the page reads and writes it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as payload from '../../web/chat/payload.js';

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);
const parse = (/** @type {unknown} */ value) =>
  payload.parseMessage(bytes(typeof value === 'string' ? value : JSON.stringify(value)));

const GOOD = { nickname: 'Tester', text: 'Hello', clientId: 'cli-001', msgId: 'm1' };

test('a JSON object is read by its members, and unknown ones are ignored', () => {
  assert.deepEqual(parse({ ...GOOD, more: [1] }), GOOD);
});

test('ids may be absent or null', () => {
  const { nickname, text } = GOOD;
  const bare = { nickname, text, clientId: null, msgId: null };
  assert.deepEqual(parse({ nickname, text }), bare);
  assert.deepEqual(parse(bare), bare);
});

test('members are trimmed', () => {
  assert.deepEqual(
    parse({ nickname: ' Tester\n', text: '\u00a0Hello\ufeff', clientId: ' cli-001', msgId: 'm1 ' }),
    GOOD,
  );
});

test('a payload of more than 64 KiB is none', () => {
  const most = 65_536 - JSON.stringify(GOOD).length;
  assert.deepEqual(parse(JSON.stringify(GOOD) + ' '.repeat(most)), GOOD);
  assert.equal(parse(JSON.stringify(GOOD) + ' '.repeat(most + 1)), null);
});

test('whatever is not a JSON object is the text of a device', () => {
  for (const text of ['door open', '21.5', '"quoted"', '[1,2]', 'null', '{"broken', '{"a":1} x']) {
    assert.deepEqual(parse(` ${text}\n`), { nickname: 'mqtt', text, clientId: null, msgId: null });
  }
});

test('an object that breaks the contract is no message', () => {
  const broken = [
    { text: 'x' },
    { nickname: 'x' },
    { ...GOOD, nickname: '' },
    { ...GOOD, nickname: ' \t' },
    { ...GOOD, nickname: 7 },
    { ...GOOD, nickname: null },
    { ...GOOD, nickname: 'x'.repeat(65) },
    { ...GOOD, text: '' },
    { ...GOOD, text: ['x'] },
    { ...GOOD, text: 'x'.repeat(4001) },
    { ...GOOD, text: 'nul\0' },
    { ...GOOD, clientId: 1 },
    { ...GOOD, clientId: '' },
    { ...GOOD, msgId: 'x'.repeat(65) },
    { ...GOOD, msgId: {} },
  ];
  for (const object of broken) assert.equal(parse(object), null, JSON.stringify(object));
});

// tests/unit/test_payloads.c reads it as well: what is shown live and what is stored agree.
test('each payload of the vectors gets its verdict', () => {
  const file = readFileSync(new URL('../vectors/payloads.txt', import.meta.url), 'utf8');
  const lines = file.split('\n').filter((line) => line && !line.startsWith('#'));
  const decode = (/** @type {string} */ field) => {
    const latin1 = Buffer.from(field).toString('latin1');
    const octets = latin1.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number(`0x${hex}`)));
    return Buffer.from(octets, 'latin1');
  };
  for (const line of lines) {
    const [verdict, ...fields] = line.split('\t');
    const [bytes, nickname, text] = fields.map(decode);
    const found = payload.parseMessage(bytes ?? Buffer.of());
    const plain = found?.nickname === 'mqtt' && found.text === String(bytes);
    assert.equal(!found ? 'fault' : plain ? 'text' : 'message', verdict, line);
    if (verdict !== 'message') continue;
    assert.deepEqual([found?.nickname, found?.text], [String(nickname), String(text)], line);
  }
  assert.ok(lines.length > 300);
});

test('lengths are counted in code points', () => {
  assert.equal(parse({ ...GOOD, text: '🫖'.repeat(4000) })?.text.length, 8000);
  assert.equal(parse({ ...GOOD, text: '🫖'.repeat(4001) }), null);
  assert.equal(parse({ ...GOOD, nickname: '🫖'.repeat(64) })?.nickname.length, 128);
  assert.equal(payload.codePoints('a🫖'), 2);
});

test('what is empty, too long, no UTF-8 or holds a NUL is no message', () => {
  assert.equal(parse(''), null);
  assert.equal(parse(' \n'), null);
  assert.equal(parse('x'.repeat(4001)), null);
  assert.equal(parse('a\0b'), null);
  assert.equal(payload.parseMessage(Uint8Array.of(0x61, 0xff)), null);
});

test('receipts are read one by one, and what is none is left out', () => {
  const ts = '2026-11-23T17:41:05.123Z';
  const receipt = { id: 3, ts, clientId: 'c', msgId: 'm' };
  const read = (/** @type {unknown} */ value) =>
    payload.parseReceipts(bytes(JSON.stringify(value)));
  assert.deepEqual(read([receipt, { id: 4, ts, clientId: null, msgId: null }]), [
    { ...receipt, prev: null },
    { id: 4, ts, clientId: null, msgId: null, prev: null },
  ]);
  for (const [prev, is] of [
    [0, 0],
    [2, 2],
    [-1, null],
    ['2', null],
    [1.5, null],
  ]) {
    assert.deepEqual(read([{ ...receipt, prev }]), [{ ...receipt, prev: is }]);
  }
  assert.deepEqual(read([{ ...receipt, id: '3' }, { ...receipt, id: 0 }, 5, null]), []);
  assert.deepEqual(read([{ ...receipt, ts: 'yesterday' }, { id: 3 }]), []);
  assert.deepEqual(read({ 0: receipt }), []);
  assert.deepEqual(payload.parseReceipts(bytes('[')), []);
});

test('a rejection is read, whatever it lacks', () => {
  const read = (/** @type {unknown} */ value) =>
    payload.parseRejection(bytes(JSON.stringify(value)));
  assert.deepEqual(read({ clientId: 'c', msgId: 'm', reason: 'r' }), {
    clientId: 'c',
    msgId: 'm',
    reason: 'r',
  });
  assert.deepEqual(read({ msgId: 5 }), { clientId: null, msgId: null, reason: '' });
  assert.equal(read([]), null);
});

test('a page is an array of messages and nothing else', () => {
  const item = { id: 1, room: 'messages', ts: '2026-11-23T17:41:05.123Z', ...GOOD };
  assert.deepEqual(payload.parsePage([]), []);
  assert.equal(payload.parsePage([item])?.[0].text, 'Hello');
  for (const wrong of [
    null,
    {},
    '',
    [item, null],
    [{ ...item, id: 'x' }],
    [{ ...item, text: 1 }],
  ]) {
    assert.equal(payload.parsePage(wrong), null, JSON.stringify(wrong));
  }
});

test('what is typed becomes what can be stored', () => {
  assert.equal(payload.cleanText('  two\nlines\n '), 'two\nlines');
  assert.equal(payload.cleanText('nul\0 half \ud83d.'), 'nul half \ufffd.');
  assert.equal(payload.cleanText('🫖'), '🫖');
});

test('what is built is what is read', () => {
  const tricky = { ...GOOD, text: '"\\ <img src=x onerror=alert(1)> \u2028 🫖' };
  assert.deepEqual(parse(payload.buildPayload(tricky)), tricky);
});

test('a room is named as the contract says', () => {
  for (const good of ['a', '7', 'lab-1', 'a_b', 'x'.repeat(64)]) assert.ok(payload.isRoom(good));
  for (const bad of ['', '-a', '_a', 'Lab', 'a/b', 'a.b', 'é', '#', '+', 'x'.repeat(65)]) {
    assert.ok(!payload.isRoom(bad), bad);
  }
});
