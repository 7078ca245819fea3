/** Who comes in at the broker with the plugin: whoever has a token of this server, for himself. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { device, fresh, page, says, seconds, signed, startGuarded, ways } from '../lib/guard.js';
import { until } from '../lib/stack.js';

/** @type {import('../lib/guard.js').Guarded} */
let guarded;
before(async () => {
  guarded = await startGuarded();
});
after(() => guarded?.close());

for (const way of ways) {
  test(`${way}: with a token one comes in, and is heard`, async () => {
    const witness = await guarded.witness();
    const ann = await guarded.enter(way, page('ann'));
    assert.equal(await ann.publish('chat/lab', says(ann.claims, `${way} in`)), 0);
    await witness.hears(`${way} in`);
  });

  test(`${way}: nobody comes in without a name, a token, or with one alone`, async () => {
    const claims = page('ann');
    const without = [
      { username: undefined, password: undefined },
      { password: undefined },
      { password: '' },
      { password: 'secret' },
      { username: '' },
    ];
    for (const options of without) {
      assert.ok(await guarded.refuses(way, claims, options), JSON.stringify(options));
    }
  });

  test(`${way}: a token lets its user in and nobody else`, async () => {
    const [ann, bob] = [page('ann'), page('bob')];
    assert.ok(await guarded.refuses(way, ann, { username: bob.sub }));
    assert.ok(await guarded.refuses(way, ann, { username: 'logger' }));
  });

  test(`${way}: replayed under another client id a token is refused`, async () => {
    const ann = page('ann');
    assert.ok(await guarded.refuses(way, ann, { clientId: fresh('page-other') }));
    await guarded.enter(way, ann);
  });

  test(`${way}: an expired token is refused, and one whose connection's time is over`, async () => {
    assert.ok(await guarded.refuses(way, page('ann', { exp: seconds() })));
    assert.ok(await guarded.refuses(way, page('ann', { until: seconds() })));
  });

  test(`${way}: a tampered token is refused`, async () => {
    const ann = page('ann', { role: 'guest' });
    const [, signature] = guarded.token(ann).split('.');
    const forged = Buffer.from(JSON.stringify({ ...ann, role: 'mod' })).toString('base64url');
    assert.ok(await guarded.refuses(way, ann, { password: `${forged}.${signature}` }));
    const whole = guarded.token(ann);
    assert.ok(await guarded.refuses(way, ann, { password: whole.slice(0, -1) }));
    assert.ok(await guarded.refuses(way, ann, { password: `${whole}A` }));
    assert.ok(await guarded.refuses(way, ann, { password: whole.split('.')[0] }));
  });

  test(`${way}: a token of another server is refused`, async () => {
    const ann = page('ann');
    const { privateKey } = generateKeyPairSync('ed25519');
    assert.ok(await guarded.refuses(way, ann, { password: signed(ann, privateKey) }));
  });

  test(`${way}: the logger's password opens no port`, async () => {
    const password = readFileSync(join(guarded.etc, 'logger.password'), 'utf8').trim();
    for (const name of ['logger', 'post']) {
      assert.ok(await guarded.refuses(way, page('ann'), { username: name, password }), name);
    }
  });

  test(`${way}: nobody ends the connection of another by taking its client id`, async () => {
    const ann = await guarded.enter(way, page('ann'));
    const thief = device('thief');
    assert.ok(await guarded.refuses(way, thief, { clientId: ann.claims.cid }));
    assert.ok(ann.client.connected);
    const lamp = device('lamp');
    const first = await guarded.enter(way, lamp, { clientId: `lamp-in-the-hall${way}` });
    assert.ok(await guarded.refuses(way, thief, { clientId: `lamp-in-the-hall${way}` }));
    assert.ok(first.client.connected);
    await guarded.enter(way, lamp, { clientId: `lamp-in-the-hall${way}` });
  });

  test(`${way}: no other way to sign in is open (MQTT 5, 4.12)`, async () => {
    const properties = { authenticationMethod: 'GS2-KRB5', authenticationData: Buffer.from('x') };
    const refused = guarded.enter(way, page('ann'), { properties });
    await assert.rejects(refused);
  });

  test(`${way}: at MQTT 3.1.1 and 3.1 the same holds`, async () => {
    for (const protocolVersion of /** @type {const} */ ([4, 3])) {
      /** @type {import('mqtt').IClientOptions} */
      const version = { protocolVersion, protocolId: protocolVersion === 3 ? 'MQIsdp' : 'MQTT' };
      await guarded.enter(way, page('ann'), version);
      const late = page('ann', { exp: seconds() - 1 });
      await assert.rejects(guarded.enter(way, late, version), { code: 5 });
    }
  });
}

test('a device with a small packet comes in, by a client id of its own choice', async () => {
  const token = guarded.token({ id: 'd1', sub: '@hall', role: 'device', exp: seconds() + 1e8 });
  assert.ok(token.length <= 180, `${token.length}`);
  const claims = { sub: '@hall' };
  await guarded.enter('mqtt', claims, { password: token, clientId: fresh('ESP8266Client-') });
});

test('a client id of 64 KB is refused, and the broker lives', async () => {
  assert.ok(await guarded.refuses('mqtt', device('lamp'), { clientId: 'x'.repeat(60000) }));
  await guarded.enter('mqtt', page('ann'));
});

test('who only opens connections does not disturb', async () => {
  for (let i = 0; i < 50; i++) connect(guarded.stack.mqttPort, '127.0.0.1').end('\x10\x02\x00\x00');
  await guarded.enter('mqtt', page('ann'));
});

test('the log says who was refused and why, not each time, and no tokens', async () => {
  const late = page('late', { exp: seconds() - 1 });
  const pattern = new RegExp(`refused ${late.sub} from 127.0.0.1: expired`);
  await until(async () => {
    await guarded.refuses('mqtt', late);
    return pattern.test(guarded.stack.log('broker'));
  }, 20000);
  await guarded.logged(/and \d+ more since the line before/);
  await sleep(1100);
  await guarded.refuses('mqtt', late, { username: '\u202Ebob' });
  await guarded.logged(/refused \\u202ebob from 127.0.0.1: /);
  assert.doesNotMatch(guarded.stack.log('broker'), /[A-Za-z0-9_-]{80}/);
});

test('a reload lets those stay who are in, though their tokens are for coming in alone', async () => {
  const ann = await guarded.enter('mqtt', page('ann', { exp: seconds() + 1 }));
  const lamp = await guarded.enter('ws', device('lamp'));
  await ann.subscribe('chat/lab');
  await sleep(2100);
  guarded.write(guarded.bansFile, `ban\t${lamp.claims.sub}\t0\tspam\n`);
  process.kill(Number(guarded.stack.pid('broker')), 'SIGHUP');
  await until(() => !lamp.client.connected, 5000, 'a reload reads the bans');
  assert.equal(await ann.publish('chat/lab', says(ann.claims, 'still here')), 0);
  await ann.hears('still here');
  const late = page('ann', { exp: seconds() - 1 });
  assert.ok(await guarded.refuses('mqtt', late));
});
