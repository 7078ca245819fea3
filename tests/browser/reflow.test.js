// The layout changes while somebody reads: what is read stays where it is on the screen.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { enter, insert, rowOf, write } = browsers;

/** Of a text that is read: the top of the log is cut at a part of a pixel. */
const SLACK_PX = 1.5;
const PHONE = { width: 390, height: 780 };
const TURNED = { width: 780, height: 390 };
const DESKTOP = { width: 1280, height: 800 };

/** Of many lengths, by people who take turns. @param {number} i */
const textOf = (i) => `row ${i} ${'and some words more '.repeat((i * 7) % 12)}`.trim();

/** What is read. */
const READ = textOf(301);

/** @param {browsers.Page} page @param {string} text */
const topOf = (page, text) =>
  rowOf(page, text)
    .locator('.text')
    .evaluate((element) => {
      const log = /** @type {HTMLElement} */ (document.getElementById('log'));
      return element.getBoundingClientRect().top - log.getBoundingClientRect().top;
    });

/** @param {browsers.Page} page */
const fromEnd = (page) =>
  page
    .locator('#log')
    .evaluate((log) => Math.round(log.scrollHeight - log.clientHeight - log.scrollTop));

/** Until what was changed is laid out, and what follows from it. @param {browsers.Page} page */
const settled = (page) =>
  page.evaluate(async () => {
    for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
  });

/** @param {browsers.Page} page @param {string} name @param {string} value */
async function prefer(page, name, value) {
  await page.locator(`#settings input[name=${name}][value="${value}"]`).evaluate((input) => {
    /** @type {HTMLInputElement} */ (input).click();
  });
}

/** @typedef {(page: browsers.Page) => Promise<unknown>} Change */

/** @type {[what: string, change: Change, back: Change][]} */
const CHANGES = [
  ['the search', (page) => page.click('#open-search'), (page) => page.click('.search .close')],
  ['the phone', (page) => page.setViewportSize(PHONE), (page) => page.setViewportSize(TURNED)],
  [
    'the window',
    (page) => page.setViewportSize({ width: 500, height: 300 }),
    (page) => page.setViewportSize(DESKTOP),
  ],
  [
    'the size of the text',
    (page) => prefer(page, 'size', 'huge'),
    (page) => prefer(page, 'size', 'small'),
  ],
  [
    'the density',
    (page) => prefer(page, 'density', 'compact'),
    (page) => prefer(page, 'density', 'roomy'),
  ],
  ['the clock', (page) => prefer(page, 'hours', '12'), (page) => prefer(page, 'hours', '24')],
  [
    'a font',
    (page) => page.evaluate(() => document.body.style.setProperty('font-family', 'monospace')),
    (page) => page.evaluate(() => document.body.style.removeProperty('font-family')),
  ],
  ['the composer', (page) => write(page, '1\n2\n3\n4\n5\n6'), (page) => page.fill('#text', '')],
  [
    'a picture above',
    (page) =>
      rowOf(page, textOf(299))
        .locator('.text')
        .evaluate((text) => Object.assign(text.style, { paddingBottom: '700px' })),
    (page) =>
      rowOf(page, textOf(299))
        .locator('.text')
        .evaluate((text) => Object.assign(text.style, { paddingBottom: '' })),
  ],
];

describe('the layout changes', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = browsers.setUp();

  /** @param {string} room */
  async function full(room) {
    /** @type {[string, string, number][]} */
    const messages = Array.from({ length: 320 }, (_, i) => [
      i % 2 ? 'Ann' : 'Bob',
      textOf(i),
      i * 60_000,
    ]);
    insert(on.stack, room, messages);
    const page = await enter(on.stack, on.context, room);
    await rowOf(page, textOf(319)).waitFor();
    await page.setViewportSize(DESKTOP);
    await page.click('#open-settings');
    await page.locator('#settings').waitFor();
    await page.keyboard.press('Escape');
    return page;
  }

  /** Scrolls to what is read, with its name above it. @param {browsers.Page} page */
  async function read(page) {
    await page
      .locator('#log')
      .evaluate((log, by) => log.scrollBy(0, by), (await topOf(page, READ)) - 25);
    await settled(page);
    return topOf(page, READ);
  }

  /** @param {browsers.Page} page @param {number} before @param {string} what */
  async function stays(page, before, what) {
    await settled(page);
    const moved = (await topOf(page, READ)) - before;
    assert.ok(Math.abs(moved) <= SLACK_PX, `${what}: moved by ${moved} px`);
  }

  test('what is read stays, whatever changes, and there and back', async () => {
    const page = await full('reflow');
    const before = await read(page);
    assert.ok((await fromEnd(page)) > 200);
    for (const [what, change, back] of CHANGES) {
      await change(page);
      await stays(page, before, what);
      await back(page);
      await stays(page, before, `${what}, back`);
    }
  });

  test('it stays while messages come and older ones are put before it', async () => {
    const page = await full('reflow-live');
    const before = await read(page);
    await page.click('#open-search');
    for (let i = 0; i < 5; i++) {
      on.publish('reflow-live', `new ${i} ${'longer '.repeat(30)}`);
      await page.setViewportSize(i % 2 ? DESKTOP : { width: 1000, height: 600 });
      await stays(page, before, `message ${i}`);
    }
    const rows = () => page.locator('.row').count();
    const count = await rows();
    const first = String(await page.locator('.row .text').first().textContent());
    await page.locator('#log').evaluate((log) => log.scrollTo(0, 0));
    const top = await topOf(page, first);
    await page.setViewportSize(PHONE);
    await until(async () => (await rows()) > count);
    await settled(page);
    const moved = (await topOf(page, first)) - top;
    assert.ok(Math.abs(moved) <= SLACK_PX, `older ones: moved by ${moved} px`);
  });

  test('in the middle of a long text the same part of it stays', async () => {
    const page = await full('reflow-long');
    const words = Array.from({ length: 500 }, (_, i) => `w${i}`).join(' ');
    insert(
      on.stack,
      'reflow-long2',
      [...Array(30)].map((_, i) => ['Ann', i === 15 ? words : textOf(i)]),
    );
    await page.goto(`${on.stack.url}#reflow-long2`);
    await rowOf(page, textOf(29)).waitFor();
    await page.setViewportSize(TURNED);
    await settled(page);
    const text = rowOf(page, words).locator('.text');
    /** The word at the top. */
    const word = () =>
      text.evaluate((element) => {
        const log = /** @type {HTMLElement} */ (document.getElementById('log'));
        const box = element.getBoundingClientRect();
        return (log.getBoundingClientRect().top - box.top) / box.height;
      });
    await text.evaluate((element) => {
      const log = /** @type {HTMLElement} */ (document.getElementById('log'));
      const box = element.getBoundingClientRect();
      log.scrollBy(0, box.top + box.height / 2 - log.getBoundingClientRect().top);
    });
    await settled(page);
    for (const size of [PHONE, TURNED]) {
      await page.setViewportSize(size);
      await settled(page);
      assert.ok(Math.abs((await word()) - 0.5) < 0.02, `${await word()}`);
    }
  });

  test('at the end it stays at the end', async () => {
    const page = await full('reflow-end');
    await settled(page);
    assert.equal(await fromEnd(page), 0);
    for (const [what, change, back] of CHANGES) {
      if (what === 'a picture above') continue;
      for (const step of [change, back]) {
        await step(page);
        await settled(page);
        assert.ok((await fromEnd(page)) <= 1, `${what}: ${await fromEnd(page)} px from the end`);
      }
    }
  });

  test('just above the end, writing several lines moves nothing', async () => {
    const page = await full('reflow-write');
    await write(page, '1\n2\n3\n4');
    await settled(page);
    await page.locator('#log').evaluate((log) => log.scrollBy(0, -40));
    await settled(page);
    const row = textOf(317);
    const before = await topOf(page, row);
    for (const key of ['x', 'y']) {
      await page.locator('#text').press(key);
      await settled(page);
      assert.equal(await topOf(page, row), before);
    }
  });
});
