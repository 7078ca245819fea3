/** Another broker on this machine, with our bridge in its configuration. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import mqtt from 'mqtt';
import { freePort, startStack, top, until } from '../lib/stack.js';

test('its clients chat, and who guesses names cannot take over its session at our broker', async (t) => {
  const stack = await startStack();
  t.after(() => stack.close());
  const port = await freePort();
  const expanded = spawnSync(
    join(top, 'spawn-fcgi/expand'),
    [`mqtt_port=${stack.mqttPort}`, 'bridge_id=0123456789abcdef01234567'],
    { input: readFileSync(join(top, 'mosquitto/bridge.conf.in')), encoding: 'utf8' },
  );
  assert.equal(expanded.status, 0, expanded.stderr);
  const conf = join(stack.dataDir, 'neighbour.conf');
  writeFileSync(conf, `listener ${port} 127.0.0.1\nallow_anonymous true\n${expanded.stdout}`);
  const neighbour = spawn('mosquitto', ['-c', conf], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  t.after(async () => {
    neighbour.kill();
    await once(neighbour, 'exit');
  });
  let log = '';
  neighbour.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const connections = () => [...log.matchAll(/Connecting bridge/g)].length;
  const device = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 100 });
  device.on('error', () => {});
  t.after(() => device.end(true));
  await until(() => device.connected);
  /** @param {string} text */
  const arrives = async (text) => {
    await device.publishAsync('chat/lab', text, { qos: 1 });
    await until(async () => (await stack.history('room=lab')).some((one) => one.text === text));
  };
  await arrives('over the bridge');
  const before = connections();
  for (const clientId of [`${hostname()}.mqtt-chat`, 'mqtt-chat', `local.${hostname()}.mqtt-chat`])
    await stack.client({ clientId });
  await arrives('and again');
  assert.equal(connections(), before, 'it did not have to connect again');
});
