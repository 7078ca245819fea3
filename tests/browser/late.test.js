// The page when a message is not stored at once, or not at all: it says so, and it can be sent again.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { enter, reaches, rowOf, say, shows } = browsers;

/**
 * Between a text and the page's background, as WCAG has it. Runs in the page.
 * @param {Element} element
 */
function contrast(element) {
  const luminance = (/** @type {string} */ color) => {
    const [r, g, b] = (color.match(/[\d.]+/g) ?? []).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const text = luminance(getComputedStyle(element).color);
  const ground = luminance(getComputedStyle(document.documentElement).backgroundColor);
  return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
}

describe('a message that is not stored', { skip: browsers.skip, timeout: 480_000 }, () => {
  const on = browsers.setUp({ services: true });

  /**
   * Every copy of a message that reaches the broker.
   * @param {string} room
   */
  async function copies(room) {
    const client = await on.stack.client();
    /** @type {string[]} */
    const payloads = [];
    client.on('message', (_topic, payload) => payloads.push(String(payload)));
    await client.subscribeAsync(`chat/${room}`, { qos: 1 });
    return payloads;
  }

  /**
   * It is stored, in its own row, once.
   * @param {browsers.Page} page
   * @param {string} room
   * @param {string} text
   */
  async function storedOnce(page, room, text) {
    await reaches(page, text, 'stored');
    await shows(page, [text]);
    const row = rowOf(page, text);
    assert.equal(await row.locator('.state').textContent(), '✓');
    assert.equal(await row.locator('.problem button').count(), 0);
    assert.deepEqual(
      (await on.stack.wholeHistory(room)).map((message) => message.text),
      [text],
    );
  }

  test('logger down for long: "not stored yet", and Retry sends it, however often, as one', async () => {
    const page = await enter(on.stack, on.context, 'late');
    const sent = await copies('late');
    await on.stack.kill('logger');
    await say(page, 'patience');
    await reaches(page, 'patience', 'late');
    const row = rowOf(page, 'patience');
    await row.evaluate((element) => element.setAttribute('data-mark', 'the same'));
    assert.match(String(await row.textContent()), /Not stored yet/);
    assert.doesNotMatch(String(await row.textContent()), /sending|✓/);
    await until(() => sent.length === 3);
    const retry = row.getByRole('button', { name: 'Retry sending: patience' });
    for (let clicks = 1; clicks <= 5; clicks++) {
      await retry.click();
      await until(() => sent.length === 3 + clicks, 1000);
    }
    assert.equal(new Set(sent).size, 1);
    await row.getByText('sent 8 times').waitFor({ timeout: 1000 });
    await on.stack.start('logger');
    await storedOnce(page, 'late', 'patience');
    assert.equal(await row.getAttribute('data-mark'), 'the same');
  });

  test('Retry by keyboard alone; the focus stays in the log when the message is stored', async () => {
    const page = await enter(on.stack, on.context, 'late-keys');
    const sent = await copies('late-keys');
    await on.stack.kill('logger');
    await say(page, 'by hand');
    await reaches(page, 'by hand', 'late');
    await until(() => sent.length === 3);
    await page.focus('#log');
    await page.keyboard.press('Tab');
    const focused = () => page.evaluate(() => document.activeElement?.ariaLabel);
    assert.equal(await focused(), 'Retry sending: by hand');
    await page.keyboard.press('Enter');
    await until(() => sent.length === 4, 1000);
    await page.keyboard.press('Space');
    await until(() => sent.length === 5, 1000);
    assert.equal(await focused(), 'Retry sending: by hand');
    await on.stack.start('logger');
    await storedOnce(page, 'late-keys', 'by hand');
    assert.equal(await focused(), 'Messages');
  });

  test('a late message is "sending" while offline, and stored when both are back', async () => {
    const page = await enter(on.stack, on.context, 'late-offline');
    await on.stack.kill('logger');
    await say(page, 'twice unlucky');
    await reaches(page, 'twice unlucky', 'late');
    await on.stack.kill('broker');
    await reaches(page, 'twice unlucky', 'sending');
    assert.equal(await rowOf(page, 'twice unlucky').locator('.problem button').count(), 0);
    await on.stack.start('broker');
    await on.stack.start('logger');
    await storedOnce(page, 'late-offline', 'twice unlucky');
  });

  test('what a late message says can be read, and its button hit, on a phone, light or dark', async () => {
    const phone = { viewport: { width: 320, height: 600 } };
    const light = await on.browser.context({ ...phone, colorScheme: 'light' });
    const dark = await on.browser.context({ ...phone, colorScheme: 'dark' });
    const pages = [];
    for (const one of [light, dark]) pages.push(await enter(on.stack, one, 'late-looks'));
    await on.stack.kill('logger');
    for (const [i, page] of pages.entries()) await say(page, `${i}`.repeat(400));
    for (const [i, page] of pages.entries()) {
      await reaches(page, `${i}`.repeat(400), 'late');
      const retry = page.getByRole('button', { name: `Retry sending: ${`${i}`.repeat(60)}…` });
      const box = await retry.boundingBox();
      assert.ok(box && box.width >= 24 && box.height >= 24 && box.x + box.width <= 320);
      for (const part of [retry, page.locator('.late'), page.locator('.tries')]) {
        const ratio = await part.evaluate(contrast);
        assert.ok(ratio >= 4.5, `${ratio}`);
      }
    }
    await light.close();
    await dark.close();
  });

  /**
   * A page with a message of a nickname that is longer than the contract has it, which it would never
   * take by itself.
   * @param {string} room
   */
  async function refusedIn(room) {
    const page = await enter(on.stack, on.context, room);
    await page.evaluate((name) => {
      const message = { room: name, nickname: 'n'.repeat(65), text: 'keep me', at: 1 };
      localStorage.setItem('chat.out.m1', JSON.stringify(message));
    }, room);
    await page.reload();
    await reaches(page, 'keep me', 'failed');
    return page;
  }

  test('a message that the logger cannot store is failed, with the reason and its text', async () => {
    const page = await refusedIn('refused');
    assert.match(String(await page.locator('.problem').textContent()), /nickname must be/);
    await page.getByRole('button', { name: 'Delete the message: keep me' }).click();
    await shows(page, []);
    await page.reload();
    await shows(page, []);
    assert.match(String(await page.locator('#blank').textContent()), /No messages yet/);
  });

  test('a failed message outlives a reload; sent again, twice at once, it is stored once', async () => {
    const page = await refusedIn('mended');
    await page.evaluate(() => {
      // What was wrong with it is put right, in what is kept of it.
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith('chat.out.'))) {
        const kept = JSON.parse(localStorage[key]);
        localStorage[key] = JSON.stringify({ ...kept, nickname: 'Aino' });
      }
    });
    await on.stack.kill('logger');
    await page.reload();
    await reaches(page, 'keep me', 'late');
    const retry = page.getByRole('button', { name: 'Retry sending: keep me' });
    await retry.dblclick();
    await on.stack.start('logger');
    await storedOnce(page, 'mended', 'keep me');
  });
});
