// The page as it is installed, in a few small files: it is the same page.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startStack, top } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, enter, reaches, say, shows } = browsers;

/** HTML, CSS and scripts of our own, gzipped: until the history is on the screen, and with what follows by itself. */
const FIRST = 32 * 1024;
const ALL = 44 * 1024;
/** What is loaded behind the history, which the chat does without where it does not come. */
const BEHIND = ['extras.js', 'panels.css', 'print.css', 'sw.js'];

/** @param {string[]} names */
const weigh = (names) =>
  names
    .map((name) => gzipSync(readFileSync(join(top, 'web/min', name)), { level: 9 }).length)
    .reduce((sum, size) => sum + size, 0);

describe('the page as it is installed', { skip: browsers.skip, timeout: 240_000 }, () => {
  /** @type {import('../lib/stack.js').Stack} */
  let stack;
  /** @type {browsers.Browser} */
  let browser;

  before(async () => {
    assert.ok(existsSync(join(top, 'web/min/index.html')), 'make has not made web/min');
    process.env.MQTT_CHAT_PAGE = 'web/min';
    stack = await startStack();
    browser = await browsers.Browser.open();
  });
  after(async () => {
    await browser?.close();
    await stack?.close();
  });

  test('it reads, sends and shows, in both languages, and is small', async () => {
    const publish = await device(stack);
    for (const locale of ['en-GB', 'fi-FI']) {
      const context = await browser.context({ locale });
      const page = await enter(stack, context, `room-${locale.slice(0, 2)}`);
      await say(page, '**bold**');
      await reaches(page, 'bold', 'stored');
      await publish(`room-${locale.slice(0, 2)}`, 'from a device');
      await shows(page, ['bold', 'from a device']);
      await page.locator('#people li').first().waitFor();
      const label = locale === 'fi-FI' ? 'Lähetä' : 'Send';
      assert.equal(await page.locator('#text-form button').textContent(), label);
      const files = await page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(({ name }) => new URL(name).pathname)
          .filter((path) => /\/chat\/[^/]+\.(js|css)$/.test(path)),
      );
      const own = files
        .map((path) => path.slice('/chat/'.length))
        .filter((name) => name !== 'mqtt.js' && !/^texts-/.test(name));
      const first = weigh(['index.html', ...own.filter((name) => !BEHIND.includes(name))]);
      const all = weigh(['index.html', 'sw.js', ...own]);
      assert.ok(first <= FIRST, `${first} bytes in the first load`);
      assert.ok(all <= ALL, `${all} bytes with what follows`);
      await page.click('#open-search');
      await page.getByRole('searchbox').fill('device');
      await page.keyboard.press('Enter');
      await page.locator('.match', { hasText: 'from a device' }).first().waitFor();
      await page.click('.search .close');
      await page.keyboard.press(',');
      await page
        .locator('#settings input[name=theme]:checked')
        .first()
        .waitFor({ state: 'attached' });
      await context.close();
    }
    assert.deepEqual(browser.complaints(), []);
  });
});
