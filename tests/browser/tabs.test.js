// Several tabs of one browser, and what the browser keeps for them, or does not.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { enter, reaches, say, waitForPhase } = browsers;

/** As if the tab were put behind another one, or back. @param {browsers.Page} page @param {boolean} hidden */
async function hide(page, hidden) {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** Runs in the page before its scripts: what would be heard and shown is written down. */
function record() {
  const told = /** @type {string[]} */ ([]);
  const shown = /** @type {EventTarget[]} */ ([]);
  const preferences = { sound: 'on', notify: 'all' };
  if (location.protocol === 'about:') return;
  localStorage.setItem('chat.preferences', JSON.stringify(preferences));
  Object.assign(window, {
    told,
    shown,
    AudioContext: class {
      currentTime = 0;
      constructor() {
        told.push('chime');
        throw new Error('that is all');
      }
    },
    Notification: Object.assign(
      class extends EventTarget {
        /** @param {string} title @param {NotificationOptions} options */
        constructor(title, options) {
          super();
          shown.push(this);
          told.push(`${title}: ${options.body} ${JSON.stringify(options.data)}`);
        }
        close() {}
      },
      { permission: 'granted' },
    ),
  });
}

/** @param {browsers.Page[]} pages @returns {Promise<string[]>} */
async function toldBy(...pages) {
  const lists = pages.map((page) => page.evaluate(() => /** @type {any} */ (window).told));
  return (await Promise.all(lists)).flat();
}

/** Storage that is full: nothing more can be put into it. @param {browsers.Page} page @param {boolean} full */
async function fill(page, full) {
  await page.evaluate((is) => {
    const proto = Storage.prototype;
    const kept = /** @type {any} */ (window);
    kept.setItem ??= proto.setItem;
    proto.setItem = is
      ? () => {
          throw new DOMException('full', 'QuotaExceededError');
        }
      : kept.setItem;
  }, full);
}

/** Whether the page asks before it is left. @param {browsers.Page} page */
const asks = (page) =>
  page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));

describe('the tabs of a browser', { skip: browsers.skip, timeout: 480_000 }, () => {
  const on = browsers.setUp({ services: true });

  /** Where something was to be heard, record() threw. */
  function onlyChimed() {
    const others = on.browser.complaints().filter((text) => !/that is all/.test(text));
    assert.deepEqual(others, []);
  }

  test('what is read in another tab counts, chimes and shows nothing; one hidden tab tells the rest once', async () => {
    await on.context.addInitScript(record);
    const pages = /** @type {browsers.Page[]} */ ([]);
    for (let i = 0; i < 3; i++) pages.push(await enter(on.stack, on.context, 'tabs'));
    const [first, second, reading] = pages;
    const title = await first.title();
    for (const page of [first, second]) await hide(page, true);
    await on.publish('tabs', 'read at once');
    await reaches(reading, 'read at once', 'stored');
    await first.waitForTimeout(1500);
    assert.deepEqual(await toldBy(...pages), []);
    assert.deepEqual([await first.title(), await second.title()], [title, title]);
    await on.publish('elsewhere', 'unread');
    await until(async () => (await toldBy(...pages)).length > 0, 10_000);
    await first.waitForTimeout(1500);
    const told = ['mqtt · elsewhere: unread {"room":"elsewhere"}', 'chime'];
    assert.deepEqual(await toldBy(...pages), told);
    assert.deepEqual([await first.title(), await second.title()], [`(1) ${title}`, `(1) ${title}`]);
    await reading.evaluate(() => {
      location.hash = '#elsewhere';
    });
    await first.waitForFunction((want) => document.title === want, title);
    await second.waitForFunction((want) => document.title === want, title);
    const one = (await toldBy(first)).length > 0 ? first : second;
    const other = one === first ? second : first;
    await one.close();
    await on.publish('tabs', 'again');
    await until(async () => (await toldBy(other)).length === 2, 10_000, 'the other has the word');
    onlyChimed();
  });

  test('a click on a notification leads to its room', async () => {
    await on.context.addInitScript(record);
    const page = await enter(on.stack, on.context, 'desk');
    await hide(page, true);
    await on.publish('door', 'somebody is here');
    await until(async () => (await toldBy(page)).length > 0, 10_000);
    await page.evaluate(() => {
      const [notification] = /** @type {any} */ (window).shown;
      notification.dispatchEvent(new Event('click'));
    });
    await page.waitForURL(/#door$/);
    await reaches(page, 'somebody is here', 'stored');
    onlyChimed();
  });

  test('two tabs in one room keep a draft each, over a reload of both', async () => {
    const first = await enter(on.stack, on.context, 'drafts');
    const second = await enter(on.stack, on.context, 'drafts');
    await first.locator('#text').pressSequentially('of the first');
    await second.locator('#text').pressSequentially('of the second');
    await first.reload();
    await waitForPhase(first, 'online');
    assert.equal(await first.inputValue('#text'), 'of the first');
    await second.press('#text', 'Enter');
    await reaches(second, 'of the second', 'stored');
    await first.reload();
    await waitForPhase(first, 'online');
    assert.equal(await first.inputValue('#text'), 'of the first');
    await first.close();
    const third = await enter(on.stack, on.context, 'drafts');
    assert.equal(await third.inputValue('#text'), 'of the first', 'a closed tab leaves its draft');
  });

  test('with full storage the page promises nothing, and asks before what is unsent is lost', async () => {
    const page = await enter(on.stack, on.context, 'full');
    assert.equal(await asks(page), false);
    await on.stack.stop('broker');
    await page.getByText('What you write is kept').waitFor();
    await page.fill('#text', 'kept');
    assert.equal(await asks(page), false, 'what is kept is not asked about');
    await fill(page, true);
    await say(page, 'unkept');
    await page.getByText('This browser cannot keep what you write').waitFor();
    assert.equal(await asks(page), true);
    await page.click('#me');
    await page.getByText('This browser keeps it only until you leave').waitFor();
    await on.stack.start('broker');
    await reaches(page, 'unkept', 'stored', 45_000);
    assert.equal(await asks(page), false);
    await page.click('#open-settings');
    await page.getByRole('dialog').getByLabel('Dark').check();
    await page.getByText('keeps the settings only until').waitFor();
    await fill(page, false);
    await page.getByRole('dialog').getByLabel('Light').check();
    await page.getByText('keeps the settings only until').waitFor({ state: 'detached' });
  });

  test('with storage blocked the page works, and says that it keeps nothing', async () => {
    await on.context.addInitScript(() => {
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException('blocked', 'SecurityError');
          },
        });
      }
    });
    const page = await on.context.newPage();
    await page.goto(`${on.stack.url}#blocked`);
    await page.getByText('This browser keeps it only until you leave').waitFor();
    await page.fill('#name', 'Aino');
    await page.press('#name', 'Enter');
    await waitForPhase(page, 'online');
    await say(page, 'hello');
    await reaches(page, 'hello', 'stored');
    assert.equal(await asks(page), false);
    await on.stack.stop('broker');
    await page.getByText('This browser cannot keep what you write').waitFor();
    await say(page, 'unkept');
    assert.equal(await asks(page), true);
    await on.stack.start('broker');
    await reaches(page, 'unkept', 'stored', 45_000);
    assert.equal(await asks(page), false);
  });

  test('a nickname in storage that could not be sent is asked for again', async () => {
    const bad = ['n'.repeat(65), 'a\u202eb', '\u200b', 'a\0b'];
    for (const [i, nickname] of bad.entries()) {
      const context = await on.browser.context();
      const page = await enter(on.stack, context, `corrupt-${i}`, { nickname, connected: false });
      await page.locator('#name-form').waitFor();
      await page.fill('#name', 'Aino');
      await page.press('#name', 'Enter');
      await waitForPhase(page, 'online');
      await say(page, 'hello');
      await reaches(page, 'hello', 'stored');
      await context.close();
    }
  });

  test('a file that is dropped does not end the page, which says that it cannot be sent', async () => {
    const page = await enter(on.stack, on.context, 'drop');
    const drop = (/** @type {string} */ selector, /** @type {boolean} */ file) =>
      page.evaluate(
        ([where, isFile]) => {
          const dataTransfer = new DataTransfer();
          if (isFile) dataTransfer.items.add(new File(['x'], 'x.png', { type: 'image/png' }));
          else dataTransfer.setData('text/plain', 'words');
          const options = { dataTransfer, bubbles: true, cancelable: true };
          const target = document.querySelector(where);
          return ['dragover', 'drop'].map((name) =>
            target?.dispatchEvent(new DragEvent(name, options)),
          );
        },
        /** @type {const} */ ([selector, file]),
      );
    assert.deepEqual(await drop('#text', false), [true, true], 'a text may go into a field');
    assert.deepEqual(await drop('#log', false), [false, false]);
    assert.equal(await page.locator('#note').isVisible(), false);
    assert.deepEqual(await drop('#text', true), [false, false]);
    await page.getByText('Files cannot be sent here').waitFor();
  });
});
