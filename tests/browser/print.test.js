// A room on paper: a log to read, from the dark theme as well.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as browsers from './browser.js';

const { enter, reaches, storedCount } = browsers;

/** With playwright, Firefox neither prints nor takes itself for a printer. */
const testInChromium = browsers.inChromium ? test : () => {};

const LONG = `\`\`\`\n${'wide code '.repeat(40)}\n\`\`\``;
const MANY = Array.from({ length: 90 }, (_, i) => `line ${i}`).join('\n');
const COUNT = 60;

/** The visible parts that have no use on paper. @param {browsers.Page} page */
const useless = (page) =>
  page.locator(':is(.side, .composer, .notices, .newest, button, dialog):visible').count();

describe('printing', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = browsers.setUp();

  testInChromium(
    'a room is printed as a log: names, dates, whole texts, black on white',
    async () => {
      for (let i = 0; i < COUNT; i++) {
        const text = i === 1 ? LONG : i === 2 ? MANY : `message ${i}`;
        await on.publish('paper', { nickname: i < 30 ? 'Ann' : 'Bo', text, msgId: `p${i}` });
      }
      await storedCount(on.stack, 'paper', COUNT);
      const context = await on.browser.context({ colorScheme: 'dark' });
      const page = await enter(on.stack, context, 'paper');
      await reaches(page, `message ${COUNT - 1}`, 'stored');
      await page.locator('#log').evaluate((log) => log.scrollTo(0, 0));
      await reaches(page, 'message 0', 'stored');
      await page.emulateMedia({ media: 'print' });
      await page.setViewportSize({ width: 680, height: 900 });
      assert.equal(await useless(page), 0);
      for (const part of ['.day', '.row.head .name', '.row.head .when', '#room']) {
        assert.ok(await page.locator(part).first().isVisible(), part);
      }
      const day = await page
        .locator('.day time')
        .first()
        .evaluate((time) => getComputedStyle(time, '::after').content);
      assert.match(day, /attr\(datetime\)|\d{4}-\d\d-\d\d/, 'today is no date on paper');
      const seen = await page.evaluate(() => {
        const style = (/** @type {string} */ name) =>
          getComputedStyle(/** @type {Element} */ (document.querySelector(name)));
        const cut = Array.from(document.querySelectorAll('html, body, .log, .text, pre'))
          .filter((box) => box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0)
          .map(({ tagName, className }) => `${tagName}.${className}`);
        const { height } = document.body.getBoundingClientRect();
        return {
          ink: style('.row .text').color,
          paper: style('html').backgroundColor,
          cut,
          height,
        };
      });
      assert.deepEqual([seen.ink, seen.paper], ['rgb(0, 0, 0)', 'rgb(255, 255, 255)']);
      assert.deepEqual(seen.cut, []);
      assert.ok(seen.height > 3000, `all ${COUNT} rows, not a window of them: ${seen.height}`);
      await context.close();
    },
  );
});
