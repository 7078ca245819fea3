/** What one may hear at the broker with the plugin. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { device, fresh, page, says, startGuarded, ways } from '../lib/guard.js';

const REFUSED = 0x87;

/** @type {import('../lib/guard.js').Guarded} */
let guarded;
before(async () => {
  guarded = await startGuarded();
});
after(() => guarded?.close());

for (const way of ways) {
  test(`${way}: what the page subscribes to is let through`, async () => {
    const ann = await guarded.enter(way, page('ann'));
    const filters = ['chat/+', 'chat/lab', 'chat/+/stored', 'chat/lab/stored', 'chat/+/rejected']
      .concat(['chat/lab/topic', 'chat/lab/typing', 'chat/lab/presence/+', 'chat/+/presence/+'])
      .concat(['chat/lab/presence/p-bob']);
    assert.deepEqual(
      await ann.subscribe(...filters),
      filters.map(() => 1),
    );
  });

  test(`${way}: nobody hears all there is, what is the broker's, or in another's place`, async () => {
    const eve = await guarded.enter(way, page('eve'));
    const filters = ['#', '+', '+/+', 'chat/#', 'chat/+/#', 'chat/lab/#', '+/lab', '/#', 'chat']
      .concat(['$SYS/#', '$SYS/broker/clients/connected', '$CONTROL/#', '$CONTROL/mqtt-chat/v1'])
      .concat(['$share/g/chat/+', '$share/g/chat/lab', '$share/g/#', 'chat/+/+', 'chat/lab/+'])
      .concat(['chat/+/presence/+/+', 'chat/LAB', 'chat/lab/', 'chat/lab/presence', 'chat/lab/mod'])
      .concat(['chat/lab/presence/', 'chat/_x']);
    for (const filter of filters) assert.deepEqual(await eve.subscribe(filter), [REFUSED], filter);
    const bob = await guarded.enter(way, page('bob'));
    await bob.publish('chat/lab', says(bob.claims, 'for others'));
    await eve.subscribe('chat/lab');
    await eve.publish('chat/lab', says(eve.claims, 'marker'));
    await eve.hears('marker');
    assert.equal(eve.heard.length, 1);
  });

  test(`${way}: twenty subscriptions, and not one more`, async () => {
    const eve = await guarded.enter(way, page('eve'));
    const filters = Array.from({ length: 25 }, (_, i) => `chat/room${i}`);
    assert.deepEqual(
      await eve.subscribe(...filters),
      filters.map((_, i) => (i < 20 ? 1 : REFUSED)),
    );
    assert.deepEqual(await eve.subscribe('chat/more'), [REFUSED]);
    assert.deepEqual(await eve.subscribe('chat/room3'), [1], 'the same again');
    await eve.client.unsubscribeAsync(['chat/room3', 'chat/room4', 'chat/unknown']);
    assert.deepEqual(await eve.subscribe('chat/a', 'chat/b', 'chat/c'), [1, 1, REFUSED]);
  });

  test(`${way}: who has rooms hears no other`, async () => {
    const ann = await guarded.enter(way, page('ann', { rooms: ['lab', 'ops'] }));
    const bob = await guarded.enter(way, page('bob'));
    const own = ['chat/lab', 'chat/ops/stored', 'chat/lab/presence/+'];
    assert.deepEqual(await ann.subscribe(...own), [1, 1, 1]);
    const others = ['chat/messages', 'chat/+', 'chat/+/stored', 'chat/messages/presence/+'];
    assert.deepEqual(await ann.subscribe(...others), Array(4).fill(REFUSED));
    await bob.publish('chat/messages', says(bob.claims, 'for others'));
    await bob.publish('chat/lab', says(bob.claims, 'for ann'));
    await ann.hears('for ann');
    assert.equal(ann.heard.length, 1);
  });
}

test('what came before a token had rooms is not delivered to it', async () => {
  const ann = device('ann');
  const clientId = fresh('ann-');
  const waits = { clean: false, clientId, properties: { sessionExpiryInterval: 1000 } };
  const first = await guarded.enter('mqtt', ann, waits);
  await first.subscribe('chat/+');
  const second = await guarded.enter('mqtt', { ...ann, rooms: ['lab'] }, waits);
  const bob = await guarded.enter('mqtt', page('bob'));
  await bob.publish('chat/messages', says(bob.claims, 'for others'));
  await bob.publish('chat/lab', says(bob.claims, 'for ann'));
  await second.hears('for ann');
  assert.ok(!second.has('for others'));
});

test('a device with a session hears what was said while it was away, a page does not', async () => {
  const lamp = device('lamp');
  const waits = { clean: false, properties: { sessionExpiryInterval: 1000 } };
  const clientId = fresh('lamp-');
  const first = await guarded.enter('mqtt', lamp, { ...waits, clientId });
  const ann = page('ann');
  const tab = await guarded.enter('mqtt', ann, waits);
  for (const one of [first, tab]) {
    await one.subscribe('chat/lab');
    one.client.end(true);
  }
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const bob = await guarded.enter('mqtt', page('bob'));
  await bob.publish('chat/lab', says(bob.claims, 'while away'));
  const later = await guarded.enter('mqtt', lamp, { ...waits, clientId });
  await later.hears('while away');
  const again = await guarded.enter('mqtt', ann, waits);
  await bob.publish('chat/lab', says(bob.claims, 'marker'));
  await again.hears('marker');
  assert.ok(!again.has('while away'), 'a dead session of a page costs nothing');
});
