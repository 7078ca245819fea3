/**
 * How long receipts take while the administrator's command, or the logger's retention, is at work:
 *
 *     make -C build check-latency
 *
 * p99 has to be at most twice what it is without. Not part of `make check`: a machine that does
 * something else at the same time says nothing.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { admin, adminStarted } from '../lib/admin.js';
import { startStack } from '../lib/stack.js';

const ROWS = Number(process.env.ROWS ?? 100_000);
const EVERY_MS = 10;
const SPAN_MS = Number(process.env.SPAN_MS ?? 8000);

/** @param {number[]} sorted @param {number} part */
const quantile = (sorted, part) => sorted[Math.floor(sorted.length * part)];

/**
 * Sends until `signal`, and gives the times to the receipts in ms.
 * @param {import('../lib/stack.js').Stack} stack
 * @param {AbortSignal} signal
 */
async function measure(stack, signal) {
  const client = await stack.client();
  // Otherwise Nagle's algorithm in this client is what is measured.
  /** @type {import('node:net').Socket} */ (client.stream).setNoDelay(true);
  const run = Math.random().toString(36).slice(2);
  /** @type {Map<string, number>} */
  const sent = new Map();
  /** @type {number[]} */
  const times = [];
  await client.subscribeAsync('chat/latency/stored', { qos: 1 });
  client.on('message', (_topic, payload) => {
    for (const { msgId } of JSON.parse(payload.toString())) {
      const at = sent.get(msgId);
      if (at !== undefined) times.push(performance.now() - at);
      sent.delete(msgId);
    }
  });
  for (let i = 0; !signal.aborted; i++) {
    const msgId = `${run}-${i}`;
    sent.set(msgId, performance.now());
    client.publish(
      'chat/latency',
      JSON.stringify({ nickname: 'Clock', text: `tick ${i}`, clientId: run, msgId }),
      { qos: 1 },
    );
    await sleep(EVERY_MS);
  }
  for (let i = 0; sent.size > 0 && i < 500; i++) await sleep(20);
  client.end(true);
  if (sent.size > 0) throw new Error(`${sent.size} messages have no receipt`);
  return times.sort((a, b) => a - b);
}

/** @param {string} name @param {number[]} times @param {number} [base] */
function report(name, times, base) {
  const p99 = quantile(times, 0.99);
  const ratio = base ? `  p99 × ${(p99 / base).toFixed(2)}` : '';
  console.log(
    `${name.padEnd(12)} n=${times.length} p50=${quantile(times, 0.5).toFixed(2)} ` +
      `p99=${p99.toFixed(2)} max=${times[times.length - 1].toFixed(2)} ms${ratio}`,
  );
  return p99;
}

/**
 * @param {import('../lib/stack.js').Stack} stack
 * @param {string} name
 * @param {string[] | undefined} args of the command; none: nothing at all
 */
async function during(stack, name, args) {
  const stop = new AbortController();
  const measured = measure(stack, stop.signal);
  await sleep(500);
  const began = Date.now();
  if (args) {
    const run = adminStarted(stack, args);
    const status = await run.ended;
    console.log(`${name}: ${Date.now() - began} ms, ${run.output().trim().split('\n')[0]}`);
    if (status !== 0) throw new Error(run.output());
  } else {
    await sleep(SPAN_MS);
  }
  stop.abort();
  return measured;
}

const stack = await startStack();
try {
  const file = join(stack.dataDir, 'rows.ndjson');
  writeFileSync(file, '');
  for (let i = 0; i < ROWS; i += 1000) {
    const rows = Array.from({ length: 1000 }, (_, n) =>
      JSON.stringify({
        id: i + n,
        room: `room-${n % 7}`,
        nickname: n % 3 ? 'Ann' : 'Bob',
        text: `Something that somebody said, number ${i + n}`,
        ts: new Date(1_700_000_000_000 + (i + n) * 1000).toISOString(),
      }),
    );
    appendFileSync(file, `${rows.join('\n')}\n`);
  }
  await during(stack, 'warm', undefined);
  const base = report('alone', await during(stack, 'alone', undefined));
  const worst = [];
  for (const [name, args] of /** @type {[string, string[]][]} */ ([
    ['import', ['import', '--source=bench', file]],
    ['backup', ['backup', join(stack.dataDir, 'backup.db')]],
    ['reindex', ['reindex', '--yes']],
    ['prune', ['prune', '--before=2024-01-01', '--yes']],
  ])) {
    worst.push(report(name, await during(stack, name, args), base) / base);
  }
  // Retention: the rows again, and then a logger that has to delete them all.
  admin(stack, ['import', '--source=again', file]);
  await stack.stop('logger');
  appendFileSync(join(stack.dataDir, 'etc/mqtt-chat.conf'), '\nretention-days = 30\n');
  await stack.start('logger');
  worst.push(report('retention', await during(stack, 'retention', undefined), base) / base);
  process.exitCode = worst.some((ratio) => ratio > 2) ? 1 : 0;
} finally {
  await stack.close();
}
