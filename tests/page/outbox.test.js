// What is ours to send when the site says who we are, and when we are too fast for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as log from '../../web/chat/log.js';
import * as outbox from '../../web/chat/outbox.js';

const OLD = { clientId: '~old', nickname: 'Old' };
const NEW = { clientId: '~new', nickname: 'New' };

/** @param {string} msgId @param {{clientId: string, nickname: string}} sender */
const message = (msgId, sender = OLD) => ({ ...sender, text: `text of ${msgId}`, msgId });

/** @param {import('../../web/chat/log.js').Log} list */
const senders = ({ rows }) =>
  rows.map(({ clientId, nickname, state }) => `${clientId} ${nickname} ${state}`);

/** One that was sent, and one that was not. */
function two() {
  const list = outbox.addOwn(log.emptyLog(), message('m1'), 0);
  const sent = outbox.markSent(list, list.rows[0].key, 0);
  return outbox.addOwn(sent, message('m2'), 0);
}

test('what was never sent goes out under the new name; what was keeps the one it was sent under', () => {
  const list = outbox.claimUnsent(two(), NEW);
  assert.deepEqual(senders(list), ['~old Old sending', '~new New sending']);
  const other = log.addLive(log.emptyLog(), message('m3'), 0);
  assert.deepEqual(senders(outbox.claimUnsent(other, NEW)), ['~old Old live']);
});

test('what was sent before the page was loaded again counts as sent', () => {
  const list = outbox.addOwn(log.emptyLog(), message('m1'), 0, 1);
  assert.deepEqual(senders(outbox.claimUnsent(list, NEW)), ['~old Old sending']);
  assert.equal(outbox.toSend(list)[0].retryAt, 0);
});

test('what was refused under the old name takes the new one when its writer wants it sent again', () => {
  const list = two();
  const [{ key }] = list.rows;
  const waiting = outbox.sendAgain(list, key, NEW);
  assert.equal(senders(waiting)[0], '~old Old sending', 'it may be on its way still');
  const failed = outbox.fail(list, key, 'not authorized');
  assert.equal(senders(outbox.sendAgain(failed, key, NEW))[0], '~new New sending');
  assert.equal(
    senders(outbox.sendAgain(failed, key, { ...NEW, clientId: '~old' }))[0],
    '~old Old sending',
  );
});

test('what was too fast is sent again by itself, when the guard says', () => {
  const sent = two();
  for (const [reason, wait] of /** @type {const} */ ([
    ['too fast, try again in 3 s', 4000],
    ['too fast', 6000],
    ['too fast, try again in 12345 s', 13_000],
  ])) {
    const list = outbox.addRejection(sent, { ...message('m1'), reason }, 1000);
    const [row] = list.rows;
    assert.deepEqual([row.state, row.reason, row.retryAt], ['sending', reason, 1000 + wait]);
    assert.equal(row.text, 'text of m1');
    const again = outbox.markSent(list, row.key, row.retryAt).rows[0];
    assert.deepEqual([again.reason, again.tries], ['', 2]);
  }
});

test("the broker's own refusal, before it or behind it, makes no difference", () => {
  const sent = two();
  const [{ key }] = sent.rows;
  const fast = { ...message('m1'), reason: 'too fast, try again in 1 s' };
  const before = outbox.fail(sent, key, 'not authorized');
  assert.equal(before.rows[0].state, 'failed');
  for (const list of [
    outbox.addRejection(before, fast, 0),
    outbox.fail(outbox.addRejection(sent, fast, 0), key, 'not authorized'),
  ]) {
    assert.deepEqual([list.rows[0].state, list.rows[0].retryAt], ['sending', 2000]);
  }
  const muted = outbox.addRejection(before, { ...fast, reason: 'you are muted' }, 0);
  assert.deepEqual([muted.rows[0].state, muted.rows[0].reason], ['failed', 'you are muted']);
});

test('who is told again and again that it is too fast is never late', () => {
  let list = two();
  const [{ key }] = list.rows;
  for (let i = 0; i < 5; i++) {
    list = outbox.addRejection(list, { ...message('m1'), reason: 'too fast' }, i * 10_000);
    assert.ok(!outbox.isLate(list.rows[0]));
    list = outbox.markSent(list, key, i * 10_000 + 6000);
    assert.ok(!outbox.isLate(list.rows[0]));
  }
});
