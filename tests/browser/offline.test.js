// The page without a network: what the service worker keeps, and what it must not.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startStack, until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, enter, waitForPhase, reaches, say, shows, storedCount } = browsers;

/** What the worker keeps, without the origin. @param {browsers.Page} page */
function kept(page) {
  return page.evaluate(async () => {
    const cache = await caches.open('mqtt-chat');
    return (await cache.keys()).map(({ url }) => url.slice(location.origin.length));
  });
}

/** @param {browsers.Page} page @param {string} path */
async function untilKept(page, path) {
  await until(async () => (await kept(page)).includes(path), 15_000, `${path} is kept`);
}

/** Chromium's own tools tell what an installation lacks. */
const testInChromium = browsers.inChromium ? test : () => {};

describe('offline', { skip: browsers.skip, timeout: 120_000 }, () => {
  /** @type {import('../lib/stack.js').Stack} */
  let stack;
  /** @type {browsers.Browser} */
  let browser;
  /** @type {browsers.Context} */
  let context;

  before(async () => {
    stack = await startStack();
    browser = await browsers.Browser.open();
    context = await browser.context({ serviceWorkers: 'allow' });
  });
  after(async () => {
    await browser?.close();
    await stack?.close();
  });
  afterEach(() => assert.deepEqual(browser.complaints(), []));

  test('after one visit the page and the last history open without a server', async () => {
    const publish = await device(stack);
    for (const text of ['one', 'two']) await publish('kept', text);
    await storedCount(stack, 'kept', 2);
    const page = await enter(stack, context, 'kept');
    await shows(page, ['one', 'two']);
    await untilKept(page, '/chat/mqtt.js');
    await untilKept(page, '/api/messages?room=kept');
    await stack.stop('nginx');
    try {
      await page.reload();
      await shows(page, ['one', 'two']);
      await waitForPhase(page, 'offline');
      await say(page, 'written offline');
    } finally {
      await stack.start('nginx');
    }
    await reaches(page, 'written offline', 'stored', 45_000);
    await page.close();
  });

  test('what is kept is never shown in place of an answer, not even of an error', async () => {
    const page = await enter(stack, context, 'errors');
    await untilKept(page, '/api/messages?room=errors');
    await stack.stop('api');
    try {
      await page.reload();
      await page.locator('#history-notice').waitFor();
      assert.match(String(await page.locator('#history-reason').textContent()), /503/);
      const newest = () => fetch('../api/messages?room=errors').then(({ status }) => status);
      assert.equal(await page.evaluate(newest), 503);
    } finally {
      await stack.start('api');
    }
    assert.ok((await kept(page)).includes('/api/messages?room=errors'), 'the good answer stays');
    await page.close();
  });

  test('of many rooms the last ones are kept, and older pages are not', async () => {
    const page = await enter(stack, context, 'many');
    await untilKept(page, '/api/messages?room=many');
    await page.evaluate(async () => {
      for (let i = 0; i < 30; i++) await fetch(`../api/messages?room=r${i}`);
      await fetch('../api/messages?room=r29&before=5');
      await fetch('../api/messages?room=none&limit=x');
    });
    await untilKept(page, '/api/messages?room=r29');
    const rooms = async () => (await kept(page)).filter((path) => path.startsWith('/api/messages'));
    await until(async () => (await rooms()).length === 20, 15_000, 'the oldest are forgotten');
    assert.ok(!(await rooms()).some((path) => /before|none/.test(path)));
    await page.close();
  });

  test('a page of the history that has a newer one is not kept as the last', async () => {
    const publish = await device(stack);
    for (let i = 0; i < 5; i++) await publish('part', `${i}`);
    await storedCount(stack, 'part', 5);
    const [first] = await stack.history('room=part');
    const page = await enter(stack, context, 'whole');
    await untilKept(page, '/api/messages?room=whole');
    const part = `../api/messages?room=part&limit=2&around=${first.id}`;
    await page.evaluate((url) => fetch(url), part);
    await page.evaluate(() => fetch('../api/messages?room=after'));
    await untilKept(page, '/api/messages?room=after');
    assert.ok(!(await kept(page)).includes('/api/messages?room=part'));
    await page.close();
  });

  testInChromium('the page can be installed', async () => {
    const page = await enter(stack, context, 'install');
    const devtools = await context.newCDPSession(page);
    const { errors, data } = await devtools.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    assert.ok(data?.includes('icon-maskable.png'));
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    const ids = installabilityErrors.map(({ errorId }) => errorId);
    assert.deepEqual(
      ids.filter((id) => id !== 'in-incognito'),
      [],
    );
    await page.close();
  });
});
