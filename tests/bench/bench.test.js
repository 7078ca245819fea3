// The frame of `make bench`: what sections return comes out right, on the terminal, as JSON and as HTML.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Browser, skip } from '../browser/browser.js';
import { bench } from './bench.js';
import { rows } from './figures.js';
import { busyWith, cpuTicks } from './machine.js';
import { table } from './table.js';
import { inTurns } from './wrk.js';

/** @typedef {import('./figures.js').Figure} Figure */
/** @typedef {import('./figures.js').Section} Section */

const RUN = fileURLToPath(new URL('run.js', import.meta.url));

/** Three rounds: the ratios to `slow` are 2, 3, 10, those to `fast` are 0.5, 0.75, 0.8. @type {Figure} */
const RATE = {
  ...{ what: 'pages <b>&', unit: 'pages/s', better: 'more' },
  ours: { name: 'ours', values: [100, 300, 400] },
  against: [
    { name: 'slow', values: [50, 100, 40] },
    { name: 'fast', values: [200, 400, 500] },
  ],
  wanted: [
    { against: 'slow', limit: 3 },
    { against: 'fast', limit: 0.95 },
    { against: 'not installed', limit: 1 },
  ],
};

/** @type {Figure} */
const SIZE = {
  ...{ what: 'weight', unit: 'KB', better: 'less', against: [], wanted: [{ limit: 30 }] },
  ours: { name: 'ours', values: [29, 31, 30] },
};

/** What no logarithm can show. @type {Figure} */
const LOST = {
  ...{ what: 'lost', unit: 'messages', better: 'less', wanted: [{ limit: 0 }] },
  ours: { name: 'ours', values: [0, 0, 0] },
  against: [{ name: 'slow', values: [1, 2, 4] }],
};

/** @type {Section[]} */
const SECTIONS = [
  {
    name: 'made',
    title: 'Made up',
    run: async ({ rounds }) => ({
      figures: [RATE, SIZE, LOST],
      plots: [
        {
          title: `${rounds} lines`,
          x: { label: 'clients', log: true },
          y: { label: 'ms', log: true },
          lines: [
            {
              name: 'rising',
              points: [
                [1, 0.5],
                [10, 20],
                [100, 3000],
              ],
            },
            {
              name: 'with a nought',
              points: [
                [1, 0],
                [10, 2],
              ],
            },
          ],
        },
      ],
    }),
  },
  {
    name: 'broken',
    title: 'Cannot be measured',
    run: async () => {
      throw new Error('no such part');
    },
  },
];

/** @param {import('node:test').TestContext} t */
async function measured(t) {
  const folder = mkdtempSync(join(tmpdir(), 'mqtt-chat-report-'));
  t.after(() => rmSync(folder, { recursive: true }));
  t.mock.method(console, 'log', () => {});
  await bench(SECTIONS, { rounds: 3, seconds: 1, scale: 0.01 }, folder);
  return folder;
}

test('ratios are taken round by round, and held against what is wanted', () => {
  const [ours, slow, fast] = rows(RATE);
  assert.deepEqual(ours.value, { median: 300, min: 100, max: 400 });
  assert.deepEqual(slow.ratio, { median: 3, min: 2, max: 10 });
  assert.deepEqual([slow.met, fast.met, ours.met], [true, false, undefined]);
  assert.deepEqual([rows(SIZE)[0].met, rows(SIZE)[0].limit], [true, 30]);
});

test('the terminal shows medians, spreads, ratios and what was kept', () => {
  const lines = table('Made up', [RATE, SIZE]).split('\n');
  const words = lines.map((line) => line.trim().split(/ {2,}/));
  const slow = ['slow', '50', '40–100', '3', '2–10', '≥ 3', 'met'];
  const fast = ['fast', '400', '200–500', '0.75', '0.5–0.8', '≥ 0.95', 'NOT met'];
  for (const row of [slow, fast, ['ours', '30', '29–31', '≤ 30', 'met']])
    assert.ok(
      words.some((line) => line.join('|') === row.join('|')),
      `${row}\n${lines.join('\n')}`,
    );
});

test('bench.json has every raw value, the machine, and why a section is missing', async (t) => {
  const folder = await measured(t);
  const report = JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8'));
  assert.deepEqual(report.sections[0].figures, [RATE, SIZE, LOST]);
  assert.equal(report.sections[1].error, 'no such part');
  assert.deepEqual(report.settings, { rounds: 3, seconds: 1, scale: 0.01 });
  for (const fact of ['cpu', 'cores', 'memory', 'kernel', 'disk', 'nginx', 'mosquitto', 'sqlite'])
    assert.ok(report.machine[fact], fact);
});

test('bench.html needs nothing else and shows it all', { skip }, async (t) => {
  const folder = await measured(t);
  const browser = await Browser.open();
  t.after(() => browser.close());
  const page = await (await browser.context()).newPage();
  /** @type {string[]} */
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`file://${join(folder, 'bench.html')}`);
  assert.deepEqual(asked.slice(1), []);
  assert.deepEqual(browser.complaints(), []);
  assert.equal(await page.locator('svg rect.met').count(), 1);
  assert.equal(await page.locator('svg rect.missed').count(), 1);
  const drawn = await page
    .locator('polyline')
    .evaluateAll((lines) => lines.map((line) => line.getAttribute('points')?.split(' ').length));
  assert.deepEqual(drawn, [3, 1]);
  const text = await page.locator('body').innerText();
  for (const part of ['pages <b>&', '3 of 4 promises kept', 'ours ÷ fast is 0.75', 'no such part'])
    assert.ok(text.includes(part), part);
  assert.doesNotMatch(await page.content(), /NaN|Infinity|undefined/);
});

test('rounds take turns, every second one the other way round', async () => {
  /** @type {string[]} */
  const order = [];
  const contenders = [{ name: 'a' }, { name: 'b' }];
  const results = await inTurns(3, contenders, async ({ name }) => order.push(name));
  assert.equal(order.join(''), 'abbaab');
  assert.deepEqual(results.get('b'), [2, 3, 6]);
});

test('a machine that waits for its disk is not busy; one that computes is, and with what', () => {
  const before = {
    ...cpuTicks('cpu  100 0 100 1000 50 0 0 0 0 0\n'),
    processes: new Map([['cc (process 7)', 5]]),
  };
  const waits = { ...cpuTicks('cpu  102 0 101 1100 350 0 0 0 0 0\n'), processes: new Map() };
  const works = {
    ...cpuTicks('cpu  180 0 120 1100 50 0 0 0 0 0\n'),
    processes: new Map([['cc (process 7)', 90]]),
  };
  assert.equal(busyWith(before, waits), undefined);
  assert.equal(
    busyWith(before, works),
    '50 % of its processors are in use, most of it by cc (process 7)',
  );
});

/** @param {Record<string, string>} env */
const run = (env) =>
  spawnSync(process.execPath, [RUN], {
    encoding: 'utf8',
    env: { ...process.env, ROUNDS: '', SECONDS: '', SCALE: '', ONLY: '', FORCE: '', ...env },
  });

test('what cannot be asked for is refused in one line', () => {
  for (const [env, line] of /** @type {const} */ ([
    [{ ONLY: 'http,speed' }, /^bench: ONLY has no section 'speed'; there are http, .*\n$/],
    [{ ROUNDS: 'many' }, /^bench: ROUNDS must be a number above 0, not 'many'\n$/],
    [{ SCALE: '-1' }, /^bench: SCALE must be a number above 0, not '-1'\n$/],
  ])) {
    const { status, stderr } = run(env);
    assert.equal(status, 64);
    assert.match(stderr, line);
  }
});

test('on a busy machine it says so and measures nothing', (t) => {
  const loop = 'for (;;);';
  const busy = Array.from({ length: cpus().length }, () =>
    spawn(process.execPath, ['-e', loop], { stdio: 'ignore' }),
  );
  t.after(() => busy.forEach((one) => void one.kill('SIGKILL')));
  const { status, stdout, stderr } = run({ ONLY: 'page', OUT: join(tmpdir(), 'mqtt-chat-none') });
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^bench: not now: \d+ % of its processors are in use.*; end that, or .* FORCE=1\n$/,
  );
  assert.equal(stdout, '');
});
