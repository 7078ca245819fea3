/** What one may publish at the broker with the plugin: under the own name, in the own rooms. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { device, fresh, page, says, startGuarded, ways } from '../lib/guard.js';
import { until } from '../lib/stack.js';

/** @typedef {import('../lib/guard.js').Person} Person */
/** @typedef {[topic: string, payload: string, options?: {retain?: boolean, qos?: 0 | 1 | 2}]} Publish */

const REFUSED = 0x87;

/** @type {import('../lib/guard.js').Guarded} */
let guarded;
/** @type {Person} */
let witness;
before(async () => {
  guarded = await startGuarded();
  witness = await guarded.witness();
});
after(() => guarded?.close());

/**
 * Each is refused, and nobody hears it. What came before an honest message has come when that has.
 * @param {Person} who
 * @param {Publish[]} all
 */
async function refused(who, all) {
  const count = witness.heard.length;
  for (const [topic, payload, options] of all) {
    for (const qos of /** @type {const} */ ([0, 1, 2])) {
      const code = await who.publish(topic, payload, { qos, ...options });
      assert.equal(code, qos === 0 ? 0 : REFUSED, `${topic} ${payload.slice(0, 200)} ${qos}`);
    }
  }
  const marker = fresh('marker');
  const said = says(/** @type {{nick: string, sub: string}} */ (who.claims), marker);
  assert.equal(await who.publish('chat/lab', said), 0);
  await witness.hears(marker);
  assert.deepEqual(
    witness.heard.slice(count).map((one) => one.payload.slice(0, 200)),
    [said],
  );
}

for (const way of ways) {
  test(`${way}: nobody speaks under another nickname`, async () => {
    const eve = page('eve');
    const me = await guarded.enter(way, eve);
    /** @param {object} more */
    const as = (more) => /** @type {Publish} */ (['chat/lab', says(eve, 'x', more)]);
    await refused(me, [
      as({ nickname: 'bob' }),
      as({ nickname: `${eve.nick} ` }),
      as({ nickname: null }),
      as({ nickname: undefined }),
      as({ nickname: 5 }),
      as({ nickname: [eve.nick] }),
      ['chat/lab', says(eve, 'x').replace('{', '{"nickname":"bob",').replace(eve.nick, 'bob')],
      ['chat/lab', `\uFEFF${says(eve, 'x', { nickname: 'bob' })}`],
      ['chat/lab', ` \n${says(eve, 'x', { nickname: 'bob' })}`],
      ['chat/lab', 'plain text, as a device sends it'],
      ['chat/lab', JSON.stringify([says(eve, 'x')])],
      ['chat/lab', '{"temperature":21.5}'],
      ['chat/lab', ''],
    ]);
    await refused(me, [
      ['chat/lab', `{"a":${'['.repeat(40)}${']'.repeat(40)},${says(eve, 'x').slice(1)}`],
      ['chat/lab', says(eve, 'a\u0000b')],
      ['chat/lab/typing', JSON.stringify({ nickname: 'bob', clientId: eve.sub })],
      [`chat/lab/presence/${eve.pid}`, JSON.stringify({ nickname: 'bob' })],
    ]);
  });

  test(`${way}: nobody speaks under another clientId`, async () => {
    const eve = page('eve', { role: 'guest', sub: `~${fresh('k')}` });
    const me = await guarded.enter(way, eve);
    await refused(me, [
      ['chat/lab', says(eve, 'x', { clientId: '@bob' })],
      ['chat/lab', says(eve, 'x', { clientId: `${eve.sub} ` })],
      ['chat/lab', says(eve, 'x', { clientId: undefined })],
      ['chat/lab', says(eve, 'x', { clientId: null })],
      ['chat/lab', says(eve, 'x', { clientId: 1 })],
      ['chat/lab', says(eve, 'x').replace(/}$/, ',"clientId":"@bob"}')],
      ['chat/lab/typing', JSON.stringify({ nickname: eve.nick, clientId: '@bob' })],
    ]);
  });

  test(`${way}: escapes say the same name, of a repeated one the last counts`, async () => {
    const ann = page('ann');
    const me = await guarded.enter(way, ann);
    const escaped = says(ann, 'escaped').replace(`"${ann.sub}"`, `"\\u0040${ann.nick}"`);
    assert.equal(await me.publish('chat/lab', escaped), 0);
    const twice = says(ann, 'twice').replace('{', '{"nickname":"bob",');
    assert.equal(await me.publish('chat/lab', twice), 0, 'the page and the logger take the last');
  });

  test(`${way}: nobody is present for another, or says so`, async () => {
    const [eve, bob] = [page('eve'), page('bob')];
    const me = await guarded.enter(way, eve);
    const other = await guarded.enter(way, bob);
    const own = JSON.stringify({ nickname: bob.nick });
    assert.equal(await other.publish(`chat/lab/presence/${bob.pid}`, own, { retain: true }), 0);
    await witness.hears(own);
    await refused(me, [
      [`chat/lab/presence/${bob.pid}`, JSON.stringify({ nickname: eve.nick }), { retain: true }],
      [`chat/lab/presence/${bob.pid}`, '', { retain: true }],
      [`chat/lab/presence/${bob.pid}`, own],
      [`chat/lab/presence/${fresh('p')}`, JSON.stringify({ nickname: eve.nick }), { retain: true }],
      ['chat/lab/presence/', JSON.stringify({ nickname: eve.nick })],
      ['chat/lab/presence', JSON.stringify({ nickname: eve.nick })],
      [`chat/lab/presence/${eve.pid}/x`, JSON.stringify({ nickname: eve.nick })],
      [`chat/lab/presence/${eve.pid}`, JSON.stringify({ nickname: eve.nick, x: 'x'.repeat(1024) })],
    ]);
    const pidless = await guarded.enter(way, page('ann', { pid: undefined }));
    await refused(pidless, [['chat/lab/presence/', '{}', { retain: true }]]);
  });

  test(`${way}: the own presence is retained, and taken away`, async () => {
    const ann = page('ann');
    const room = fresh('room');
    const me = await guarded.enter(way, ann);
    const topic = `chat/${room}/presence/${ann.pid}`;
    assert.equal(
      await me.publish(topic, JSON.stringify({ nickname: ann.nick }), { retain: true }),
      0,
    );
    const looks = await guarded.enter(way, page('bob'));
    await looks.subscribe(`chat/${room}/presence/+`);
    await looks.hears(ann.nick);
    assert.ok(looks.heard.every((one) => one.retain));
    assert.equal(await me.publish(topic, '', { retain: true }), 0);
    const later = await guarded.enter(way, page('bob'));
    await later.subscribe(`chat/${room}/presence/+`, 'chat/lab');
    await later.publish('chat/lab', says(later.claims, 'marker'));
    await later.hears('marker');
    assert.equal(later.heard.length, 1);
  });

  test(`${way}: nothing else stays at the broker`, async () => {
    const eve = page('eve');
    const me = await guarded.enter(way, eve);
    await refused(me, [
      ['chat/lab', says(eve, 'for ever'), { retain: true }],
      ['chat/lab/typing', JSON.stringify({ nickname: eve.nick }), { retain: true }],
      ['chat/lab/topic', 'a topic line', { retain: true }],
    ]);
    const later = await guarded.enter(way, page('bob'));
    await later.subscribe('chat/lab', 'chat/lab/typing', 'chat/lab/topic', 'chat/lab/stored');
    await later.publish('chat/lab', says(later.claims, 'marker'));
    await later.hears('marker');
    assert.equal(later.heard.length, 1);
  });

  test(`${way}: what is the logger's and the broker's nobody else publishes`, async () => {
    const eve = page('eve', { role: 'mod' });
    const me = await guarded.enter(way, eve);
    const receipt = JSON.stringify([{ id: 1, msgId: 'm', clientId: '@bob', ts: '' }]);
    const topics = ['chat/lab/stored', 'chat/lab/rejected', 'chat/lab/topic', 'chat/lab/mod']
      .concat([
        'chat/lab/from/door',
        'chat',
        'chat/',
        'chat/lab/',
        'chat/LAB',
        'chat/_x',
        '/chat/lab',
      ])
      .concat(['lab', 'chat/lab/x', '$SYS/broker/uptime', '$SYS/broker/connection/x/state'])
      .concat(['$CONTROL/mqtt-chat/v1', '$CONTROL/dynamic-security/v1', '$share/x/chat/lab']);
    await refused(
      me,
      topics.map((topic) => [topic, receipt]),
    );
  });

  test(`${way}: what is too large is refused`, async () => {
    const eve = page('eve');
    const me = await guarded.enter(way, eve);
    const bare = Buffer.byteLength(says(eve, '')) + 8;
    const fits = says(eve, 'x'.repeat(65536 - bare));
    assert.equal(await me.publish('chat/lab', fits), 0);
    await witness.hears(fits);
    await refused(me, [
      ['chat/lab', says(eve, 'x'.repeat(65537))],
      ['chat/lab/typing', JSON.stringify({ nickname: eve.nick, x: 'x'.repeat(1024) })],
    ]);
  });

  test(`${way}: who has rooms speaks in no other`, async () => {
    const ann = page('ann', { rooms: ['lab', 'ops'] });
    const me = await guarded.enter(way, ann);
    assert.equal(await me.publish('chat/ops', says(ann, `${way} mine`)), 0);
    await witness.hears(`${way} mine`);
    await refused(me, [
      ['chat/messages', says(ann, 'x')],
      ['chat/op', says(ann, 'x')],
      ['chat/messages/typing', '{}'],
      [`chat/messages/presence/${ann.pid}`, '', { retain: true }],
    ]);
    const nowhere = await guarded.enter(way, page('ann', { rooms: [] }));
    assert.equal(await nowhere.publish('chat/lab', says(nowhere.claims, 'x')), REFUSED);
  });

  test(`${way}: a device says what it likes under its own name alone`, async () => {
    const lamp = device('lamp');
    const me = await guarded.enter(way, lamp);
    for (const payload of [
      `${way}: door open`,
      `{"temperature":"${way}"}`,
      `["${way}"]`,
      `{"nickname": ${way}`,
      says(lamp, 'x'),
    ]) {
      assert.equal(await me.publish('chat/lab', payload), 0, payload);
      await witness.hears(payload);
    }
    await refused(me, [
      ['chat/lab', says(lamp, 'x', { nickname: 'bob' })],
      ['chat/lab', says(lamp, 'x', { clientId: '@bob' })],
      ['chat/lab', '{"nickname":"bob","text":"x"}'],
      ['chat/lab', '{"nickname":"bob","text":"\u0000"}'],
      ['chat/lab', '\uFEFF{"nickname":"bob","text":"x"}'],
      ['chat/lab', '\n {"nickname":"bob","text":"x"}'],
      ['chat/lab', `{"a":${'['.repeat(40)}${']'.repeat(40)},"nickname":"bob","text":"x"}`],
    ]);
    const raw = Buffer.from('{"nickname":"bob","text":"\xff"}', 'latin1');
    await assert.rejects(me.client.publishAsync('chat/lab', raw, { qos: 1 }), { code: REFUSED });
  });

  test(`${way}: a sender is told why, and nobody else`, async () => {
    const [eve, bob] = [page('eve'), page('bob')];
    const me = await guarded.enter(way, eve);
    const other = await guarded.enter(way, bob);
    await other.subscribe('chat/lab/rejected');
    await me.publish('chat/lab', says(eve, 'x', { nickname: 'bob', msgId: 'my-own' }));
    await me.hears('my-own');
    const { topic, payload } = me.heard[0];
    assert.equal(topic, 'chat/lab/rejected');
    assert.deepEqual(JSON.parse(payload), {
      msgId: 'my-own',
      clientId: eve.sub,
      reason: 'nickname must be the one you signed in with',
    });
    await other.publish('chat/lab', says(bob, 'x', { clientId: undefined, msgId: 'my-other' }));
    await other.hears('my-other');
    assert.ok(!other.has('my-own') && !witness.has('my-other'));
  });

  test(`${way}: an honest will is heard, and takes the presence away`, async () => {
    const ann = page('ann');
    const topic = `chat/lab/presence/${ann.pid}`;
    const will = { topic, payload: Buffer.alloc(0), qos: /** @type {const} */ (1), retain: true };
    const me = await guarded.enter(way, ann, { will });
    await me.publish(topic, JSON.stringify({ nickname: ann.nick }), { retain: true });
    await witness.hears(ann.nick);
    me.client.end(true);
    await until(() => witness.heard.some((one) => one.topic === topic && one.payload === ''));
    const bob = page('bob');
    const payload = Buffer.from(says(bob, `${bob.nick} went`));
    const other = await guarded.enter(way, bob, {
      will: { ...will, topic: 'chat/lab', payload, retain: false },
    });
    other.client.end(true);
    await witness.hears(`${bob.nick} went`);
  });

  test(`${way}: a will says nothing that a publish may not`, async () => {
    const eve = page('eve');
    /** @type {Publish[]} */
    const wills = [
      ['chat/lab', says(eve, 'a will', { nickname: 'bob' })],
      ['chat/lab', says(eve, 'a will', { clientId: '@bob' })],
      ['chat/lab', says(eve, 'a will'), { retain: true }],
      ['chat/lab/stored', 'a will'],
      ['chat/lab/presence/p-bob', 'a will', { retain: true }],
      ['$CONTROL/mqtt-chat/v1', 'a will'],
      ['chat/lab/mod', 'a will'],
    ];
    for (const [topic, payload, { retain = false } = {}] of wills) {
      const will = { topic, payload: Buffer.from(payload), qos: /** @type {const} */ (1), retain };
      // mosquitto 2.0.20 does not let a will for $CONTROL in.
      const me = await guarded.enter(way, eve, { will }).catch((error) => {
        if (!topic.startsWith('$CONTROL')) throw error;
      });
      me?.client.end(true);
    }
    await sleep(500);
    const bob = await guarded.enter(way, page('bob'));
    await bob.publish('chat/lab', says(bob.claims, `${way} marker`));
    await witness.hears(`${way} marker`);
    assert.ok(!witness.has('a will'));
  });
}

test('what was retained by who is gone is given to nobody (the broker asks once more)', async () => {
  const ann = page('ann');
  const room = fresh('room');
  const me = await guarded.enter('mqtt', ann);
  const mine = JSON.stringify({ nickname: ann.nick });
  await me.publish(`chat/${room}/presence/${ann.pid}`, mine, { retain: true });
  me.client.end(true);
  await sleep(3000);
  const bob = await guarded.enter('mqtt', page('bob'));
  await bob.subscribe(`chat/${room}/presence/+`, 'chat/lab');
  await bob.publish('chat/lab', says(bob.claims, 'marker'));
  await bob.hears('marker');
  assert.deepEqual(
    bob.heard.map((one) => one.topic),
    ['chat/lab'],
  );
});
