// Where the reader looks, while messages come in.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startStack, until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, enter, reaches, rowOf, say, storedCount, write } = browsers;

/** @param {browsers.Page} page */
function place(page) {
  return page.locator('#log').evaluate((log) => {
    const fromBottom = log.scrollHeight - log.clientHeight - log.scrollTop;
    return { top: log.scrollTop, fromBottom };
  });
}

/** @param {browsers.Page} page */
const height = (page) => page.locator('#log').evaluate((log) => log.clientHeight);

/** @param {browsers.Page} page @param {number} top */
async function scrollTo(page, top) {
  await page.locator('#log').evaluate((log, y) => log.scrollTo(0, y), top);
  await page.waitForTimeout(100);
}

describe("the reader's place", { skip: browsers.skip, timeout: 240_000 }, () => {
  /** @type {import('../lib/stack.js').Stack} */
  let stack;
  /** @type {browsers.Browser} */
  let browser;
  /** @type {browsers.Context} */
  let context;
  /** @type {Awaited<ReturnType<typeof device>>} */
  let publish;

  before(async () => {
    stack = await startStack();
    browser = await browsers.Browser.open();
    context = await browser.context();
    publish = await device(stack);
  });
  after(async () => {
    await browser?.close();
    await stack?.close();
  });
  afterEach(() => assert.deepEqual(browser.complaints(), []));

  /** A page with more rows than fit. @param {string} room */
  async function fullRoom(room) {
    for (let i = 0; i < 10; i++) await publish(room, `line ${i}\nand\nmore\nof it`);
    await storedCount(stack, room, 10);
    return enter(stack, context, room);
  }

  test('a room opens at its newest message', async () => {
    const page = await fullRoom('opens');
    assert.ok((await place(page)).top > 0);
    assert.equal((await place(page)).fromBottom, 0);
  });

  test('at the bottom it stays at the bottom', async () => {
    const page = await fullRoom('bottom');
    for (let i = 0; i < 5; i++) {
      await publish('bottom', `new ${i}`);
      await rowOf(page, `new ${i}`).waitFor();
    }
    await reaches(page, 'new 4', 'stored');
    assert.equal((await place(page)).fromBottom, 0);
    const before = await height(page);
    await page.setViewportSize({ width: 900, height: 380 });
    await until(async () => (await height(page)) < before);
    await until(async () => (await place(page)).fromBottom === 0);
    const small = await height(page);
    await write(page, 'a\nb\nc\nd\ne');
    await until(async () => (await height(page)) < small);
    await until(async () => (await place(page)).fromBottom === 0);
  });

  test('scrolled up, it moves by no pixel', async () => {
    const page = await fullRoom('up');
    for (const start of [150, 0]) {
      await scrollTo(page, start);
      const top = () =>
        rowOf(page, 'line 3\nand\nmore\nof it').evaluate((row) => row.getBoundingClientRect().top);
      const before = await top();
      for (let i = 0; i < 3; i++) {
        await publish('up', `new ${start}-${i}`);
        await rowOf(page, `new ${start}-${i}`).waitFor({ state: 'attached' });
      }
      await page.waitForTimeout(600);
      assert.equal(await top(), before);
      assert.equal((await place(page)).top, start);
    }
  });

  test('sending takes the reader to what was sent', async () => {
    const page = await fullRoom('sent');
    await scrollTo(page, 0);
    await say(page, 'here');
    await reaches(page, 'here', 'stored');
    assert.equal((await place(page)).fromBottom, 0);
  });
});
