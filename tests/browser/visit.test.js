// A first visit: what the operator says of the site, and the card that asks for a nickname.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { setUp, storedCount, waitForPhase } = browsers;

/** @param {browsers.Context} context @param {string | object} body @param {number} [ms] */
async function serveSite(context, body, ms = 0) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  await context.route('**/chat/site.json', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    await route.fulfill({ body: text, contentType: 'application/json' }).catch(() => {});
  });
}

/** Less than the page waits for site.json where it has to. */
const AT_ONCE_MS = 2500;

/** When the page asked for what: 'site.json', or a room's history. @param {browsers.Page} page */
function requestsOf(page) {
  const asked = /** @type {{what: string, at: number}[]} */ ([]);
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    const isHistory = pathname.endsWith('/api/messages');
    const what = isHistory ? searchParams.get('room') : pathname.match(/site\.json$/)?.[0];
    if (what) asked.push({ what, at: Date.now() });
  });
  return asked;
}

/** @typedef {ReturnType<typeof requestsOf>} Requests */

/** The rooms whose history the page asked for. @param {Requests} asked */
const roomsOf = (asked) => [
  ...new Set(asked.map(({ what }) => what).filter((what) => what !== 'site.json')),
];

/** How long after site.json the history was asked for. @param {Requests} asked */
async function waited(asked) {
  const site = await until(() => asked.find(({ what }) => what === 'site.json'), 15_000);
  const history = await until(() => asked.find(({ what }) => what !== 'site.json'), 15_000);
  return history.at - site.at;
}

describe('a first visit', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = setUp();

  test('the card says what the site is and who is here; the log is above it', async () => {
    await serveSite(on.context, { title: 'Sailing club', welcome: 'Talk of boats', room: 'lobby' });
    await on.publish('lobby', 'ahoy');
    await storedCount(on.stack, 'lobby', 1);
    const other = await on.browser.context();
    await browsers.enter(on.stack, other, 'lobby', { nickname: 'Ann' });
    const page = await on.context.newPage();
    await page.goto(on.stack.url);
    const card = page.locator('.visit-card');
    await card.getByRole('heading', { name: 'Sailing club' }).waitFor();
    await card.getByText('Talk of boats').waitFor();
    await card.getByText('Ann\u2069 is here now.').waitFor();
    await page.getByText('ahoy').waitFor();
    assert.equal(await page.title(), 'lobby · Sailing club');
    await page.fill('#name', 'Bo');
    await page.press('#name', 'Enter');
    await card.waitFor({ state: 'detached' });
    await browsers.say(page, 'here I am');
    await browsers.reaches(page, 'here I am', 'stored');
    await page.click('#me');
    await page.locator('#name').waitFor();
    assert.equal(await card.count(), 0, 'later the form asks for another name, and no more');
    await other.close();
  });

  test('who only reads is not asked again, and can change his mind', async () => {
    const page = await on.context.newPage();
    await page.goto(`${on.stack.url}#quiet`);
    await page.getByRole('button', { name: 'Read only' }).click();
    assert.ok(await page.locator('#name').isHidden());
    await page.reload();
    await page.getByText('You are reading only.').waitFor();
    assert.ok(await page.locator('#name').isHidden());
    await page.getByRole('button', { name: 'Choose a nickname' }).click();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'name');
  });

  test('no other room is asked for first; a later visit waits for nothing', async () => {
    await serveSite(on.context, { room: 'harbour' }, 500);
    const page = await on.context.newPage();
    const asked = requestsOf(page);
    await page.goto(on.stack.url);
    await waitForPhase(page, 'online');
    assert.deepEqual(roomsOf(asked), ['harbour']);
    await on.context.unroute('**/chat/site.json');
    await serveSite(on.context, '{}', 20_000);
    asked.length = 0;
    await page.reload();
    await page.getByText('No messages yet').waitFor();
    assert.ok((await waited(asked)) < AT_ONCE_MS);
    assert.deepEqual(roomsOf(asked), ['harbour']);
  });

  test('an address with a room waits for nothing, and an answer is waited for no longer than 3 s', async () => {
    await serveSite(on.context, { room: 'harbour' }, 20_000);
    const page = await on.context.newPage();
    const asked = requestsOf(page);
    await page.goto(`${on.stack.url}#lab`);
    await page.getByText('No messages yet').waitFor();
    assert.ok((await waited(asked)) < AT_ONCE_MS);
    await page.goto('about:blank');
    asked.length = 0;
    await page.goto(on.stack.url);
    await page.getByText('No messages yet').waitFor({ timeout: 8000 });
    assert.ok((await waited(asked)) >= AT_ONCE_MS);
    assert.deepEqual(roomsOf(asked), ['messages']);
  });

  test('a malformed site.json leaves the defaults, and is told in the console', async () => {
    await serveSite(on.context, '{"title": "Club",');
    const page = await on.context.newPage();
    const told = page.waitForEvent('console', (message) => message.text().includes('site.json'));
    await page.goto(on.stack.url);
    await waitForPhase(page, 'online');
    await told;
    await page.locator('.visit-card').getByRole('heading', { name: 'Chat' }).waitFor();
    assert.equal(await page.locator('#room').textContent(), 'messages');
  });

  test('an empty room and the composer share one column', async () => {
    for (const width of [1280, 390, 320]) {
      const context = await on.browser.context({ viewport: { width, height: 640 } });
      const page = await browsers.enter(on.stack, context, 'nothing');
      const edges = await page.evaluate(() =>
        ['#blank', '#text-form'].map((part) => {
          const element = /** @type {Element} */ (document.querySelector(part));
          const { left, right } = element.getBoundingClientRect();
          return [left, right, getComputedStyle(element).paddingInlineStart];
        }),
      );
      assert.deepEqual(edges[0], edges[1], `${width}`);
      await context.close();
    }
  });
});
