// What the log shows, and what stands over it: dates, long texts, marks and emoji, and one bar for what is wrong.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import * as browsers from './browser.js';

const { enter, insert, reaches, rowOf, say } = browsers;

const DAY = 24 * 60 * 60_000;
const LINES = `${'a line\n'.repeat(560)}end`;
const hasEmoji = /emoji/i.test(String(spawnSync('fc-list').stdout));

/** @param {browsers.Page} page */
const settled = (page) =>
  page.evaluate(async () => {
    for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
  });

/** @param {browsers.Page} page @param {number} by */
async function scrollBy(page, by) {
  await page.locator('#log').evaluate((log, y) => log.scrollBy(0, y), by);
  await settled(page);
}

/** What is seen a little below the top of the log. @param {browsers.Page} page */
const dateOnTop = (page) =>
  page.locator('#log').evaluate((log) => {
    const { top, left, width } = log.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, top + 20)?.closest('.day')?.textContent;
  });

/** A text, within the row that has the id. @param {browsers.Page} page @param {number | string} id */
const textOf = (page, id) => page.locator(`.row[data-id="${id}"] .text`);

/** @param {import('playwright-core').Locator} element */
const height = async (element) => (await element.boundingBox())?.height ?? 0;

const testInChromium = browsers.inChromium ? test : () => {};

describe('what the log shows', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = browsers.setUp({ services: true });

  /** @param {string} room @param {[string, string, number?][]} messages @param {number} [width] */
  async function open(room, messages, width = 900) {
    insert(on.stack, room, messages);
    const page = await enter(on.stack, on.context, room);
    await page.setViewportSize({ width, height: 600 });
    await page.locator('.row').last().waitFor();
    await settled(page);
    return page;
  }

  test('a date is always in view: of what is at the top', async () => {
    const days = Array.from(
      { length: 60 },
      (_, i) =>
        /** @type {[string, string, number]} */ (['Ann', `message ${i}`, Math.floor(i / 20) * DAY]),
    );
    const page = await open('dates', days);
    assert.match(String(await dateOnTop(page)), /12 March/);
    const seen = new Set();
    for (let i = 0; i < 12; i++) {
      await scrollBy(page, -150);
      const date = await dateOnTop(page);
      if (date) seen.add(date);
      else assert.equal(await page.locator('#log').evaluate((log) => Math.round(log.scrollTop)), 0);
    }
    assert.deepEqual(
      [...seen].map((date) => String(date).match(/\d+ March/)?.[0]),
      ['12 March', '11 March', '10 March'],
    );
  });

  test('"To the newest" stands over no message', async () => {
    for (const width of [320, 1280]) {
      const words = Array.from(
        { length: 80 },
        (_, i) => /** @type {[string, string]} */ (['Ann', `${i} ${'words '.repeat(40)}`.trim()]),
      );
      const page = await open(`newest-${width}`, words, width);
      await scrollBy(page, -900);
      const button = await page.locator('#newest').boundingBox();
      const log = await page.locator('#log').boundingBox();
      const composer = await page.locator('#text-form').boundingBox();
      assert.ok(button && log && composer);
      assert.ok(button.y >= log.y + log.height);
      assert.ok(button.y + button.height <= composer.y + 1 && button.height >= 24);
    }
  });

  test('a message of many lines is shown in part, and whole, and in part again', async () => {
    const page = await open('long', [
      ['Ann', 'short'],
      ['Ann', LINES],
      ['Bob', 'after'],
    ]);
    const text = rowOf(page, LINES).locator('.text');
    assert.ok((await height(text)) < 700);
    assert.equal(await rowOf(page, 'short').locator('.unfold').count(), 0);
    const top = (await text.boundingBox())?.y;
    await page.getByRole('button', { name: 'Show more' }).focus();
    await page.keyboard.press('Enter');
    assert.ok((await height(text)) > 8000);
    await settled(page);
    assert.ok(Math.abs(Number((await text.boundingBox())?.y) - Number(top)) <= 1);
    const less = page.getByRole('button', { name: 'Show less', expanded: true });
    await less.scrollIntoViewIfNeeded();
    await settled(page);
    await less.click();
    await page.getByRole('button', { name: 'Show more', expanded: false }).waitFor();
    await settled(page);
    assert.ok((await height(text)) < 700);
    assert.ok(await rowOf(page, 'after').isVisible());
    const button = await page.locator('.unfold').boundingBox();
    assert.ok(button && button.y > 50 && button.y < 560);
  });

  test('a long text without a line end is shown in part as well', async () => {
    const words = `${'word '.repeat(799)}end`;
    const page = await open('words', [['Ann', words]]);
    const text = rowOf(page, words).locator('.text');
    const part = await height(text);
    await page.getByRole('button', { name: 'Show more' }).click();
    assert.ok((await height(text)) > part + 200);
  });

  test('a link to a long message, and whoever searches or tabs within it, shows it whole', async () => {
    const linked = `${LINES}\nhttps://example.org/`;
    const page = await open('whole', [
      ['Ann', LINES],
      ['Ann', linked],
      ['Ann', `${LINES} here`],
    ]);
    const ids = await page
      .locator('.row')
      .evaluateAll((rows) => rows.map((row) => /** @type {HTMLElement} */ (row).dataset.id ?? ''));
    const [first, second, third] = ids.map((id) => textOf(page, id));
    await page.evaluate((id) => Object.assign(location, { hash: `#whole/${id}` }), ids[0]);
    await page.locator('.row.target').waitFor();
    assert.ok((await height(first)) > 8000);
    assert.ok((await height(second)) < 700);
    const link = page.getByRole('link', { name: 'https://example.org/' });
    await link.focus();
    await settled(page);
    assert.ok((await height(second)) > 8000);
    const box = await link.boundingBox();
    assert.ok(box && box.y > 50 && box.y < 560, `${box?.y}`);
    // As a browser's own search does.
    await third.evaluate((text) => text.scrollTo(0, 3000));
    await settled(page);
    assert.ok((await height(third)) > 8000);
  });

  // For a picture of Firefox playwright puts a style into the page, which the page's policy forbids.
  testInChromium(
    'marks that are piled up paint over no other row; honest ones are not cut',
    async () => {
      const piled = `Z${'\u0301'.repeat(60)}${'\u0316'.repeat(60)}`;
      const honest = 'Việt Ệ Ẫ ữ مُحَمَّدٌ رَّسُولُ اللّٰهِ ที่ผู้ น้ำ ปี่ Åg';
      const page = await open('marks', [
        ['Ann', 'above'],
        ['Bob', piled],
        ['Ann', 'below'],
        ['Bob', honest],
      ]);
      const shot = async (/** @type {string} */ text) =>
        (await rowOf(page, text).screenshot()).toString('base64');
      const rows = ['above', 'below'];
      const before = await Promise.all(rows.map(shot));
      await rowOf(page, piled)
        .locator('.text')
        .evaluate((text) => Object.assign(text, { textContent: 'Z' }));
      assert.deepEqual(await Promise.all(rows.map(shot)), before);
      const row = rowOf(page, honest);
      const clipped = (await row.screenshot()).toString('base64');
      await row.locator('.text').evaluate((text) => text.style.setProperty('overflow', 'visible'));
      assert.equal((await row.screenshot()).toString('base64'), clipped);
    },
  );

  test('emoji have colours', { skip: !hasEmoji && 'no font has any' }, async () => {
    const page = await open('emoji', [['Ann', '😀 here']]);
    const coloured = await page.locator('.row .text').evaluate(async (text) => {
      const { fontFamily } = getComputedStyle(text);
      await document.fonts.load(`32px ${fontFamily}`, '😀');
      const context = document.createElement('canvas').getContext('2d');
      if (!context) return 0;
      context.font = `32px ${fontFamily}`;
      context.fillText('😀', 0, 40);
      const { data } = context.getImageData(0, 0, 60, 60);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i] - data[i + 2]) > 60) count += 1;
      return count;
    });
    assert.ok(coloured > 200, `${coloured} coloured pixels`);
  });

  test('pasted code keeps its indentation, on the screen and in the history', async () => {
    const page = await open('code', [['Ann', 'paste']]);
    await say(page, '    if x:\n        y()\n\n    z()');
    const sent = 'if x:\n    y()\n\nz()';
    await page.locator('.row.own[data-state=stored]').waitFor();
    const text = page.locator('.row.own .text');
    assert.equal(await text.evaluate((element) => element.textContent), sent);
    assert.equal((await on.stack.wholeHistory('code')).at(-1)?.text, sent);
  });

  test('offline there is one bar with one button, and what was written waits', async () => {
    const page = await enter(on.stack, on.context, 'bar');
    await say(page, 'first');
    await reaches(page, 'first', 'stored');
    await on.stack.stop('broker');
    await on.stack.stop('api');
    await say(page, 'mine');
    await page.locator('#connection-notice').waitFor();
    await page.evaluate(() => Object.assign(location, { hash: '#bar2' }));
    await page.locator('#blank[data-phase=failed]').waitFor();
    await say(page, 'second');
    await settled(page);
    assert.equal(await page.locator('.notice:visible').count(), 1);
    assert.equal(await page.getByRole('button', { name: /Retry/ }).count(), 1);
    await page.evaluate(() => Object.assign(location, { hash: '#bar' }));
    const row = rowOf(page, 'mine');
    assert.equal(await row.locator('.state').textContent(), 'waits');
    assert.equal(await row.locator('.problem button').count(), 0);
    await on.stack.start('api');
    await on.stack.start('broker');
    await page
      .getByRole('button', { name: 'Retry now' })
      .click({ timeout: 3000 })
      .catch(() => {});
    await reaches(page, 'mine', 'stored', 30_000);
  });
});
