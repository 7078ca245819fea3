/** The broker's queue for the logger has an end, and whoever reaches it is told. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startStack, until } from '../lib/stack.js';

test('what the broker dropped while the logger was away is told, and never receipted', async () => {
  const stack = await startStack({ start: [] });
  try {
    const conf = join(stack.dataDir, 'etc/broker.conf');
    const text = readFileSync(conf, 'utf8');
    assert.match(text, /^max_queued_bytes \d+$/m);
    const small = text.replace(/^max_queued_bytes \d+$/m, 'max_queued_bytes 5000');
    writeFileSync(conf, `${small.replace(/^max_inflight_messages \d+$/m, '')}\n`);
    for (const name of /** @type {const} */ (['broker', 'logger', 'api', 'nginx']))
      await stack.start(name);
    await stack.stop('logger');

    const client = await stack.client();
    /** @type {Set<string>} */
    const receipted = new Set();
    client.on('message', (_topic, payload) => {
      for (const { msgId } of JSON.parse(payload.toString())) receipted.add(msgId);
    });
    await client.subscribeAsync('chat/lab/stored', { qos: 1 });
    for (let i = 1; i <= 200; i++) {
      const message = { nickname: 'flood', text: 'x'.repeat(100), msgId: `m${i}` };
      await client.publishAsync('chat/lab', JSON.stringify(message), { qos: 1 });
    }
    await stack.start('logger');
    await until(() => stack.log('logger').includes('has dropped'), 15_000, 'the alarm');
    const stored = new Set((await stack.wholeHistory('lab')).map(({ msgId }) => msgId));
    assert.ok(stored.size < 200, 'the queue was full');
    await until(() => receipted.size === stored.size, 5_000, 'the receipts of what is stored');
    for (const id of receipted) assert.ok(stored.has(id), `${id} has a receipt and is not stored`);
  } finally {
    await stack.close();
  }
});
