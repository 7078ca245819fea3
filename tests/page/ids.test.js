import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { newMsgId, newToken, uuid7 } from '../../web/chat/ids.js';

// Not global before node 20.
globalThis.crypto ??= /** @type {Crypto} */ (webcrypto);

test('a msgId is a UUID of version 7', () => {
  assert.match(newMsgId(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('later msgIds sort later', () => {
  const early = uuid7(1_700_000_000_000, new Uint8Array(10).fill(255));
  const late = uuid7(1_700_000_000_001, new Uint8Array(10));
  assert.equal(early, '018bcfe5-6800-7fff-bfff-ffffffffffff');
  assert.ok(early < late);
});

test('no two are the same', () => {
  assert.equal(new Set(Array.from({ length: 1000 }, newMsgId)).size, 1000);
  assert.equal(new Set(Array.from({ length: 1000 }, newToken)).size, 1000);
});
