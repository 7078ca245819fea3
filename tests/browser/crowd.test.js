// A room with a thousand people: the page counts them, and renders that in a few frames.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as browsers from './browser.js';

const { enter } = browsers;

const CROWD = 1000;

/** Runs in the page before its scripts: counts sorts of long lists, and how often people are shown. */
function countWork() {
  const work = { sorts: 0, renders: 0, longest: 0 };
  Object.assign(window, { work });
  const { sort } = Array.prototype;
  Array.prototype.sort = function (/** @type {any} */ compare) {
    if (typeof this[0] === 'string' && /^Person/.test(this[0])) work.sorts += 1;
    return sort.call(this, compare);
  };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) work.longest = Math.max(work.longest, duration);
  }).observe({ type: 'longtask', buffered: true });
  document.addEventListener('DOMContentLoaded', () => {
    const side = document.getElementById('side');
    const observer = new MutationObserver((changes) => {
      if (changes.some(({ target }) => /^people/.test(/** @type {Element} */ (target).id)))
        work.renders += 1;
    });
    if (side) observer.observe(side, { childList: true, subtree: true, characterData: true });
  });
}

describe('a crowd', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = browsers.setUp();

  /** @param {number} from @param {number} to @param {boolean} [here] */
  async function arrive(from, to, here = true) {
    const client = await on.stack.client();
    const all = Array.from({ length: to - from }, (_, i) =>
      client.publishAsync(
        `chat/crowd/presence/p${from + i}`,
        here ? JSON.stringify({ nickname: `Person ${from + i}` }) : '',
        { qos: 1, retain: true },
      ),
    );
    await Promise.all(all);
  }

  test('a thousand are a count, shown in a few frames; of two hundred all have names', async (t) => {
    await arrive(0, CROWD - 1);
    await on.context.addInitScript(countWork);
    const page = await enter(on.stack, on.context, 'crowd');
    await page.locator('#people-count', { hasText: /1,000/ }).waitFor();
    await page.waitForTimeout(500);
    const work = await page.evaluate(() => /** @type {any} */ (window).work);
    t.diagnostic(JSON.stringify(work));
    assert.ok(work.sorts <= 10, `${work.sorts} sorts of the list`);
    assert.ok(work.renders <= 40, `${work.renders} renders`);
    assert.equal(await page.locator('#people li').count(), 0);
    await arrive(150, CROWD - 1, false);
    await page.locator('#people-count', { hasText: '151 people' }).waitFor();
    await page.locator('#people li', { hasText: 'Person 10' }).first().waitFor();
    await page.getByText('and 51 more').waitFor();
  });
});
