/**
 * Measures the page as it is installed (web/min) against its budgets, and prints a table. Not a test:
 * times depend on the machine.
 * Usage: make budgets (or: npm run budgets)
 */
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { startStack, until } from '../lib/stack.js';
import { Browser, device, enter, linked, storedCount } from './browser.js';

/** @typedef {import('./browser.js').Page} Page */

const OLD_MESSAGES = 400;
const LOADS = 7;
const APPENDED = 30;
const FLOOD = 10_000;

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const kb = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} KB`;
const ms = (/** @type {number} */ time) => `${time.toFixed(0)} ms`;

/** @param {string} what @param {string} value @param {string} [budget] */
function report(what, value, budget = '') {
  console.log(`${what.padEnd(46)} ${value.padStart(10)}   ${budget}`);
}

/**
 * What a first visit loads, by name: bytes as they would travel, gzipped.
 * @param {import('../lib/stack.js').Stack} stack
 * @param {Page} page
 */
async function measureSizes(stack, page) {
  /** @type {Map<string, number>} */
  const sizes = new Map();
  const names = await page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => name),
  );
  for (const address of new Set([stack.url, ...names])) {
    const name = address.slice(stack.url.length);
    if (!address.startsWith(stack.url) || !/^$|\.(js|css)$/.test(name)) continue;
    const body = new Uint8Array(await (await fetch(address)).arrayBuffer());
    sizes.set(name, gzipSync(body, { level: 9 }).length);
  }
  const mqtt = sizes.get('mqtt.js') ?? 0;
  const own = Array.from(sizes.values()).reduce((sum, size) => sum + size, 0) - mqtt;
  report(`HTML, CSS and own JS (${sizes.size - 1} files), gzipped`, kb(own), '≤ 30 KB');
  const worker = await (await fetch(`${stack.url}sw.js`)).text();
  report('sw.js, which the browser loads after that', kb(gzipSync(worker, { level: 9 }).length));
  report('mqtt.js, gzipped', kb(mqtt), '≤ 75 KB');
}

/** Runs in the page before its own scripts: notes when the first message is on the screen. */
function watchFirstRow() {
  const observer = new MutationObserver(() => {
    if (!document.querySelector('.row')) return;
    observer.disconnect();
    requestAnimationFrame(() =>
      setTimeout(() => {
        document.documentElement.dataset.historyAt = String(performance.now());
      }),
    );
  });
  observer.observe(document, { childList: true, subtree: true });
}

/**
 * @param {Browser} browser
 * @param {import('../lib/stack.js').Stack} stack
 */
async function measureHistory(browser, stack) {
  /** @type {Record<'first' | 'again', number[]>} */
  const times = { first: [], again: [] };
  for (let i = 0; i < LOADS; i++) {
    const context = await browser.context();
    await context.addInitScript(watchFirstRow);
    const page = await context.newPage();
    for (const kind of /** @type {const} */ (['first', 'again'])) {
      if (kind === 'first') await page.goto(`${stack.url}#old`);
      else await page.reload();
      await page.locator('html[data-history-at]').waitFor({ state: 'attached' });
      const at = await page.evaluate(() => document.documentElement.dataset.historyAt);
      times[kind].push(Number(at));
      await linked(page, 'online');
    }
    await context.close();
  }
  report('history visible, first visit (median)', ms(median(times.first)), '≤ 300 ms');
  report('history visible, again (median)', ms(median(times.again)));
}

/** Runs in the page: the time from a frame of the socket to the frame on the screen that shows it. */
function watchAppends() {
  /** @type {number[]} */
  const times = [];
  Object.assign(window, { appendTimes: times });
  let came = 0;
  window.WebSocket = class extends WebSocket {
    /** @param {string | URL} url @param {string | string[]} [protocols] */
    constructor(url, protocols) {
      super(url, protocols);
      this.addEventListener('message', () => {
        came = performance.now();
      });
    }
  };
  const seen = new WeakSet();
  new MutationObserver(() => {
    const row = Array.from(document.querySelectorAll('.row')).at(-1);
    if (!row || seen.has(row) || !row.textContent?.includes('appended')) return;
    seen.add(row);
    const began = came;
    requestAnimationFrame(() => setTimeout(() => times.push(performance.now() - began)));
  }).observe(document, { childList: true, subtree: true });
}

/**
 * @param {Browser} browser
 * @param {import('../lib/stack.js').Stack} stack
 * @param {Awaited<ReturnType<typeof device>>} publish
 */
async function measureAppend(browser, stack, publish) {
  const context = await browser.context();
  await context.addInitScript(watchAppends);
  const page = await enter(stack, context, 'old');
  const devtools = await context.newCDPSession(page);
  for (let i = 0; i < 300; i++) await publish('old', `filling ${i}`);
  await page.getByText('filling 299', { exact: true }).waitFor();
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  for (let i = 0; i < APPENDED; i++) {
    await publish('old', `appended ${i}`);
    await page.getByText(`appended ${i}`, { exact: true }).waitFor();
    await page.waitForTimeout(100);
  }
  const times = await page.evaluate(
    () =>
      /** @type {{appendTimes: number[]} & Window} */ (/** @type {unknown} */ (window)).appendTimes,
  );
  report(`append, CPU slowed 4× (median of ${times.length})`, ms(median(times)), '≤ 50 ms');
  report('append, CPU slowed 4× (worst)', ms(Math.max(...times)));
  await context.close();
}

/** @param {import('playwright-core').CDPSession} devtools */
async function heap(devtools) {
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}

/**
 * @param {Browser} browser
 * @param {import('../lib/stack.js').Stack} stack
 */
async function measureFlood(browser, stack) {
  const context = await browser.context();
  const page = await enter(stack, context, 'flood');
  const devtools = await context.newCDPSession(page);
  const client = await stack.client();
  const before = await heap(devtools);
  const began = Date.now();
  for (let i = 1; i <= FLOOD; i += 100) {
    const batch = Array.from({ length: 100 }, (_, j) => {
      const message = { nickname: `n${j % 7}`, text: `flood ${i + j}`, msgId: `m${i + j}` };
      return client.publishAsync('chat/flood', JSON.stringify(message), { qos: 1 });
    });
    await Promise.all(batch);
  }
  await page.getByText(`flood ${FLOOD}`, { exact: true }).waitFor({ timeout: 120_000 });
  const seconds = (Date.now() - began) / 1000;
  await storedCount(stack, 'flood', FLOOD);
  await page.waitForTimeout(2000);
  const growth = (await heap(devtools)) - before;
  const rows = await page.locator('.row').count();
  report(`rows after ${FLOOD} messages in ${seconds.toFixed(0)} s`, String(rows), '≤ 320');
  report('heap growth', kb(growth), '< 20,480 KB');
  await context.close();
}

process.env.MQTT_CHAT_PAGE ??= 'web/min';
const stack = await startStack();
const browser = await Browser.open();
try {
  const publish = await device(stack);
  for (let i = 0; i < OLD_MESSAGES; i++) await publish('old', `old ${i}`);
  await until(async () => (await stack.wholeHistory('old')).length === OLD_MESSAGES, 30_000);
  const context = await browser.context();
  await measureSizes(stack, await enter(stack, context, 'old'));
  await context.close();
  await measureHistory(browser, stack);
  await measureAppend(browser, stack, publish);
  await measureFlood(browser, stack);
} finally {
  await browser.close();
  await stack.close();
}
process.exit(0);
