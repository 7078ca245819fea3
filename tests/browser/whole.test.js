// The whole of it once, quickly: page, nginx, broker, logger and API, as somebody meets them on the
// first day. The tests are steps, one after the other on one page. The other files look closer.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startStack, until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, reaches, rowOf, say, shows, storedCount, waitForPhase } = browsers;

/** What is sent after that is more than the page opens with. */
const FIRST = ['hello from a browser', 'door open', '{"not": "closed'];
const MANY = 70;

describe('the whole', { skip: browsers.skip, timeout: 240_000 }, () => {
  /** @type {import('../lib/stack.js').Stack} */
  let stack;
  /** @type {browsers.Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof device>>} */
  let publish;
  /** @type {browsers.Page} */
  let page;
  /** Requests of the page that were answered with an error. @type {string[]} */
  const errors = [];
  /** Requests of the page that were not answered. @type {string[]} */
  const unanswered = [];

  before(async () => {
    stack = await startStack();
    browser = await browsers.Browser.open();
    publish = await device(stack);
    const context = await browser.context();
    context.setDefaultTimeout(5000);
    context.on('requestfailed', (request) => unanswered.push(request.url()));
    context.on('response', (response) => {
      if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
    });
    page = await context.newPage();
  });
  after(async () => {
    await browser?.close();
    await stack?.close();
  });
  afterEach(() => {
    assert.deepEqual(errors, []);
    assert.deepEqual(unanswered, []);
    assert.deepEqual(browser.complaints(), []);
  });

  test('the page opens, asks for a name and is connected', async () => {
    await page.goto(`${stack.url}#lab`);
    await page.locator('#name:focus').waitFor();
    await page.keyboard.type('Aino');
    await page.keyboard.press('Enter');
    await page.locator('#text:focus').waitFor();
    await waitForPhase(page, 'online');
    assert.equal(await page.textContent('#room'), 'lab');
    assert.equal(await page.textContent('#my-name'), 'Aino');
  });

  test('what is sent is on the screen, and gets its ✓ when it is stored', async () => {
    await say(page, FIRST[0]);
    await reaches(page, FIRST[0], 'stored');
    assert.equal(await rowOf(page, FIRST[0]).locator('.state').textContent(), '✓');
    const [{ id, ts, ...message }] = await stack.history('room=lab');
    const { nickname, text, room } = message;
    assert.deepEqual({ nickname, text, room }, { nickname: 'Aino', text: FIRST[0], room: 'lab' });
    assert.equal(await rowOf(page, FIRST[0]).getAttribute('data-id'), `${id}`);
    assert.equal(await rowOf(page, FIRST[0]).locator('time').getAttribute('datetime'), ts);
  });

  test("a device's messages appear, in JSON and as plain text", async () => {
    await publish('lab', { nickname: 'door', text: FIRST[1] });
    await publish('lab', FIRST[2]);
    await rowOf(page, FIRST[2]).waitFor();
    await shows(page, FIRST);
    assert.deepEqual(await page.locator('.row .name').allTextContents(), ['Aino', 'door', 'mqtt']);
  });

  test('a reload shows the history, with the name that was chosen', async () => {
    await storedCount(stack, 'lab', FIRST.length);
    await page.reload();
    await waitForPhase(page, 'online');
    await shows(page, FIRST);
    assert.equal(await rowOf(page, FIRST[0]).locator('.state').textContent(), '✓');
    assert.equal(await page.textContent('#my-name'), 'Aino');
  });

  test('older pages of the history come as the reader goes up', async () => {
    const many = Array.from({ length: MANY }, (_, i) => `number ${i + 1}`);
    for (const text of many) await publish('lab', text);
    await storedCount(stack, 'lab', FIRST.length + MANY);
    await page.evaluate(() => localStorage.removeItem('chat.seen.lab'));
    await page.goto('about:blank');
    await page.goto(`${stack.url}#lab`);
    await rowOf(page, `number ${MANY}`).waitFor();
    await page.locator('#log').evaluate((log) => log.scrollTo(0, 0));
    await shows(page, [...FIRST, ...many]);
  });

  test('the search finds a message and leads to it', async () => {
    await page.click('#open-search');
    await page.getByRole('searchbox').fill('brow* from:Aino');
    await page.keyboard.press('Enter');
    await page.locator('.match').click();
    await page.locator('.row.target').filter({ hasText: FIRST[0] }).waitFor();
    assert.deepEqual(await page.locator('.match mark').allTextContents(), ['browser']);
    assert.match(page.url(), /#lab\/\d+$/);
    await page.keyboard.press('Escape');
  });

  test('another room is listed, counts what is unread, and has its own messages', async () => {
    await publish('tea', 'ready');
    const link = page.locator('.room-link[href="#tea"]');
    await link.locator('.badge', { hasText: '1' }).waitFor();
    await link.click();
    await shows(page, ['ready']);
    assert.equal(await link.locator('.badge').textContent(), '');
    await say(page, 'coming');
    await reaches(page, 'coming', 'stored');
    assert.deepEqual(
      (await stack.history('room=tea')).map(({ text }) => text),
      ['ready', 'coming'],
    );
    assert.equal((await stack.wholeHistory('lab')).length, FIRST.length + MANY);
  });

  test('what was missed, and what was written, while nginx was away, is there afterwards', async () => {
    await stack.kill('nginx');
    await waitForPhase(page, 'offline');
    await publish('tea', 'still hot?');
    await say(page, 'yes');
    await until(async () => (await page.locator('.row[data-state=sending]').count()) === 1);
    await stack.start('nginx');
    await reaches(page, 'yes', 'stored');
    await shows(page, ['ready', 'coming', 'still hot?', 'yes']);
    unanswered.length = 0;
  });
});
