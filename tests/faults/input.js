/** What arrives, when it arrives, how much of it: bad payloads, a wrong clock, a backlog. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../lib/stack.js';
import { shim } from './bench.js';
import { randomOf } from './random.js';

/** @typedef {import('./bench.js').Bench} Bench */
/** @typedef {import('./rows.js').Row} Row */

// ---- bad payloads ----

/** @param {Record<string, unknown>} object */
const json = (object) => JSON.stringify(object);
const deep = (/** @type {number} */ n) => '['.repeat(n) + ']'.repeat(n);
const good = { nickname: 'n', text: 't' };

/** @type {[string, string | Buffer, string?][]} what it is, the payload, the room */
const refused = [
  ['bad UTF-8', Buffer.from([0x61, 0xff, 0xfe])],
  ['overlong UTF-8', Buffer.from([0xc0, 0xaf])],
  ['a surrogate in UTF-8', Buffer.from([0xed, 0xa0, 0x80])],
  ['cut off UTF-8', Buffer.from([0xf0, 0x9f, 0x98])],
  ['bad UTF-8 in JSON', Buffer.from('{"nickname":"n","text":"\xff"}', 'latin1')],
  ['NUL', 'a\0b'],
  ['NUL as an escape', '{"nickname":"n","text":"a\\u0000b"}'],
  ['60 KB of plain text', 'x'.repeat(60_000)],
  ['60 KB in JSON', json({ ...good, text: 'x'.repeat(60_000) })],
  ['10,000 levels', `{"nickname":"n","text":"t","x":${deep(10_000)}}`],
  ['10,000 levels, never closed', `{"a":${'['.repeat(10_000)}`],
  ['10,000 objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ['a huge number as text', '{"nickname":"n","text":1e999999}'],
  ['a long number as text', `{"nickname":"n","text":${'9'.repeat(5000)}}`],
  ['empty', ''],
  ['only space', ' \n\t '],
  ['no text', '{"nickname":"n"}'],
  ['empty text', '{"nickname":"n","text":"  "}'],
  ['text too long', json({ ...good, text: 'x'.repeat(4001) })],
  ['nickname too long', json({ ...good, nickname: 'n'.repeat(65) })],
  ['msgId too long', json({ ...good, msgId: 'm'.repeat(65) })],
  ['clientId a list', json({ ...good, clientId: [] })],
  ['a bad last one of repeated keys', '{"nickname":"n","text":"t","text":[]}'],
  ['bad room: capitals', json(good), 'Messages'],
  ['bad room: too long', json(good), 'r'.repeat(65)],
  ['bad room: begins with -', json(good), '-r'],
  ['bad room: a quote', json(good), "r'; DROP TABLE messages; --"],
  ['bad room: not ASCII', json(good), 'küche'],
];

/** @type {[string, string, string][]} what it is, the payload, the text that is stored */
const taken = [
  [
    'repeated keys',
    '{"nickname":"a","nickname":"n","text":"b","text":"the last counts"}',
    'the last counts',
  ],
  ['a huge number elsewhere', '{"nickname":"n","text":"huge number","x":1e999999}', 'huge number'],
  [
    'a long number elsewhere',
    `{"nickname":"n","text":"long number","x":-${'9'.repeat(400)}}`,
    'long number',
  ],
  ['an array', '["not","an","object"]', '["not","an","object"]'],
  ['broken JSON', '{"nickname":"n","text":', '{"nickname":"n","text":'],
  ['SQL', "'; DROP TABLE messages; --", "'; DROP TABLE messages; --"],
  ['a format', '%s%n%d', '%s%n%d'],
];

/** @type {Row} */
export const payloads = {
  name: 'every kind of bad payload between good ones',
  async run(bench) {
    const random = randomOf('payloads');
    const client = await bench.stack.client();
    for (const [, payload, room = 'messages'] of refused) {
      bench.traffic.wave(random, 3);
      await client.publishAsync(`chat/${room}`, payload, { qos: 1 });
    }
    for (const [, payload, text] of taken) {
      bench.traffic.wave(random, 3);
      bench.traffic.expect(text);
      await client.publishAsync('chat/messages', payload, { qos: 1 });
    }
    await bench.traffic.settle();
    const rejected = bench.stack.sql('SELECT reason FROM rejected');
    assert.equal(rejected.length, refused.length, JSON.stringify(rejected));
    const withRoom = refused.filter(([, , room]) => room === undefined).length;
    assert.equal(bench.traffic.rejections.length, withRoom, 'their senders are told');
    bench.traffic.rejections = [];
    return bench.checker.check();
  },
};

// ---- the clock ----

const FAKETIME = '/usr/$LIB/faketime/libfaketime.so.1';

function whyNoFaketime() {
  const there = spawnSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1']).status === 0;
  return there ? '' : 'libfaketime is missing (apt-get install faketime)';
}

/** @type {Row} */
export const clock = {
  name: 'clock set back and forth by a day',
  skip: whyNoFaketime,
  options: {
    web: true,
    wrap: (bench) =>
      `env LD_PRELOAD='${FAKETIME}:${shim}' FAKETIME_TIMESTAMP_FILE=${bench.folder}/clock ` +
      'FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1',
  },
  prepare: (bench) => bench.set('clock', '+0'),
  async run(bench) {
    const random = randomOf('clock');
    for (const day of ['+0', '+1d', '-1d', '+0', '-1d', '+1d', '+0']) {
      bench.set('clock', day);
      await bench.traffic.waves(random, 8);
      if (random(2) === 0) await bench.killLogger();
      if (!bench.stack.alive('logger')) await bench.startLogger();
      await bench.traffic.settle();
    }
    const [{ days } = { days: 0 }] = bench.stack.sql(
      'SELECT (max(ts) - min(ts)) / 86400000.0 AS days FROM messages',
    );
    assert.ok(Number(days) > 1.9, `the clock was changed: ${days} days between messages`);
    const findings = bench.checker.check();
    for (const room of ['messages', 'lab', 'kitchen']) {
      const pages = (await bench.stack.wholeHistory(room)).map(({ id, text }) => `${id} ${text}`);
      const rows = bench.stack.sql(
        `SELECT id || ' ' || text AS row FROM messages WHERE room = '${room}' ORDER BY id`,
      );
      assert.deepEqual(
        pages,
        rows.map(({ row }) => row),
        `the pages of ${room}`,
      );
    }
    return findings;
  },
};

// ---- fsync before PUBACK ----

function whyNoStrace() {
  const tried = spawnSync('strace', ['-o', '/dev/null', 'true']);
  return tried.status === 0 ? '' : 'strace is missing, or may not trace here';
}

/**
 * What the trace says of each acknowledgement: whether everything that had been read before was
 * on the disk by then. The trace has all strings, names of files too, in hexadecimal.
 * @param {string} trace
 */
function readTrace(trace) {
  const hex = (/** @type {string} */ text) =>
    [...text].map((char) => `\\x${char.charCodeAt(0).toString(16)}`).join('');
  const [wal, mark] = [hex('chat.db-wal'), hex('mark')];
  const puback = /\\x40\\x02(\\x[0-9a-f]{2}){2}/g;
  let unsafe = false; // a PUBLISH has been read and not synced
  const found = { pubacks: 0, early: 0, syncs: 0 };
  for (const line of trace.split('\n')) {
    const call = /^\d+ +(\w+)/.exec(line)?.[1];
    if (/^(read|recvfrom)$/.test(String(call)) && line.includes(mark)) unsafe = true;
    if (/^f(data)?sync$/.test(String(call)) && line.includes(wal) && line.endsWith(' = 0')) {
      unsafe = false;
      found.syncs++;
    }
    const sends = /^(write|sendto)$/.test(String(call));
    const acknowledged = sends ? (line.match(puback) ?? []).length : 0;
    found.pubacks += acknowledged;
    if (unsafe) found.early += acknowledged;
  }
  return found;
}

/** @type {Row} */
export const syncFirst = {
  name: 'strace: fsync before PUBACK',
  skip: whyNoStrace,
  options: {
    wrap: (bench) =>
      `strace -f -y -xx -s 20000 -E LD_PRELOAD=${shim} -o ${bench.folder}/trace ` +
      '-e trace=read,recvfrom,write,sendto,fsync,fdatasync',
  },
  async run(bench) {
    const client = await bench.stack.client();
    const texts = Array.from({ length: 220 }, (_, i) => `mark ${i}`);
    for (const text of texts) bench.traffic.expect(text);
    for (const text of texts.slice(0, 20)) {
      await client.publishAsync('chat/messages', text, { qos: 1 });
      await bench.traffic.settle();
    }
    await Promise.all(
      texts.slice(20).map((text) => client.publishAsync('chat/messages', text, { qos: 1 })),
    );
    const findings = await bench.settle();
    await bench.stack.kill('logger', 'SIGTERM');
    const { pubacks, early, syncs } = readTrace(readFileSync(join(bench.folder, 'trace'), 'utf8'));
    assert.ok(pubacks >= texts.length, `${pubacks} PUBACKs were seen`);
    assert.equal(early, 0, `${early} of ${pubacks} PUBACKs went out before fsync`);
    findings.notes = [`${pubacks} PUBACKs, each written after the fsync; ${syncs} fsyncs`];
    return findings;
  },
};

// ---- a backlog ----

/**
 * Publishes numbers in the order of their size, as fast as the broker takes them.
 * @param {Bench} bench
 * @param {number} from
 * @param {number} count
 */
async function publishNumbers(bench, from, count) {
  const lines = Array.from({ length: count }, (_, i) => `${from + i}\n`);
  await bench.pour('backlog', lines);
}

/**
 * @param {Bench} bench
 * @param {number} from
 * @param {number} count
 */
async function drain(bench, from, count) {
  await bench.stack.stop('logger');
  await publishNumbers(bench, from, count);
  const began = Date.now();
  await bench.startLogger();
  await until(
    () => Number(bench.stack.sql('SELECT max(id) AS id FROM messages')[0]?.id) >= from + count,
    600_000,
    'the backlog is stored',
  );
  const seconds = (Date.now() - began) / 1000;
  return { seconds, rate: Math.round(count / seconds), ...bench.memory() };
}

/** @type {Row} */
export const backlog = {
  name: 'a backlog is drained in constant memory',
  async run(bench, _, short) {
    const count = Number(process.env.BACKLOG || (short ? 50_000 : 100_000));
    const few = await drain(bench, 0, count / 10);
    const many = await drain(bench, count / 10, count);
    const all = count + count / 10;
    const [stored] = bench.stack.sql(
      `SELECT count(*) AS count, count(DISTINCT text) AS texts,
       sum(CAST(text AS INTEGER) <> id - 1) AS misplaced FROM messages`,
    );
    assert.deepEqual(stored, { count: all, texts: all, misplaced: 0 });
    const growth = many.peak - few.peak;
    // A message that was kept would take some 350 bytes; what is freed leaves gaps, in some MB.
    assert.ok(1024 * growth < 160 * count, `${growth} KiB more for ten times as many`);
    await bench.traffic.settle();
    const findings = bench.checker.check(all);
    findings.messages += all;
    findings.notes = [few, many].map(
      ({ seconds, rate, peak }, i) =>
        `${i ? count : count / 10} messages in ${seconds.toFixed(1)} s (${rate}/s), ` +
        `${(peak / 1024).toFixed(1)} MB resident at most`,
    );
    return findings;
  },
};

/**
 * One client sends as much as the broker takes; what the others say has to be stored all the while.
 * @type {Row}
 */
export const flooded = {
  name: 'a flood from one client while others speak',
  async run(bench, seed, short) {
    const random = randomOf(`flood ${seed}`);
    const texts = Array.from({ length: short ? 50_000 : 200_000 }, (_, i) => `flood ${i}`);
    for (const text of texts) bench.traffic.expect(text, 'flood');
    let over = false;
    const poured = bench
      .pour(
        'flood',
        texts.map((text) => `${text}\n`),
      )
      .finally(() => {
        over = true;
      });
    let rounds = 0;
    while (!over) {
      bench.traffic.wave(random);
      await bench.traffic.settle();
      if (!over) rounds++;
    }
    await poured;
    assert.ok(rounds > 2, `the others got their receipts ${rounds} times during the flood`);
    const findings = await bench.settle();
    findings.notes = [`during the flood the others waited for their receipts ${rounds} times`];
    return findings;
  },
};
