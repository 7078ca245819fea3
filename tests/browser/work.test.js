// What one message costs the browser: counted in elements and layouts, which no load changes.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { ROWS_MAX, ROWS_SPARE } from '../../web/chat/log.js';
import { startStack } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, enter, reaches } = browsers;

const FULL = ROWS_MAX + ROWS_SPARE;
/** Live, and stored: a row, its parts, and what else says so. Before, all rows were styled anew. */
const STYLED_MAX = 100;
/** A frame for each of the two, the scrolling in it, and the announcement. */
const LAYOUTS_MAX = 8;

/** @typedef {{name: string, args: {elementCount?: number}}} TraceEvent */

/**
 * What the page's styles and layouts were while something happened.
 * @param {browsers.Page} page
 * @param {() => Promise<unknown>} action
 */
async function traced(page, action) {
  const devtools = await page.context().newCDPSession(page);
  /** @type {TraceEvent[]} */
  const events = [];
  devtools.on('Tracing.dataCollected', ({ value }) =>
    events.push(.../** @type {TraceEvent[]} */ (/** @type {unknown} */ (value))),
  );
  await devtools.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['devtools.timeline'] },
  });
  await action();
  const complete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
  await devtools.send('Tracing.end');
  await complete;
  await devtools.detach();
  const styles = events.filter(({ name }) => name === 'UpdateLayoutTree');
  return {
    styled: styles.reduce((sum, { args }) => sum + (args.elementCount ?? 0), 0),
    layouts: events.filter(({ name }) => name === 'Layout').length,
  };
}

/** Styles and layouts are counted by Chromium's own tools. */
const testInChromium = browsers.inChromium ? test : () => {};

describe('the work of a message', { skip: browsers.skip, timeout: 300_000 }, () => {
  /** @type {import('../lib/stack.js').Stack} */
  let stack;
  /** @type {browsers.Browser} */
  let browser;

  before(async () => {
    stack = await startStack();
    browser = await browsers.Browser.open();
  });
  after(async () => {
    await browser?.close();
    await stack?.close();
  });
  afterEach(() => assert.deepEqual(browser.complaints(), []));

  testInChromium(
    'a message that comes, and old ones that go, leave the other rows alone',
    async () => {
      const publish = await device(stack);
      const send = (/** @type {number} */ i) =>
        publish('work', { nickname: 'Ann', text: `message ${i}`, clientId: 'ann', msgId: `w${i}` });
      const page = await enter(stack, await browser.context(), 'work');
      for (let i = 0; i < FULL; i++) await send(i);
      await reaches(page, `message ${FULL - 1}`, 'stored', 60_000);
      await page.waitForTimeout(1000);
      assert.equal(await page.locator('.row').count(), FULL);
      const work = await traced(page, async () => {
        await send(FULL);
        await reaches(page, `message ${FULL}`, 'stored', 60_000);
      });
      assert.equal(await page.locator('.row').count(), ROWS_MAX);
      assert.ok(work.styled > 0 && work.styled <= STYLED_MAX, JSON.stringify(work));
      assert.ok(work.layouts > 0 && work.layouts <= LAYOUTS_MAX, JSON.stringify(work));
    },
  );
});
