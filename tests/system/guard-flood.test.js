/** How fast one may publish at the broker with the plugin, and what becomes of who is faster. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { device, fresh, page, says, startGuarded, ways } from '../lib/guard.js';
import { until } from '../lib/stack.js';

const REFUSED = 0x87;

/** @type {import('../lib/guard.js').Guarded} */
let guarded;
before(async () => {
  guarded = await startGuarded();
});
after(() => guarded?.close());

/**
 * That so many were taken since `begin` as a bucket allows. It goes on filling while a slow machine works.
 * @param {number} taken
 * @param {number} begin
 * @param {number} burst
 * @param {number} perSecond
 */
function holds(taken, begin, burst, perSecond) {
  const most = burst + 1 + ((Date.now() - begin) / 1000) * perSecond;
  assert.ok(taken >= burst && taken <= most, `${taken} and at most ${most}`);
}

/**
 * Publishes so many at once, and says how many were taken.
 * @param {import('../lib/guard.js').Person} who
 * @param {number} count
 * @param {(i: number) => string} [room]
 */
async function flood(who, count, room = () => 'lab') {
  const claims = /** @type {{nick: string, sub: string}} */ (who.claims);
  const codes = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      who.publish(`chat/${room(i)}`, says(claims, 'flood', { msgId: `flood-${i}` })),
    ),
  );
  assert.ok(codes.every((code) => code === 0 || code === REFUSED));
  return codes.filter((code) => code === 0).length;
}

for (const way of ways) {
  test(`${way}: one who floods is slowed down and told, the others are not`, async () => {
    const eve = await guarded.enter(way, page('eve'));
    const ann = await guarded.enter(way, page('ann'));
    const begin = Date.now();
    const taken = await flood(eve, 200);
    holds(taken, begin, 60, 10);
    await until(() => eve.heard.length >= 60);
    const { topic, payload } = eve.heard[0];
    assert.equal(topic, 'chat/lab/rejected');
    const { msgId, clientId, reason } = JSON.parse(payload);
    assert.match(msgId, /^flood-\d+$/);
    assert.equal(clientId, eve.claims.sub);
    assert.match(reason, /^too fast, try again in \d+ s$/);
    assert.equal(await flood(ann, 20), 20);
    await until(async () => (await flood(eve, 1)) === 1, 5000, 'it goes on later');
  });

  test(`${way}: another connection, another page does not help`, async () => {
    const claims = page('eve', { cid: undefined });
    const all = await Promise.all([1, 2, 3, 4].map(() => guarded.enter(way, claims)));
    const begin = Date.now();
    const taken = await Promise.all(all.map((one) => flood(one, 50)));
    holds(
      taken.reduce((a, b) => a + b),
      begin,
      60,
      10,
    );
  });

  test(`${way}: typing and presence count as well`, async () => {
    const eve = page('eve');
    const me = await guarded.enter(way, eve);
    for (let i = 0; i < 300; i++) me.publish('chat/lab/typing', '{}', { qos: 0 });
    assert.equal(await me.publish('chat/lab', says(eve, 'x')), REFUSED);
  });

  test(`${way}: who floods is not told each time, which would fill the broker`, async () => {
    const eve = page('eve');
    const me = await guarded.enter(way, eve);
    const begin = Date.now();
    const wrong = Array.from({ length: 300 }, (_, i) => says(eve, 'x', { nickname: `n${i}` }));
    await Promise.all(wrong.map((payload) => me.publish('chat/lab', payload)));
    await me.publish('chat/lab', says(eve, 'marker'));
    await me.subscribe('chat/lab');
    await me.publish('chat/lab', says(eve, 'marker'));
    await me.hears('marker');
    holds(me.heard.length - 1, begin, 60, 10);
  });

  test(`${way}: many guests of one address are slowed down together`, async () => {
    const ip = way === 'ws' ? '2001:db8:7::1' : '198.51.100.7';
    /** @param {number} i of IPv6 they have a /64 */
    const of = (i) => (way === 'ws' ? `2001:db8:7::${i + 1}` : ip);
    const guests = await Promise.all(
      Array.from({ length: 10 }, (_, i) => guarded.enter(way, page('guest', { ip: of(i) }))),
    );
    const begin = Date.now();
    const taken = await Promise.all(guests.map((one) => flood(one, 60)));
    holds(
      taken.reduce((a, b) => a + b),
      begin,
      300,
      50,
    );
    const other = await guarded.enter(way, page('other', { ip: '203.0.113.9' }));
    assert.equal(await flood(other, 20), 20);
  });

  test(`${way}: new rooms are few, known ones are not counted`, async () => {
    const eve = await guarded.enter(way, page('eve', { ip: way === 'ws' ? '192.0.2.1' : '' }));
    const ann = await guarded.enter(way, page('ann'));
    const rooms = Array.from({ length: 30 }, () => fresh('room'));
    const begin = Date.now();
    const taken = await flood(eve, 30, (i) => rooms[i]);
    holds(taken, begin, 10, 0.1);
    assert.equal(await flood(eve, 10, () => rooms[0]), 10);
    assert.equal(await flood(ann, 5, (i) => rooms[i]), 5, 'which others have made');
    if (way === 'ws') {
      const guest = await guarded.enter(way, page('guest', { ip: '192.0.2.1' }));
      assert.ok((await flood(guest, 10, () => fresh('room'))) <= 1, 'as another guest');
    }
  });

  test(`${way}: wills count as well`, async () => {
    const eve = page('eve');
    const witness = await guarded.witness();
    const payload = Buffer.from(says(eve, `${way} will`));
    const will = { topic: `chat/${fresh('new')}`, payload, qos: /** @type {const} */ (0) };
    const me = await guarded.enter(way, eve, { will: { ...will, retain: false } });
    await flood(me, 20, () => fresh('new'));
    me.client.end(true);
    await sleep(1000);
    await witness.publish('chat/lab', says(witness.claims, `${way} marker`));
    await witness.hears(`${way} marker`);
    assert.ok(!witness.has(`${way} will`));
  });
}

test('thousands of refusals leave the broker its memory (memory_limit counts what it frees)', async () => {
  const long = { nickname: 'bob', msgId: '\u{1F600}'.repeat(64), clientId: '\u{1F600}'.repeat(64) };
  let told = 0;
  for (let round = 0; round < 60; round++) {
    const eve = page('eve');
    const me = await guarded.enter('mqtt', eve);
    const wrong = says(eve, 'x', long);
    await Promise.all(Array.from({ length: 60 }, () => me.publish('chat/lab', wrong)));
    await until(() => me.heard.length >= 60);
    told += me.heard.length;
    me.client.end(true);
  }
  assert.ok(told >= 3600);
  const lamp = await guarded.enter('mqtt', device('lamp'));
  assert.equal(await lamp.publish('chat/lab', 'x'.repeat(60000)), 0);
  await guarded.enter('ws', page('ann'));
});
