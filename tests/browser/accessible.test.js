// What axe finds in the page, and what it cannot: keyboard, zoom, forced colours, reduced motion.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { startStack } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, enter, reaches, say, storedCount } = browsers;

/** @typedef {browsers.Page} Page */
/** @typedef {import('playwright-core').BrowserContextOptions} Options */

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

/** @type {[string, Options][]} */
const LOOKS = [
  ['light, desktop', { colorScheme: 'light', viewport: DESKTOP }],
  ['dark, desktop', { colorScheme: 'dark', viewport: DESKTOP }],
  ['light, phone', { colorScheme: 'light', viewport: PHONE, hasTouch: true, isMobile: true }],
  ['dark, phone', { colorScheme: 'dark', viewport: PHONE, hasTouch: true, isMobile: true }],
];

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Beside an open drawer the rest of the page is inert, so that axe looks for it in vain. */
const BESIDE_DRAWER = ['landmark-one-main', 'page-has-heading-one'];

/** @param {Page} page @param {string} where @param {string[]} [without] rules */
async function assertAccessible(page, where, without = []) {
  const builder = new AxeBuilder({ page }).withTags(TAGS).disableRules(without);
  const { violations } = await builder.analyze();
  const found = violations.map(({ id, nodes }) => ({
    id,
    where: nodes.slice(0, 4).map(({ html, failureSummary }) => `${html}: ${failureSummary}`),
  }));
  assert.deepEqual(found, [], where);
}

/** Whether the page, or anything in it, scrolls sideways as a whole. @param {Page} page */
function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

const testInChromium = browsers.inChromium ? test : () => {};

describe('accessibility', { skip: browsers.skip, timeout: 480_000 }, () => {
  /** @type {import('../lib/stack.js').Stack} */
  let stack;
  /** @type {browsers.Browser} */
  let browser;

  before(async () => {
    stack = await startStack();
    browser = await browsers.Browser.open();
    const publish = await device(stack);
    const texts = [
      'Good morning **all**, see https://chat.example/a and `x = 1`',
      '```\nlong code\n```\n> and a quote\nfor Aino',
      'مرحبا بالعالم',
      'x'.repeat(3000),
      Array.from({ length: 60 }, (_, i) => `line ${i}`).join('\n'),
    ];
    for (const [i, text] of texts.entries()) {
      await publish('axe', { nickname: ['Bo', 'Ylermi', 'علي'][i % 3], text, msgId: `axe-${i}` });
    }
    await storedCount(stack, 'axe', texts.length);
  });
  after(async () => {
    await browser?.close();
    await stack?.close();
  });
  afterEach(() => assert.deepEqual(browser.complaints(), []));

  for (const [look, options] of LOOKS) {
    test(`axe finds nothing in ${look}`, async () => {
      // axe is put into the page as a script, which the page's policy forbids.
      const context = await browser.context({ ...options, bypassCSP: true });
      const fresh = await context.newPage();
      await fresh.goto(`${stack.url}#empty`);
      await browsers.waitForPhase(fresh, 'online');
      await fresh.locator('.visit-card').waitFor();
      await assertAccessible(fresh, 'the first visit');
      const page = await enter(stack, context, 'axe');
      await say(page, `mine in ${look}`);
      await reaches(page, `mine in ${look}`, 'stored');
      await assertAccessible(page, 'a room');
      const row = page.locator('.row', { hasText: 'Good morning' });
      await row.hover();
      await row.locator('.more').click();
      await page.getByRole('menu').waitFor();
      await assertAccessible(page, 'the menu of a message');
      await page.getByRole('menuitem', { name: /Ignore/ }).click();
      await page.locator('.folded').first().waitFor();
      await assertAccessible(page, 'somebody is ignored');
      if (options.hasTouch) {
        await page.click('#menu');
        await page.locator('#close-side').waitFor();
        await assertAccessible(page, 'the drawer', BESIDE_DRAWER);
        await page.click('#close-side');
      }
      for (const [key, where] of [
        [',', 'settings'],
        ['?', 'shortcuts'],
        ['/', 'search'],
      ]) {
        await page.locator('#log').focus();
        await page.keyboard.press(key);
        await page.locator(`#${where}`).waitFor();
        if (where === 'search') {
          await page.getByRole('searchbox').fill('from:Bo good ');
          await page.keyboard.press('Enter');
          await page.locator('.match').first().waitFor();
        }
        await assertAccessible(page, where);
        await page.keyboard.press('Escape');
        await page.locator(`#${where}`).waitFor({ state: 'hidden' });
      }
      await stack.stop('nginx');
      try {
        await page.locator('#connection-notice').waitFor({ timeout: 30_000 });
        await assertAccessible(page, 'offline');
      } finally {
        await stack.start('nginx');
      }
      await context.close();
    });
  }

  test('at 320 px, and so at 400 % of 1280, nothing scrolls sideways but code', async () => {
    const context = await browser.context({ viewport: { width: 320, height: 256 } });
    const page = await enter(stack, context, 'axe');
    await reaches(page, 'x'.repeat(3000), 'stored');
    assert.ok((await overflow(page)) <= 0, 'the room');
    const inLog = await page.locator('#log').evaluate((log) => log.scrollWidth - log.clientWidth);
    assert.ok(inLog <= 0, 'the log');
    for (const [key, where] of [
      [',', '#settings'],
      ['?', '#shortcuts'],
      ['/', '#search'],
    ]) {
      await page.locator('#log').focus();
      await page.keyboard.press(key);
      await page.locator(where).waitFor();
      const wide = await page.locator(where).evaluate((box) => box.scrollWidth - box.clientWidth);
      assert.ok(wide <= 0 && (await overflow(page)) <= 0, where);
      await page.keyboard.press('Escape');
    }
    assert.ok(await page.locator('#text').isVisible());
    await context.close();
  });

  test('a screen reader has the name of each message, that it is stored once, and each text once', async () => {
    const context = await browser.context({ viewport: DESKTOP });
    const page = await enter(stack, context, 'heard');
    for (const text of ['first', 'second']) {
      await say(page, text);
      await reaches(page, text, 'stored');
    }
    const second = browsers.rowOf(page, 'second');
    assert.ok(!(await second.evaluate((row) => row.classList.contains('head'))));
    const heard = await second.ariaSnapshot();
    assert.equal(heard.match(/Aino/g)?.length, 1, heard);
    assert.equal(heard.match(/Stored/g)?.length, 1, heard);
    assert.equal(await second.locator('.state').getAttribute('aria-label'), null, 'title says it');
    const publish = await device(stack);
    await publish('heard', { nickname: 'Bo', text: 'third', msgId: 'heard-3' });
    const said = page.locator('#announcer p', { hasText: 'third' });
    await said.waitFor({ state: 'attached' });
    await said.waitFor({ state: 'detached' });
    await context.close();
  });

  test('the drawer of a phone has a button that closes it', async () => {
    const context = await browser.context({ viewport: PHONE });
    const page = await enter(stack, context, 'axe');
    await page.click('#menu');
    const close = page.getByRole('navigation').getByRole('button', { name: 'Close' });
    await close.click();
    await close.waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'menu');
    await context.close();
  });

  // Firefox's Tab leaves the page for the browser's own buttons.
  testInChromium(
    'everything that takes a click is 24 px or more, and is reached by Tab, visibly',
    async () => {
      const context = await browser.context({ viewport: DESKTOP });
      const page = await enter(stack, context, 'axe');
      await reaches(page, 'x'.repeat(3000), 'stored');
      const small = await page.evaluate(() =>
        Array.from(document.querySelectorAll('button, input, textarea, summary'))
          .filter((element) => element.checkVisibility())
          .map((element) => ({
            id: element.id || element.className,
            box: element.getBoundingClientRect(),
          }))
          .filter(({ box }) => box.width < 24 || box.height < 24)
          .map(({ id }) => id),
      );
      assert.deepEqual(small, []);

      await page.evaluate(
        () => document.activeElement instanceof HTMLElement && document.activeElement.blur(),
      );
      const visited = new Set();
      for (let i = 0; i < 40; i++) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const element = document.activeElement;
          if (!element || element === document.body) return null;
          const field = element.closest('.field') ?? element;
          const styles = [getComputedStyle(element), getComputedStyle(field)];
          const seen = styles.some((s) => s.outlineStyle !== 'none' || s.boxShadow !== 'none');
          return { name: element.id || element.textContent?.slice(0, 20), seen };
        });
        if (at === null) continue;
        assert.ok(at.seen, `${at.name} shows that it has the focus`);
        visited.add(at.name);
      }
      for (const id of ['open-search', 'open-settings', 'open-shortcuts', 'me', 'log', 'text']) {
        assert.ok(visited.has(id), `${id} is reached: ${[...visited]}`);
      }
      await context.close();
    },
  );

  test('with forced colours and without motion the page still says what it did', async () => {
    const context = await browser.context({
      viewport: DESKTOP,
      forcedColors: 'active',
      reducedMotion: 'reduce',
    });
    const page = await enter(stack, context, 'axe');
    await reaches(page, 'x'.repeat(3000), 'stored');
    const moving = await page.evaluate(() => document.getAnimations().length);
    assert.equal(moving, 0);
    const scroll = await page
      .locator('#log')
      .evaluate((log) => getComputedStyle(log).scrollBehavior);
    assert.equal(scroll, 'auto');
    await context.close();
  });
});
