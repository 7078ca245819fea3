/** Whose time is over at the broker with the plugin, and who is banned, muted or revoked. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { device, page, says, seconds, startGuarded, ways } from '../lib/guard.js';
import { until } from '../lib/stack.js';

const CONTROL = '$CONTROL/mqtt-chat/v1';
const REFUSED = 0x87;

/** @type {import('../lib/guard.js').Guarded} */
let guarded;
before(async () => {
  guarded = await startGuarded({
    first: (one) => one.write(one.bansFile, 'ban\t@long-since\t0\tspam\n'),
  });
});
beforeEach(() => guarded.tell(CONTROL, ''));
after(() => guarded?.close());

/** @param {string} kind @param {unknown} who */
const line = (kind, who, until = 0) => `${kind}\t${who}\t${until}\tspam\n`;

/** How long it takes until the client is thrown out, in ms. @param {import('../lib/guard.js').Person} who */
async function ends(who) {
  const begin = Date.now();
  await until(() => !who.client.connected, 5000, 'the broker ends the connection');
  assert.equal(who.ended, 0x98, 'administrative action');
  return Date.now() - begin;
}

for (const way of ways) {
  test(`${way}: whom the file bans does not come in`, async () => {
    assert.ok(await guarded.refuses(way, page('x', { sub: '@long-since' })));
  });

  test(`${way}: a ban ends an open connection within a second, and no new one begins`, async () => {
    const [eve, ann] = [page('eve'), page('ann')];
    const tabs = [
      await guarded.enter(way, eve),
      await guarded.enter(way, { ...eve, cid: `b${way}` }),
    ];
    const other = await guarded.enter(way, ann);
    await guarded.tell(CONTROL, line('ban', eve.sub));
    for (const tab of tabs) assert.ok((await ends(tab)) < 1000);
    assert.ok(await guarded.refuses(way, eve));
    assert.ok(other.client.connected);
    await guarded.tell(CONTROL, line('ban', '@nobody'));
    await guarded.enter(way, eve);
  });

  test(`${way}: an address is banned, of IPv6 its /64`, async () => {
    const [four, six] = [page('four', { ip: '192.0.2.7' }), page('six', { ip: '2001:db8:1:2::9' })];
    const near = page('near', { ip: '192.0.2.8' });
    const all = [await guarded.enter(way, four), await guarded.enter(way, six)];
    const other = await guarded.enter(way, near);
    await guarded.tell(CONTROL, line('ban', '192.0.2.7') + line('ban', '2001:db8:1:2:3::1'));
    for (const one of all) await ends(one);
    assert.ok(await guarded.refuses(way, page('again', { ip: '2001:db8:1:2::' })));
    assert.ok(other.client.connected);
  });

  test(`${way}: a revoked token is of no use any more, another of its user is`, async () => {
    const lamp = device('lamp', { id: 'lost' });
    const first = await guarded.enter(way, lamp);
    const second = await guarded.enter(way, { ...lamp, id: 'kept' });
    await guarded.tell(CONTROL, line('revoke', 'lost'));
    await ends(first);
    assert.ok(await guarded.refuses(way, lamp));
    assert.ok(second.client.connected);
  });

  test(`${way}: who is muted listens and is told so`, async () => {
    const eve = page('eve');
    const me = await guarded.enter(way, eve);
    const witness = await guarded.witness();
    await me.subscribe('chat/lab');
    const end = seconds() + 2;
    await guarded.tell(CONTROL, line('mute', eve.sub, end));
    const payload = says(eve, 'spam');
    assert.equal(await me.publish('chat/lab', payload), REFUSED);
    await me.hears(`you are muted until ${new Date(end * 1000).toISOString()}: spam`);
    await witness.publish('chat/lab', says(witness.claims, `${way} heard`));
    await me.hears(`${way} heard`);
    await until(async () => (await me.publish('chat/lab', payload)) === 0, 10000);
  });

  test(`${way}: the will of a banned one takes its presence away and says nothing`, async () => {
    const [eve, bob] = [page('eve'), page('bob')];
    const witness = await guarded.witness();
    const will = { qos: /** @type {const} */ (1), retain: false };
    const presence = { ...will, topic: `chat/lab/presence/${eve.pid}`, payload: Buffer.alloc(0) };
    const me = await guarded.enter(way, eve, { will: { ...presence, retain: true } });
    const payload = Buffer.from(says(bob, 'last words'));
    await guarded.enter(way, bob, { will: { ...will, topic: 'chat/lab', payload } });
    await guarded.tell(CONTROL, line('ban', eve.sub) + line('ban', bob.sub));
    await ends(me);
    await until(() => witness.heard.some((one) => one.topic === presence.topic));
    await sleep(300);
    assert.ok(!witness.has('last words'));
  });

  test(`${way}: when its time is over a connection ends`, async () => {
    const ann = await guarded.enter(way, page('ann', { until: seconds() + 2 }));
    const lamp = await guarded.enter(way, device('lamp', { exp: seconds() + 2 }));
    await Promise.all([ends(ann), ends(lamp)]);
  });

  test(`${way}: nobody but the logger says who is banned`, async () => {
    const [eve, bob] = [page('eve', { role: 'mod' }), page('bob')];
    const me = await guarded.enter(way, eve);
    const other = await guarded.enter(way, bob);
    assert.equal(await me.publish(CONTROL, line('ban', bob.sub)), REFUSED);
    await sleep(600);
    assert.ok(other.client.connected);
  });
}

test('a list that is wrong does not count, and the log says where', async () => {
  const eve = page('eve');
  await guarded.tell(CONTROL, line('ban', eve.sub));
  await guarded.tell(CONTROL, 'ban\t@x\n');
  await guarded.logged(/the new list of bans does not count: .*line 1/);
  assert.ok(await guarded.refuses('mqtt', eve), 'the list before holds');
  await guarded.tell(CONTROL, '');
  await guarded.enter('mqtt', eve);
  assert.ok(await guarded.refuses('mqtt', page('x', { sub: '@long-since' })), 'as the file says');
});

test('a device that is away is not forgotten when it is banned', async () => {
  const lamp = device('lamp', { cid: 'lamp-away' });
  const waits = { clean: false, properties: { sessionExpiryInterval: 1000 } };
  const first = await guarded.enter('mqtt', lamp, waits);
  await first.subscribe('chat/lab');
  first.client.end(true);
  await sleep(200);
  await guarded.tell(CONTROL, line('ban', lamp.sub));
  await guarded.logged(new RegExp(`${lamp.sub} has to go: banned`));
  const bob = await guarded.enter('mqtt', page('bob'));
  await sleep(2600);
  await bob.publish('chat/lab', says(bob.claims, 'secret'));
  await guarded.tell(CONTROL, line('ban', '@nobody'));
  const later = await guarded.enter('mqtt', lamp, waits);
  await bob.publish('chat/lab', says(bob.claims, 'marker'));
  await later.hears('marker');
  assert.ok(!later.has('secret'));
});
