// Where addresses and links lead, also those that lead nowhere, and those that are followed twice.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { enter, insert, reaches, rowOf, say, shows, storedCount } = browsers;

const DAY = 24 * 60 * 60_000;

/** @param {browsers.Page} page */
const roomOf = (page) => page.locator('#room').textContent();

describe('addresses', { skip: browsers.skip, timeout: 480_000 }, () => {
  const on = browsers.setUp();

  /** @param {string} room @param {number} count @returns {Promise<number[]>} the ids */
  async function fill(room, count) {
    for (let i = 1; i <= count; i++) await on.publish(room, `line ${i}`);
    await storedCount(on.stack, room, count);
    return (await on.stack.wholeHistory(room)).map(({ id }) => id);
  }

  test('a room is found by its name in capitals, with spaces around it, and in escapes', async () => {
    for (const name of ['Lab', 'lab%20', '%6Cab']) {
      const page = await enter(on.stack, on.context, name);
      await until(async () => (await roomOf(page)) === 'lab', 5000, name);
      await say(page, `for ${name}`);
      await reaches(page, `for ${name}`, 'stored');
      await page.close();
    }
    assert.equal((await on.stack.wholeHistory('lab')).length, 3);
    assert.equal((await on.stack.wholeHistory('messages')).length, 0);
  });

  test('an address that is no room says so, and nothing can be written there', async () => {
    await on.publish('open', 'hello');
    await storedCount(on.stack, 'open', 1);
    for (const name of ['日本', '_ops', 'a b', '%ff', '__proto__']) {
      const page = await enter(on.stack, on.context, name);
      await page.getByText('There is no room').waitFor();
      assert.ok(await page.locator('#text-form').isHidden(), name);
      assert.match(await page.title(), /^(?!messages)/);
      await page.close();
    }
    const page = await enter(on.stack, on.context, 'open');
    await shows(page, ['hello']);
    await page.evaluate(() => {
      location.hash = '日本';
    });
    await page.getByText('There is no room').waitFor();
    assert.equal(await roomOf(page), '日本');
    assert.equal(await page.locator('.row').count(), 0);
    assert.ok(await page.locator('#text-form').isHidden());
    await on.publish('open', 'meanwhile');
    await page.locator('.room-link[href="#open"] .badge', { hasText: '1' }).waitFor();
    await page.goBack();
    await shows(page, ['hello', 'meanwhile']);
    await say(page, 'back');
    await reaches(page, 'back', 'stored');
    assert.equal((await on.stack.wholeHistory('messages')).length, 0);
  });

  test('a link to a message that is not there says so, and no other is marked', async () => {
    const other = await fill('gone-other', 1);
    const ids = await fill('gone', 30);
    const page = await enter(on.stack, on.context, `gone/${ids[9]}`);
    await page.locator('.row.target', { hasText: 'line 10' }).waitFor();
    assert.ok(await page.locator('#note').isHidden());
    for (const id of [other[0], ids[29] + 1000, '20266123456789012345', 'x']) {
      await page.goto(`${on.stack.url}#gone/${id}`);
      await page.getByText('The message is not here.').waitFor();
      assert.equal(await page.locator('.target').count(), 0);
      assert.match(page.url(), /#gone$/);
      await page.goto(`${on.stack.url}#gone/${ids[2]}`);
      await page.locator('.row.target', { hasText: 'line 3' }).waitFor();
      assert.ok(await page.locator('#note').isHidden());
    }
  });

  test('a year of five digits is not taken for a date', async () => {
    await fill('years', 1);
    const page = await enter(on.stack, on.context, 'years');
    await shows(page, ['line 1']);
    await page.click('#open-jump');
    await page.locator('#jump-date').evaluate((field) => {
      /** @type {HTMLInputElement} */ (field).value = '20266-01-01';
    });
    await page.click('#jump button');
    assert.ok(await page.locator('#jump').isVisible());
    assert.ok(await page.locator('#history-notice').isHidden());
    await shows(page, ['line 1']);
  });

  test('the same link leads to its message again, and a reload to where one was', async () => {
    const ids = await fill('again', 60);
    const page = await enter(on.stack, on.context, 'again');
    await page.setViewportSize({ width: 1280, height: 600 }); // the search stays open beside the messages
    await page.click('#open-search');
    await page.getByRole('searchbox').fill('"line 12"');
    await page.keyboard.press('Enter');
    const seen = async () => {
      const [row, log] = [rowOf(page, 'line 12'), page.locator('#log')];
      const [a, b] = [await row.boundingBox(), await log.boundingBox()];
      return a !== null && b !== null && a.y >= b.y && a.y < b.y + b.height;
    };
    await page.locator('.match').first().click();
    await until(seen);
    assert.match(page.url(), new RegExp(`#again/${ids[11]}$`));
    await page.locator('.match').first().click();
    await until(seen);
    await page.locator('#log').evaluate((log) => log.scrollTo(0, log.scrollHeight));
    await until(async () => !(await seen()));
    await until(async () => page.url().endsWith('#again'));
    await page.locator('.match').first().click();
    await until(seen);
    await page.click('.search .close');
    await page.click('#newest');
    await until(async () => !(await seen()));
    await page.reload();
    await reaches(page, 'line 60', 'stored');
    await page.waitForTimeout(300);
    assert.ok(!(await seen()), 'the old message is shown again');
  });

  test('who writes has left the message of the address, though it is still seen', async () => {
    const ids = await fill('left', 3);
    const page = await enter(on.stack, on.context, `left/${ids[0]}`);
    await page.locator('.row.target', { hasText: 'line 1' }).waitFor();
    await say(page, 'mine');
    await reaches(page, 'mine', 'stored');
    assert.match(page.url(), /#left$/);
  });

  test('a link to where the page is already leads there', async () => {
    await fill('here', 60);
    const page = await enter(on.stack, on.context, 'here');
    await reaches(page, 'line 60', 'stored');
    await page.locator('#log').evaluate((log) => log.scrollTo(0, 300));
    await page.locator('#newest').waitFor();
    await page.click('.room-link[href="#here"]');
    await page.locator('#newest').waitFor({ state: 'hidden' });
  });

  test('a day that comes again has its line again', async () => {
    insert(on.stack, 'twice', [
      ['Ann', 'message 1'],
      ['Ann', 'message 2', -DAY],
      ['Ann', 'message 3'],
    ]);
    const page = await enter(on.stack, on.context, 'twice');
    await shows(page, ['message 1', 'message 2', 'message 3']);
    const days = await page
      .locator('.line.day time')
      .evaluateAll((all) => all.map((time) => time.getAttribute('datetime')));
    assert.deepEqual(days, ['2026-03-10', '2026-03-09', '2026-03-10']);
    assert.equal(await page.locator('.line.day + .row').count(), 3);
  });
});
