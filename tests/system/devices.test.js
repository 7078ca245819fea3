/** Devices on a listener of the operator's own: what docs/install.md says, done. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { freePort, startStack, top, until } from '../lib/stack.js';

const manual = readFileSync(join(top, 'docs/install.md'), 'utf8');
const openssl = (/** @type {string[]} */ ...args) =>
  execFileSync('openssl', args, { stdio: 'pipe' });

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** @type {import('mqtt').IClientOptions} */
let there;

/** A key and a certificate that is signed by `devices-ca`, which signs itself. @param {string} name */
function certify(name) {
  const file = (/** @type {string} */ ending) => join(stack.dataDir, 'etc', `${name}.${ending}`);
  const ca = join(stack.dataDir, 'etc/devices-ca');
  const signed = name === 'devices-ca' ? [] : ['-CA', `${ca}.pem`, '-CAkey', `${ca}.key`];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    file('key'),
    '-out',
    file('pem'),
    '-subj',
    `/CN=${name}`,
    ...signed,
  );
  execFileSync('chmod', ['0644', file('key'), file('pem')]);
}

before(async () => {
  stack = await startStack({ start: [] });
  const etc = join(stack.dataDir, 'etc');
  const port = await freePort();
  const [listener] = manual.match(/^ {4}listener 8883\n(?: {4}.*\n)+/m) ?? [''];
  assert.match(listener, /require_certificate true/);
  writeFileSync(
    join(etc, 'broker.d/devices.conf'),
    listener
      .replace('8883', `${port} 127.0.0.1`)
      .replace(/^ +/gm, '')
      .replaceAll('/etc/mqtt-chat', etc),
  );
  for (const name of ['devices-ca', 'chat', 'device']) certify(name);
  const [, command] = manual.match(/^ {4}mosquitto_passwd (.* sensor)$/m) ?? ['', ''];
  const words = command.replaceAll('/etc/mqtt-chat', etc).split(' ');
  const run = spawnSync('mosquitto_passwd', words, { input: 'secret\nsecret\n', encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  for (const name of /** @type {const} */ (['broker', 'logger', 'api', 'nginx']))
    await stack.start(name);
  there = {
    ...{
      protocol: 'mqtts',
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      reconnectPeriod: 0,
    },
    ...{ key: readFileSync(join(etc, 'device.key')), cert: readFileSync(join(etc, 'device.pem')) },
  };
});
after(() => stack?.close());

const named = { username: 'sensor', password: 'secret' };

test('a device with a password is stored, and cannot forge receipts', async () => {
  const listener = await stack.client();
  /** @type {string[]} */
  const heard = [];
  listener.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
  await listener.subscribeAsync(['chat/+', 'chat/+/stored', 'chat/+/rejected'], { qos: 1 });
  for (const protocolVersion of /** @type {const} */ ([4, 5])) {
    const device = await mqtt.connectAsync({ ...there, ...named, protocolVersion });
    const text = `open, by version ${protocolVersion}`;
    const [granted] = await device.subscribeAsync('chat/lab/stored', { qos: 1 });
    assert.equal(granted.qos, 1, 'it sees receipts');
    for (const kind of ['stored', 'rejected']) {
      const forged = device.publishAsync(`chat/lab/${kind}`, '[{"id":1,"msgId":"forged"}]', {
        qos: 1,
      });
      if (protocolVersion === 5) await assert.rejects(forged, /Not authorized/);
      else await forged;
    }
    await device.publishAsync('chat/lab', text, { qos: 1 });
    await until(async () => (await stack.history('room=lab&limit=1'))[0]?.text === text);
    await until(() =>
      heard.some((line) => line.startsWith('chat/lab/stored') && line.includes('"id"')),
    );
    await device.endAsync();
  }
  assert.deepEqual(
    heard.filter((line) => line.includes('forged')),
    [],
  );
});

test('a device without a name may chat as well, with its certificate', async () => {
  const device = await mqtt.connectAsync(there);
  await device.publishAsync('chat/hall', 'nameless', { qos: 1 });
  await until(async () => (await stack.history('room=hall'))[0]?.text === 'nameless');
  await device.endAsync();
});

test('who has a wrong password, or no certificate, is not let in', async () => {
  await assert.rejects(
    mqtt.connectAsync({ ...there, ...named, password: 'wrong' }),
    /Not authorized/i,
  );
  const { key: _key, cert: _cert, ...bare } = there;
  await assert.rejects(mqtt.connectAsync({ ...bare, ...named }));
});

test('a name gives no other rights', async () => {
  const device = await mqtt.connectAsync({ ...there, ...named, protocolVersion: 5 });
  await assert.rejects(device.publishAsync('elsewhere', 'x', { qos: 1 }), /Not authorized/);
  await assert.rejects(device.publishAsync('chat/lab/from', 'x', { qos: 1 }), /Not authorized/);
  await device.endAsync();
});
