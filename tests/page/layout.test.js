// What stands between the messages: names, days, the line "new".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut } from '../../web/chat/layout.js';
import { addLive, emptyLog } from '../../web/chat/log.js';
import { addOwn } from '../../web/chat/outbox.js';
import { openHistory, prependHistory } from '../../web/chat/pages.js';
import { newRoom } from '../../web/chat/room.js';

process.env.TZ = 'Europe/Helsinki';

const NOON = Date.parse('2026-11-23T12:00:00Z');
const AWAY = { now: NOON, live: false };

/** @param {number} id @param {number} minutes after noon @param {string} [nickname] */
const stored = (id, minutes, nickname = 'Aino') => ({
  id,
  nickname,
  text: `t${id}`,
  clientId: `c-${nickname}`,
  msgId: `m${id}`,
  ts: new Date(NOON + minutes * 60_000).toISOString(),
});

const isOwn = (/** @type {{clientId: string | null}} */ { clientId }) => clientId === 'me';

/**
 * @param {import('../../web/chat/log.js').Log} log
 * @param {number | null} [newFrom]
 */
const shown = (log, newFrom = null) =>
  layOut({ ...newRoom('lab'), log, newFrom }, isOwn)
    .map((item) => {
      if (item.kind === 'day') return `[${item.key.slice(8, 10)}]`;
      if (item.kind !== 'row') return `[${item.kind}]`;
      return `${item.head ? item.row.nickname : ''}.${item.row.id}`;
    })
    .join(' ');

/** @param {...ReturnType<typeof stored>} items */
const opened = (...items) => openHistory(emptyLog(), { items, older: true, newer: false }, AWAY);

test('a name stands above the first of what one says within five minutes', () => {
  const log = opened(
    stored(1, 0),
    stored(2, 5),
    stored(3, 10.1),
    stored(4, 11, 'Otso'),
    stored(5, 11),
  );
  assert.equal(shown(log), '[23] Aino.1 .2 Aino.3 Otso.4 Aino.5');
});

test('the same name of another client is another person', () => {
  const log = opened(stored(1, 0), { ...stored(2, 1), clientId: 'c-other' });
  assert.equal(shown(log), '[23] Aino.1 Aino.2');
});

test('an older page that ends with the same author takes the name to its place', () => {
  const log = opened(stored(11, 3), stored(12, 4));
  assert.equal(shown(log), '[23] Aino.11 .12');
  const older = { items: [stored(9, -9, 'Otso'), stored(10, 2)], older: false, newer: true };
  const joined = prependHistory(log, older, AWAY);
  assert.equal(shown(joined), '[start] [23] Otso.9 Aino.10 .11 .12');
});

test('a day begins at local midnight, and with a name', () => {
  // Noon UTC is 14 in Helsinki: ten hours to midnight.
  const log = opened(stored(1, 599), stored(2, 600), stored(3, 601));
  assert.equal(shown(log), '[23] Aino.1 [24] Aino.2 .3');
});

test('each change of the day has its line, also where a day comes again', () => {
  const day = 24 * 60;
  const log = opened(stored(1, 0), stored(2, -day), stored(3, 0), stored(4, -60));
  assert.equal(shown(log), '[23] Aino.1 [22] Aino.2 [23] Aino.3 Aino.4');
  const keys = layOut({ ...newRoom('lab'), log }, isOwn).map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});

test('the line "new" stands before the first that was not seen, unless that is our own', () => {
  const log = opened(stored(1, 0), stored(2, 1), stored(3, 2));
  assert.equal(shown(log, 1), '[23] Aino.1 [new] Aino.2 .3');
  assert.equal(shown(log, 3), '[23] Aino.1 .2 .3');
  const own = opened(stored(1, 0), { ...stored(2, 1), clientId: 'me' }, stored(3, 2));
  assert.equal(shown(own, 1), '[23] Aino.1 Aino.2 [new] Aino.3');
});

test('what has no id yet stands at the end; where the end is not shown, it is not either', () => {
  const pending = { nickname: 'Aino', text: 'x', clientId: 'me', msgId: 'own' };
  let log = addOwn(opened(stored(1, 0)), pending, NOON);
  log = addLive(log, { ...pending, nickname: 'Otso', clientId: 'o', msgId: 'o1' }, NOON);
  assert.equal(shown(log), '[23] Aino.1 Aino.null Otso.null');
  const middle = { items: [stored(1, 0)], older: true, newer: true };
  assert.equal(shown(openHistory(log, middle, AWAY)), '[23] Aino.1');
});
