// The search panel, on answers of the API.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startStack } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, enter, storedCount } = browsers;

const DAY = 24 * 60 * 60_000;

describe('search', { skip: browsers.skip, timeout: 300_000 }, () => {
  /** @type {import('../lib/stack.js').Stack} */
  let stack;
  /** @type {browsers.Browser} */
  let browser;
  /** @type {browsers.Context} */
  let context;

  before(async () => {
    stack = await startStack();
    browser = await browsers.Browser.open();
    context = await browser.context();
    const publish = await device(stack);
    for (let i = 0; i < 30; i++) await publish('lab', `the door ${i} <b>is</b> open`);
    await publish('tea', 'another door');
    await storedCount(stack, 'lab', 30);
    await storedCount(stack, 'tea', 1);
  });
  after(async () => {
    await browser?.close();
    await stack?.close();
  });
  afterEach(() => assert.deepEqual(browser.complaints(), []));

  test('what is found is shown with its matches, newest first, older ones on request', async () => {
    const page = await enter(stack, context, 'lab');
    await page.click('#open-search');
    await page.getByRole('searchbox').fill('door');
    await page.keyboard.press('Enter');
    const matches = page.locator('.match');
    await page.locator('.match').nth(19).waitFor();
    assert.equal(await matches.count(), 20);
    assert.match(String(await matches.first().textContent()), /#tea.*another door/);
    assert.deepEqual(await matches.nth(1).locator('mark').allTextContents(), ['door']);
    assert.match(String(await matches.nth(1).textContent()), /<b>is<\/b>/, 'markup is text');
    await page.getByRole('button', { name: 'Older matches' }).click();
    await matches.nth(30).waitFor();
    assert.equal(await matches.count(), 31);
    assert.ok(await page.getByRole('button', { name: 'Older matches' }).isHidden());
    assert.equal(await page.locator('.search [role=status]').textContent(), '31 matches');

    await page.getByLabel('This room only').check();
    await page.waitForFunction(
      () => !document.querySelector('.matches')?.textContent?.includes('#tea'),
    );
    await page.close();
  });

  test('a match leads to its message in the room', async () => {
    const page = await enter(stack, context, 'tea');
    await page.click('#open-search');
    await page.getByRole('searchbox').fill('"door 3"');
    await page.keyboard.press('Enter');
    await page.locator('.match').first().click();
    await page.locator('.row.target').filter({ hasText: 'the door 3 ' }).waitFor();
    assert.match(page.url(), /#lab\/\d+$/);
    await page.close();
  });

  test('operators are chips, which a button adds and a click takes away', async () => {
    const page = await enter(stack, context, 'tea');
    await page.click('#open-search');
    const chips = page.locator('.chip');
    await page.getByRole('searchbox').pressSequentially('in:lab door ');
    assert.deepEqual(await chips.allTextContents(), ['In #lab']);
    assert.equal((await page.getByRole('searchbox').inputValue()).trim(), 'door');
    await page.keyboard.press('Enter');
    await page.locator('.match').nth(19).waitFor();
    assert.doesNotMatch(String(await page.locator('.matches').textContent()), /#tea/);
    await page.getByRole('button', { name: 'From', exact: true }).click();
    await page.keyboard.type('nobody');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing found').waitFor();
    await page.getByRole('button', { name: 'Remove the filter: From nobody' }).click();
    await page.locator('.match').nth(19).waitFor();
    assert.deepEqual(await chips.allTextContents(), ['In #lab']);
    await page.close();
  });

  test('a day narrows a search, from its beginning on or up to it', async () => {
    const said = [0, 10, 20].map(
      (day) => /** @type {[string, string, number]} */ (['Ann', `gate ${day}`, day * DAY]),
    );
    browsers.insert(stack, 'days', said);
    await storedCount(stack, 'days', 3);
    const page = await enter(stack, context, 'days');
    await page.click('#open-search');
    await page.getByRole('searchbox').fill('gate');
    await page.keyboard.press('Enter');
    await page.getByText('3 matches', { exact: true }).waitFor();
    const snippets = page.locator('.match .snippet');
    await page.getByRole('button', { name: 'Since', exact: true }).click();
    await page.locator('#search-filter').fill('2026-03-20');
    await page.keyboard.press('Enter');
    await page.getByText('2 matches', { exact: true }).waitFor();
    assert.deepEqual(await snippets.allTextContents(), ['gate 20', 'gate 10']);
    await page.getByRole('button', { name: 'Before', exact: true }).click();
    await page.locator('#search-filter').fill('2026-03-30');
    await page.keyboard.press('Enter');
    await page.getByText('1 match', { exact: true }).waitFor();
    assert.deepEqual(await snippets.allTextContents(), ['gate 10']);
    const chips = await page.locator('.chip').allTextContents();
    assert.deepEqual(chips, ['Since 20 Mar 2026', 'Before 30 Mar 2026']);
    await page.close();
  });

  test('"this room only" is about the room that is open now', async () => {
    const page = await enter(stack, context, 'tea');
    await page.click('#open-search');
    await page.getByRole('searchbox').fill('door');
    await page.getByLabel('This room only').check();
    await page.getByText('1 match', { exact: true }).waitFor();
    await page.evaluate(() => {
      location.hash = '#lab';
    });
    await page.locator('.match').nth(19).waitFor();
    assert.doesNotMatch(String(await page.locator('.matches').textContent()), /#tea/);
    await page.close();
  });

  test('nothing found is said, and so is what the server has against a query', async () => {
    const page = await enter(stack, context, 'lab');
    await page.click('#open-search');
    const status = page.locator('.search [role=status]');
    await page.getByRole('searchbox').fill('unicorns');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing found').waitFor();
    await page.getByRole('searchbox').fill('before:yesterday');
    await page.keyboard.press('Enter');
    await page.getByText('The search failed').waitFor();
    assert.match(String(await status.textContent()), /400, /);
    await stack.stop('api');
    try {
      await page.getByRole('searchbox').fill('door');
      await page.keyboard.press('Enter');
      await page.getByText(/The search failed \(503/).waitFor();
    } finally {
      await stack.start('api');
    }
    await page.close();
  });
});
