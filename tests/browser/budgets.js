/**
 * Measures the page as it is installed (web/min) against its budgets, and prints a table. Not a test:
 * times depend on the machine.
 * Usage: make budgets (or: npm run budgets)
 */
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { startStack, until } from '../lib/stack.js';
import { Browser, device, enter, storedCount, waitForPhase } from './browser.js';

/** @typedef {import('./browser.js').Page} Page */

const OLD_MESSAGES = 400;
const LOADS = 7;
const APPENDED = 30;
const FLOOD = 10_000;
/** How long the browser is left alone before it is measured. */
const SETTLE_MS = 3000;
const APPEND_EVERY_MS = 400;

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
  // The worker is loaded by the browser, not by the page.
  for (const address of new Set([stack.url, `${stack.url}sw.js`, ...names])) {
    const name = address.slice(stack.url.length);
    if (!address.startsWith(stack.url) || !/^$|\.(js|css)$/.test(name)) continue;
    const body = new Uint8Array(await (await fetch(address)).arrayBuffer());
    sizes.set(name, gzipSync(body, { level: 9 }).length);
  }
  const mqtt = sizes.get('mqtt.js') ?? 0;
  const own = Array.from(sizes.values()).reduce((sum, size) => sum + size, 0) - mqtt;
  report(`HTML, CSS and own JS (${sizes.size - 1} files), gzipped`, kb(own), '≤ 32 KB');
  report('mqtt.js, gzipped', kb(mqtt), '≤ 75 KB');
  const texts = new Uint8Array(await (await fetch(`${stack.url}texts-fi.js`)).arrayBuffer());
  report('texts-fi.js, for who reads Finnish', kb(gzipSync(texts, { level: 9 }).length));
}

/** Runs in the page before its own scripts: notes when the first message is there, and on the screen. */
function watchFirstRow() {
  const observer = new MutationObserver(() => {
    if (!document.querySelector('.row')) return;
    observer.disconnect();
    performance.mark('row');
    requestAnimationFrame(() =>
      setTimeout(() => {
        performance.mark('history');
        document.documentElement.dataset.history = 'shown';
      }),
    );
  });
  observer.observe(document, { childList: true, subtree: true });
}

/** Runs in the page: what the time until the history was on the screen went into. */
function shares() {
  const at = (/** @type {string} */ mark) => performance.getEntriesByName(mark)[0].startTime;
  const [visit] = performance.getEntriesByType('navigation');
  const loads = performance.getEntriesByType('resource');
  const page = loads.filter(({ name }) => /\.(css|js)$/.test(name));
  const [api] = loads.filter(({ name }) => name.includes('/api/messages'));
  const ends = page.map((load) => /** @type {PerformanceResourceTiming} */ (load).responseEnd);
  const files = Math.max(...ends.filter((end) => end < api.startTime));
  return {
    answer: /** @type {PerformanceNavigationTiming} */ (visit).responseStart,
    files,
    script: api.startTime,
    api: /** @type {PerformanceResourceTiming} */ (api).responseEnd,
    row: at('row'),
    history: at('history'),
  };
}

/** @param {Page} page */
async function historyShown(page) {
  await page.locator('html[data-history]').waitFor({ state: 'attached' });
  return page.evaluate(shares);
}

/**
 * A page for a first visit, in a browser that has settled: a new window starts several pages of the
 * browser's own, and it is not their loading that counts.
 * @param {Browser} browser
 * @param {import('../lib/stack.js').Stack} stack
 */
async function settledPage(browser, stack) {
  const context = await browser.context();
  await context.addInitScript(watchFirstRow);
  const page = await context.newPage();
  await page.goto(`${stack.url}icon.svg`);
  await page.waitForTimeout(SETTLE_MS);
  return page;
}

/**
 * @param {Browser} browser
 * @param {import('../lib/stack.js').Stack} stack
 */
async function measureHistory(browser, stack) {
  /** @type {Record<'first' | 'again', ReturnType<typeof shares>[]>} */
  const visits = { first: [], again: [] };
  for (let i = 0; i < LOADS; i++) {
    const page = await settledPage(browser, stack);
    await page.goto(`${stack.url}#old`);
    visits.first.push(await historyShown(page));
    await waitForPhase(page, 'online');
    await page.reload();
    visits.again.push(await historyShown(page));
    await page.context().close();
  }
  const medianOf = (
    /** @type {typeof visits.first} */ list,
    /** @type {keyof ReturnType<typeof shares>} */ name,
  ) => ms(median(list.map((visit) => visit[name])));
  report('history visible, first visit (median)', medianOf(visits.first, 'history'), '≤ 300 ms');
  for (const [name, what] of /** @type {const} */ ([
    ['answer', 'the first byte has come'],
    ['files', 'its files have'],
    ['script', 'its scripts have run'],
    ['api', 'the API has answered'],
    ['row', 'the rows are made'],
  ])) {
    report(`  of that, until ${what}`, medianOf(visits.first, name));
  }
  report('history visible, again (median)', medianOf(visits.again, 'history'));
}

/**
 * Runs in the page: the time from a frame of the socket until what it brought is on the screen, as
 * the browser itself says. Each time is of a `.row`, or of any other child of `#rows`.
 */
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
  /** @type {WeakMap<Element, number>} */
  const began = new WeakMap();
  new MutationObserver((changes) => {
    for (const added of changes.flatMap(({ addedNodes }) => Array.from(addedNodes))) {
      if (!(added instanceof Element) || !added.textContent?.includes('appended')) continue;
      const text = added.querySelector('.text') ?? added;
      text.setAttribute('elementtiming', 'appended');
      began.set(text, came);
    }
  }).observe(document, { childList: true, subtree: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { element, renderTime } = /** @type {any} */ (entry);
      if (began.has(element)) times.push(renderTime - (began.get(element) ?? 0));
      began.delete(element);
    }
  }).observe({ type: 'element' });
}

/** Of both pages, so that none is stored already. */
let sent = 0;

/**
 * Appends with the CPU slowed, and gives the times; and the main thread's own time for each, at full
 * speed, which other work on the machine hardly changes.
 * @param {Page} page
 * @param {Awaited<ReturnType<typeof device>>} publish
 */
async function appendTimes(page, publish) {
  const devtools = await page.context().newCDPSession(page);
  const append = async () => {
    for (let i = 0; i < APPENDED; i++) {
      const message = { nickname: 'Ann', text: `appended ${sent}`, msgId: `a${sent++}` };
      await publish('old', { ...message, clientId: 'ann' });
      await page.waitForTimeout(APPEND_EVERY_MS);
    }
  };
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
  };
  const before = await spent();
  await append();
  const work = ((await spent()) - before) / APPENDED;
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await page.evaluate(() => Object(window).appendTimes.splice(0));
  await append();
  /** @type {number[]} */
  const times = await page.evaluate(() => Object(window).appendTimes);
  return { times, work: work * 1000 };
}

/** Runs in a page of nothing: shows what the socket brings, and does no more. */
async function showOnly() {
  const { connect } = await import(new URL('mqtt.js', location.href).href);
  document.body.replaceChildren();
  const url = new URL('../mqtt', location.href);
  url.protocol = 'ws:';
  const options = { clientId: 'floor', protocolVersion: 5, manualConnect: true };
  const client = connect(url.href, { ...options, reconnectPeriod: 0, timerVariant: 'native' });
  client.on('message', (/** @type {string} */ _topic, /** @type {Uint8Array} */ payload) => {
    requestAnimationFrame(() => {
      const row = document.createElement('p');
      row.textContent = new TextDecoder().decode(payload);
      document.body.append(row);
    });
  });
  client.connect();
  await new Promise((resolve) => client.on('connect', resolve));
  await new Promise((resolve) => client.subscribe('chat/old', { qos: 1 }, resolve));
}

/**
 * @param {Browser} browser
 * @param {import('../lib/stack.js').Stack} stack
 * @param {Awaited<ReturnType<typeof device>>} publish
 */
async function measureAppend(browser, stack, publish) {
  const context = await browser.context();
  await context.addInitScript(watchAppends);
  const empty = await context.newPage();
  await empty.goto(`${stack.url}mqtt.js.LICENSE.txt`);
  await empty.evaluate(showOnly);
  const floor = await appendTimes(empty, publish);
  await empty.close();
  const page = await enter(stack, context, 'old');
  for (let i = 0; i < 300; i++) {
    await publish('old', { nickname: 'Ben', text: `filling ${i}`, clientId: 'b', msgId: `f${i}` });
  }
  await page.getByText('filling 299', { exact: true }).waitFor();
  await page.waitForTimeout(SETTLE_MS);
  const { times, work } = await appendTimes(page, publish);
  report(`append, CPU slowed 4× (median of ${times.length})`, ms(median(times)), '≤ 50 ms');
  report('append, CPU slowed 4× (worst)', ms(Math.max(...times)));
  report('  of that, in a page that does nothing else', ms(median(floor.times)));
  report('append, CPU time at full speed', `${work.toFixed(1)} ms`);
  report('  of that, in a page that does nothing else', `${floor.work.toFixed(1)} ms`);
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
