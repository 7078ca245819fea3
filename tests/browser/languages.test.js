// The languages that a reader can set, one of them from right to left, and whether all of it fits.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as browsers from './browser.js';

const { enter, reaches, say, setUp } = browsers;

/** @param {browsers.Page} page */
const overflow = (page) =>
  page.evaluate(() => {
    const wide = (/** @type {Element} */ e) => e.scrollWidth - e.clientWidth;
    // A row does not tell the log what stands out of it (`contain`): it would be cut off.
    const wanted = 'html, .log, .text, .side, .bar, .composer, .search, .dialog';
    return Array.from(document.querySelectorAll(wanted))
      .filter((part) => part.clientWidth > 0 && wide(part) > 0)
      .map((part) => part.className);
  });

/** What is cut: a button or a label whose text is wider than it. @param {browsers.Page} page */
const cut = (page) =>
  page.evaluate(() =>
    Array.from(document.querySelectorAll('button, label, legend, .hint, h2, dt, dd'))
      .filter((e) => e.clientWidth > 0 && !e.closest('.visually-hidden'))
      .filter((e) => {
        const { left, right } = e.getBoundingClientRect();
        return e.scrollWidth > e.clientWidth + 1 || left < -1 || right > innerWidth + 1;
      })
      .map((e) => `${e.className} ${e.textContent}`),
  );

describe('languages', { skip: browsers.skip, timeout: 480_000 }, () => {
  const on = setUp();

  for (const [locale, dir] of /** @type {const} */ ([
    ['de', 'ltr'],
    ['ar', 'rtl'],
  ])) {
    for (const width of [1280, 390, 320]) {
      test(`${locale} fits at ${width} px`, async () => {
        const viewport = { width, height: 640 };
        const context = await on.browser.context({ locale, viewport });
        const page = await enter(on.stack, context, `${locale}-${width}`);
        await say(page, 'x'.repeat(300));
        await reaches(page, 'x'.repeat(300), 'stored');
        assert.deepEqual(
          await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]),
          [locale, dir],
        );
        if (width < 900) await page.click('#menu');
        const side = await page.locator('#side').boundingBox();
        const atRight = Math.round((side?.x ?? 0) + (side?.width ?? 0)) === width;
        assert.equal(atRight, dir === 'rtl', 'where the rooms are');
        assert.deepEqual(await cut(page), []);
        if (width < 900) await page.keyboard.press('Escape');
        for (const [key, where] of [
          [',', '#settings'],
          ['?', '#shortcuts'],
          ['/', '#search'],
        ]) {
          await page.locator('#log').focus();
          await page.keyboard.press(key);
          await page.locator(where).waitFor();
          assert.deepEqual(await overflow(page), [], where);
          if (where !== '#search') assert.deepEqual(await cut(page), [], where);
          await page.keyboard.press('Escape');
        }
        await context.close();
      });
    }
  }

  test('the settings change the language, at once and for later visits', async () => {
    const page = await enter(on.stack, on.context, 'babel');
    assert.equal(await page.locator('html').getAttribute('dir'), 'ltr');
    await page.click('#open-settings');
    await Promise.all([
      page.waitForEvent('load'),
      page.locator('.language select').selectOption('العربية'),
    ]);
    await page.getByRole('button', { name: 'أرسل' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('dir'), 'rtl');
    await page.reload();
    await page.getByRole('button', { name: 'أرسل' }).waitFor();
    await page.click('#open-settings');
    await page.locator('.language select').selectOption('system');
    await page.getByRole('button', { name: 'Send' }).waitFor();
    await page.close();
  });

  test('numbers and days are written as the language does', async () => {
    const context = await on.browser.context({ locale: 'ar-EG' });
    const page = await enter(on.stack, context, 'digits');
    await say(page, 'x');
    await reaches(page, 'x', 'stored');
    assert.match(String(await page.locator('.row time').textContent()), /[٠-٩]/);
    assert.equal(await page.locator('.day time').textContent(), 'اليوم');
    await context.close();
  });
});
