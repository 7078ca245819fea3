// The page that does not start, or not all of it: it says so, in every engine, and what to do.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { enter, say, shows, storedCount, waitForPhase } = browsers;

/** With playwright, Firefox goes on running the page's scripts. */
const testInChromium = browsers.inChromium ? test : () => {};

/** What the page says instead of the chat. @param {browsers.Page} page */
const trouble = (page) => page.locator('.trouble > :visible').allTextContents();

/** @param {browsers.Page} page @param {RegExp} wanted */
async function saysOnly(page, wanted) {
  await until(async () => (await trouble(page)).length > 0, 15_000, 'the page says something');
  const said = await trouble(page);
  assert.equal(said.length, 1, said.join());
  assert.match(said[0], wanted);
  assert.equal(await page.locator('button:visible, input:visible').count(), 0, 'no dead buttons');
}

/** Notes in the page what `data-start` has been, and the intervals that run. */
function watchPage() {
  const starts = /** @type {string[]} */ ([]);
  const intervals = new Map();
  const { setInterval: begin, clearInterval: end } = window;
  Object.assign(window, {
    starts,
    intervals,
    setInterval(/** @type {() => void} */ callback, /** @type {number} */ ms) {
      const timer = begin(callback, ms);
      intervals.set(timer, ms);
      return timer;
    },
    clearInterval(/** @type {number} */ timer) {
      intervals.delete(timer);
      end(timer);
    },
  });
  new MutationObserver(() => starts.push(document.documentElement.dataset.start ?? '')).observe(
    document,
    { attributeFilter: ['data-start'], subtree: true },
  );
}

/** @typedef {{starts: string[], intervals: Map<number, number>}} Watched */

/** The intervals that run more often than every five seconds. @param {browsers.Page} page */
const quickIntervals = (page) =>
  page.evaluate(() => {
    const { intervals } = /** @type {Watched} */ (/** @type {unknown} */ (window));
    return [...intervals.values()].filter((ms) => ms < 5000);
  });

describe('a page that does not start', { skip: browsers.skip, timeout: 400_000 }, () => {
  const on = browsers.setUp({ services: true });

  for (const name of ['main.js', 'markdown.js']) {
    test(`without ${name} it says that a part is missing`, async () => {
      const page = await on.context.newPage();
      await page.route(`**/${name}`, (route) => route.abort());
      await page.goto(on.stack.url);
      await saysOnly(page, /could not be started.*content blocker/s);
    });
  }

  test('with a script that throws it says so', async () => {
    const page = await on.context.newPage();
    const body = 'export const byId = 0; throw new Error("planted");';
    const answer = { contentType: 'text/javascript', body };
    await page.route('**/storage.js', (route) => route.fulfill(answer));
    await page.goto(on.stack.url);
    await saysOnly(page, /could not be started/);
    await until(() => on.browser.complaints().length > 0);
  });

  test('in a browser that is too old it names those that are not', async () => {
    const page = await on.context.newPage();
    await page.addInitScript(() => {
      CSS.supports = () => false;
    });
    await page.goto(on.stack.url);
    await saysOnly(page, /newer browser: Chrome or Edge 123, Firefox 125, Safari 17\.5/);
  });

  test('where its first script is missing, too, it says all that may be', async () => {
    const page = await on.context.newPage();
    await page.route('**/*.js', (route) => route.abort());
    await page.goto(on.stack.url);
    assert.match((await trouble(page)).join(), /newer browser.*could not be started/s);
    assert.equal(await page.locator('button:visible').count(), 0);
  });

  testInChromium('without JavaScript it asks for it', async () => {
    const context = await on.browser.context({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(on.stack.url);
    assert.match(await page.locator('body').innerText(), /^\s*This chat needs JavaScript.*\s*$/);
    await context.close();
  });

  test('of all that nothing is seen on the way, and the theme is there before the modules', async () => {
    const page = await on.context.newPage();
    await page.addInitScript(watchPage);
    await page.addInitScript(() => {
      if (location.protocol === 'http:') {
        localStorage.setItem('chat.preferences', '{"theme":"dark","size":"large"}');
      }
    });
    /** @type {() => void} */
    let release = () => {};
    const held = new Promise((resolve) => {
      release = () => resolve(undefined);
    });
    await page.route('**/main.js', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(on.stack.url, { waitUntil: 'commit' });
    await page.locator('#log').waitFor();
    const before = await page.locator('html').evaluate((root) => ({ ...root.dataset }));
    assert.deepEqual([before.theme, before.size, before.start], ['dark', 'large', 'wait']);
    const paper = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    assert.equal(paper, 'dark');
    release();
    await waitForPhase(page, 'online');
    const starts = await page.evaluate(
      () => /** @type {Watched} */ (/** @type {unknown} */ (window)).starts,
    );
    assert.deepEqual(starts, ['wait', 'done']);
    assert.deepEqual(await trouble(page), []);
  });

  test('with mqtt.js blocked it says what is missing; the history is there', async () => {
    await on.publish('blocked', 'earlier');
    await storedCount(on.stack, 'blocked', 1);
    await on.context.route('**/mqtt.js*', (route) => route.abort());
    const page = await enter(on.stack, on.context, 'blocked', { connected: false });
    await shows(page, ['earlier']);
    const notice = page.locator('#connection-notice');
    await notice.getByText(/could not be loaded: a content blocker/).waitFor();
    assert.equal(await page.locator('#status').textContent(), 'History only');
    await on.context.unroute('**/mqtt.js*');
    await page.click('#connection-now');
    await waitForPhase(page, 'online');
    await notice.waitFor({ state: 'hidden' });
  });

  test('with only the WebSocket blocked it says what works and what does not', async () => {
    await on.publish('socketless', 'earlier');
    await storedCount(on.stack, 'socketless', 1);
    await on.context.addInitScript(() => {
      window.WebSocket = class extends WebSocket {
        /** @param {string | URL} url @param {string | string[]} [protocols] */
        constructor(url, protocols) {
          super(`${url}`.replace(/mqtt$/, 'nothing'), protocols);
        }
      };
    });
    const page = await enter(on.stack, on.context, 'socketless', { connected: false });
    await shows(page, ['earlier']);
    await page.getByText(/server answers.*history can be read\. What you write is kept/).waitFor();
    assert.equal(await page.locator('#status').textContent(), 'History only');
    await say(page, 'mine');
    await browsers.reaches(page, 'mine', 'sending');
  });

  test('a page with nothing to do has no quick timer, before and after trouble', async () => {
    await on.context.addInitScript(watchPage);
    const page = await enter(on.stack, on.context, 'idle');
    assert.deepEqual(await quickIntervals(page), []);
    await on.stack.stop('nginx');
    await page
      .locator('#connection-retry')
      .getByText(/Retrying in/)
      .waitFor();
    assert.ok((await quickIntervals(page)).length > 0, 'it counts down');
    await on.stack.start('nginx');
    await page.click('#connection-now').catch(() => {});
    await waitForPhase(page, 'online', 45_000);
    await page.waitForTimeout(200);
    assert.deepEqual(await quickIntervals(page), []);
  });
});
