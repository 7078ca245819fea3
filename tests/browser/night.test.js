// A night away: 1,000 unread messages in twelve rooms, met in the morning on a phone with a slow
// network. What is unread is counted right, nothing is missing, and the newest is one tap away.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { enter, storedCount, waitForPhase } = browsers;

const ROOMS = Array.from({ length: 12 }, (_, i) => `room-${String.fromCharCode(97 + i)}`);
/** Unread in each room: 1,000 in all, one room with most of them, some with one page or less. */
const UNREAD = [400, 150, 101, 100, 99, 60, 40, 25, 15, 7, 2, 1];
/** What was read in each room before the night. */
const READ = 5;
/** The badge counts exactly up to here. */
const BADGE_MAX = 99;
/** A page that grows with what it has shown would be above it. */
const HEAP_GROWTH_MAX = 12 * 1024 * 1024;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** As fast 3G, in bytes a second. */
const SLOW = {
  offline: false,
  latency: 150,
  downloadThroughput: 200_000,
  uploadThroughput: 90_000,
};

/** @typedef {import('./browser.js').Page} Page */

/** @param {import('playwright-core').CDPSession} devtools */
async function heap(devtools) {
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}

/** What stands on the screen, from the top. @param {Page} page */
const shown = (page) =>
  page
    .locator('#rows .row')
    .evaluateAll((rows) =>
      rows.map((row) => ({
        id: Number(row.dataset.id),
        text: row.querySelector('.text')?.textContent ?? '',
      })),
    );

/** Chromium's tools slow the network down and weigh the heap. */
const testInChromium = browsers.inChromium ? test : () => {};

describe('a night away', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = browsers.setUp();

  /** @param {string} room @param {number} from @param {number} to */
  async function fill(room, from, to) {
    for (let i = from; i <= to; i++) await on.publish(room, `${room} ${i}`);
    await storedCount(on.stack, room, to);
  }

  /** @param {Page} page @param {string} room */
  async function openRoom(page, room) {
    const link = page.locator(`.room-link[href="#${room}"]`);
    if (!(await link.isVisible())) await page.click('#menu');
    await link.click();
    await until(async () => (await page.textContent('#room')) === room, 10_000, room);
  }

  /** Goes up until the first row of the room is there, and notes every text on the way. @param {Page} page */
  async function readUp(page) {
    /** @type {Map<number, string>} */
    const seen = new Map();
    const first = async () => {
      for (const { id, text } of await shown(page)) seen.set(id, text);
      await page.locator('#log').evaluate((log) => log.scrollTo(0, 0));
      return page.locator('#rows .start').isVisible();
    };
    await until(first, 60_000, 'the start of the room');
    for (const { id, text } of await shown(page)) seen.set(id, text);
    return [...seen].sort(([a], [b]) => a - b).map(([, text]) => text);
  }

  testInChromium('1,000 unread in twelve rooms, on a phone with a slow network', async () => {
    const context = await on.browser.context(PHONE);
    context.setDefaultTimeout(20_000);
    for (const room of ROOMS) await fill(room, 1, READ);
    let page = await enter(on.stack, context, ROOMS[0]);
    for (const room of ROOMS) {
      await openRoom(page, room);
      await page.getByText(`${room} ${READ}`, { exact: true }).waitFor();
    }
    await page.close();
    for (const [i, room] of ROOMS.entries()) await fill(room, READ + 1, READ + UNREAD[i]);

    page = await enter(on.stack, context, 'messages', { connected: false });
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', SLOW);
    await page.reload();
    await waitForPhase(page, 'online', 30_000);
    await page.click('#menu');
    for (const [i, room] of ROOMS.entries()) {
      const wanted = UNREAD[i] > BADGE_MAX ? `${BADGE_MAX}+` : `${UNREAD[i]}`;
      const badge = page.locator(`.room-link[href="#${room}"] .badge`);
      await until(async () => (await badge.textContent()) === wanted, 30_000, `${room}: ${wanted}`);
    }
    const before = await heap(devtools);

    for (const [i, room] of ROOMS.entries()) {
      await openRoom(page, room);
      await page.getByText(`${room} ${READ + 1}`, { exact: true }).waitFor();
      const last = page.getByText(`${room} ${READ + UNREAD[i]}`, { exact: true });
      if (await page.locator('#newest').isVisible()) await page.tap('#newest');
      await last.waitFor();
      await until(async () => !(await page.locator('#newest').isVisible()), 10_000, 'the end');
      const badge = page.locator(`.room-link[href="#${room}"] .badge`);
      await until(async () => (await badge.textContent()) === '', 5000, `${room} is read`);
      const wanted = Array.from({ length: READ + UNREAD[i] }, (_, n) => `${room} ${n + 1}`);
      assert.deepEqual(await readUp(page), wanted, room);
    }
    const growth = (await heap(devtools)) - before;
    assert.ok(growth < HEAP_GROWTH_MAX, `the heap grew by ${growth} bytes`);
    console.log(`the heap grew by ${(growth / 1024).toFixed(0)} KB`);
    await context.close();
  });
});
