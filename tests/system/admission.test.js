/** What is refused, and why: while the disk is nearly full, and above the operator's rate. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mountDisk, spawnIsolated, whyNoMounts } from '../faults/namespace.js';
import { admin, check } from '../lib/admin.js';
import { readMetrics } from '../lib/prometheus.js';
import { services, startStack, until } from '../lib/stack.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */

// A small disk is mounted: this file runs once more, where nobody else sees that.
const inside = process.env.FAULTS_MOUNTS !== undefined;
const isolated = inside ? test : () => {};
if (!inside) {
  const file = fileURLToPath(import.meta.url);
  const [code] = await once(spawnIsolated(file, [], { stdio: 'inherit' }), 'exit');
  process.exitCode = code ?? 1;
}

const MB = 1024 * 1024;
const DISK = 32 * MB;
const NO_SPACE = "the server's disk is nearly full; try again later";
const TOO_FAST = 'more messages come than the server takes; try again in a minute';

/** @param {Stack} stack @param {string} lines */
const configure = (stack, lines) =>
  appendFileSync(join(stack.dataDir, 'etc/mqtt-chat.conf'), `\n${lines}\n`);

/** One who speaks, and hears what becomes of it. */
class Speaker {
  /** @type {Map<string, number>} ids by msgId */
  stored = new Map();
  /** @type {Map<string, string>} reasons by msgId */
  rejected = new Map();

  /** @param {import('mqtt').MqttClient} client */
  constructor(client) {
    this.client = client;
    client.on('message', (topic, payload) => {
      const answer = JSON.parse(payload.toString());
      if (topic.endsWith('/rejected')) this.rejected.set(answer.msgId, answer.reason);
      else for (const { msgId, id } of answer) this.stored.set(msgId, id);
    });
  }

  /** @param {Stack} stack */
  static async open(stack) {
    const client = await stack.client();
    await client.subscribeAsync(['chat/lab/stored', 'chat/lab/rejected'], { qos: 1 });
    return new Speaker(client);
  }

  /** @param {string} msgId @param {string} text */
  say(msgId, text = msgId) {
    const payload = JSON.stringify({ nickname: 'Ann', text, clientId: 'ann', msgId });
    return this.client.publishAsync('chat/lab', payload, { qos: 1 });
  }

  /**
   * Waits for the answer to a message: its id, or why it was rejected.
   * @param {string} msgId
   */
  async answer(msgId) {
    await until(() => this.stored.has(msgId) || this.rejected.has(msgId), 20_000, msgId);
    return this.stored.get(msgId) ?? this.rejected.get(msgId);
  }

  /** @param {string} msgId what was heard of it is forgotten */
  again(msgId) {
    this.stored.delete(msgId);
    this.rejected.delete(msgId);
    return this.say(msgId).then(() => this.answer(msgId));
  }
}

/** @param {Stack} stack @param {RegExp} pattern */
const logged = (stack, pattern) =>
  stack
    .log('logger')
    .split('\n')
    .filter((line) => pattern.test(line)).length;

/** @param {Stack} stack @param {string} path */
const asked = (stack, path) => fetch(`${stack.root}/api/${path}`);

// ---- the disk ----

/** @param {string} lines of the configuration */
async function startOnSmallDisk(lines) {
  const stack = await startStack({ start: [] });
  const folder = join(stack.dataDir, 'history');
  configure(stack, lines);
  const umount = mountDisk(folder, `${DISK}`);
  for (const name of services) await stack.start(name);
  const ballast = join(folder, 'ballast');
  return {
    stack,
    free: () => {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    },
    /** @param {number} bytes that stay free */
    fill(bytes) {
      const file = openSync(ballast, 'w');
      const piece = Buffer.alloc(64 * 1024);
      while (this.free() > bytes) writeSync(file, piece);
      closeSync(file);
    },
    empty: () => rmSync(ballast),
    async close() {
      for (const name of [...services].reverse()) await stack.stop(name);
      umount();
      await stack.close();
    },
  };
}

/** @param {Stack} stack */
async function assertToldEverywhere(stack) {
  const health = await asked(stack, 'health');
  assert.equal(health.status, 503);
  assert.equal(
    /** @type {{error: {code: string}}} */ (await health.json()).error.code,
    'disk_full',
  );
  const metrics = readMetrics(await (await asked(stack, 'metrics')).text());
  const reserve = metrics.get('mqtt_chat_disk_reserve_bytes');
  assert.equal(reserve, DISK / 4);
  assert.ok(Number(metrics.get('mqtt_chat_disk_free_bytes')) < DISK / 4);
  assert.ok(Number(metrics.get(`mqtt_chat_rejected_kept{reason="${NO_SPACE}"}`)) > 0);
  const fault = check(stack).find(({ area, state }) => area === 'disk' && state === 'fault');
  assert.match(String(fault?.what), /new messages are refused/);
  const status = admin(stack, ['status', '--api-socket', join(stack.dataDir, 'socket/api')]);
  assert.equal(status.status, 1);
  assert.match(status.stdout, /^disk .*new messages are refused/m);
}

const onSmallDisk = { skip: whyNoMounts() || false };

isolated(
  'below its share of free space: refused with a reason, readable, and stored when there is room',
  onSmallDisk,
  async () => {
    const disk = await startOnSmallDisk('min-free = 25');
    const { stack } = disk;
    try {
      const ann = await Speaker.open(stack);
      const first = await ann.again('first');
      assert.equal(typeof first, 'number');
      assert.equal((await asked(stack, 'health')).status, 200);

      disk.fill(DISK / 4 - MB);
      for (const id of ['one', 'two', 'three']) assert.equal(await ann.again(id), NO_SPACE);
      assert.equal(await ann.again('first'), first, 'what is stored already gets its receipt');
      await assertToldEverywhere(stack);
      const history = await stack.history('room=lab');
      assert.deepEqual(
        history.map(({ text }) => text),
        ['first'],
      );

      const input = '{"id":1,"nickname":"Eve","text":"old","ts":"2020-01-01T00:00:00Z"}\n';
      const refused = admin(stack, ['import', '--format=ndjson'], { input });
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, /disk .* is nearly full/);
      const pruned = admin(stack, ['prune', '--nickname=Ann', '--yes']);
      assert.equal(pruned.status, 0, pruned.stderr);
      assert.deepEqual(await stack.history('room=lab'), []);

      disk.empty();
      assert.equal(typeof (await ann.again('one')), 'number', 'under the same msgId');
      assert.equal((await asked(stack, 'health')).status, 200);
      assert.equal(admin(stack, ['import', '--format=ndjson'], { input }).status, 0);
      assert.equal(logged(stack, /disk .* is nearly full: new messages are refused/), 1);
      assert.equal(logged(stack, /has room again: .* 3 were refused/), 1);
      assert.equal(logged(stack, /nothing is acknowledged/), 0);
    } finally {
      await disk.close();
    }
  },
);

isolated(
  'who floods it does not fill the disk, and each message has its answer',
  onSmallDisk,
  async () => {
    const disk = await startOnSmallDisk('min-free = 25');
    const { stack } = disk;
    const count = 8000;
    try {
      const ann = await Speaker.open(stack);
      const text = 'x'.repeat(4000);
      for (let i = 0; i < count; i++) ann.say(String(i), text).catch(() => {});
      await until(() => ann.stored.size + ann.rejected.size === count, 60_000, 'all answers');
      assert.ok(ann.stored.size > 500 && ann.rejected.size > 500, `${ann.stored.size} stored`);
      assert.equal(stack.sql('SELECT count(*) AS n FROM messages')[0].n, ann.stored.size);
      assert.equal(stack.sql('SELECT count(*) AS n FROM rejected')[0].n, 100, 'rows alike');
      assert.equal(
        stack.sql('SELECT rejected FROM logger_figures')[0].rejected,
        ann.rejected.size,
        'counted',
      );
      assert.ok(disk.free() > DISK / 8, `${disk.free()} bytes are free`);
      assert.equal(logged(stack, /nothing is acknowledged/), 0);
      assert.equal(logged(stack, /disk with .* (is nearly full|has room again)/), 1);
      assert.equal((await stack.history('room=lab&limit=5')).length, 5);
    } finally {
      await disk.close();
    }
  },
);

// ---- the rate ----

isolated(
  'above the rate: refused with a reason; what the broker kept while the logger was away is stored',
  async () => {
    const stack = await startStack({ start: ['broker'] });
    const minute = 6;
    configure(stack, `max-rate = ${minute}`);
    try {
      const begun = Date.now();
      await stack.start('logger');
      const ann = await Speaker.open(stack);
      const ids = Array.from({ length: 30 }, (_, i) => `m${i}`);
      await Promise.all(ids.map((id) => ann.say(id)));
      for (const id of ids) await ann.answer(id);
      const most = minute + Math.floor(((Date.now() - begun) / 60_000) * minute);
      assert.ok(ann.stored.size >= minute && ann.stored.size <= most, `${ann.stored.size} stored`);
      assert.deepEqual(new Set(ann.rejected.values()), new Set([TOO_FAST]));
      const [[known, id]] = ann.stored;
      assert.equal(await ann.again(known), id, 'stored already');
      assert.equal(logged(stack, /more than 6 messages a minute/), 1);

      // Away for half an hour, in which the broker kept a hundred messages.
      await stack.stop('logger');
      execFileSync('sqlite3', [
        stack.database,
        'UPDATE logger_note SET alive_at = alive_at - 1800000',
      ]);
      const late = Array.from({ length: 100 }, (_, i) => `late${i}`);
      await Promise.all(late.map((id) => ann.say(id)));
      await stack.start('logger');
      for (const id of late) assert.equal(typeof (await ann.answer(id)), 'number', id);
    } finally {
      await stack.close();
    }
  },
);
