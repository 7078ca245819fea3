// Several rooms in one page: their list, what is unread, and what each keeps.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { enter, reaches, say, shows, storedCount, waitForPhase, write } = browsers;

/** @param {browsers.Page} page @param {string} name */
const linkTo = (page, name) => page.locator(`.room-link[href="#${name}"]`);

describe('rooms', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = browsers.setUp();

  test('the rooms that there are are listed, and what comes in them is counted', async () => {
    await on.publish('count-a', 'old');
    await storedCount(on.stack, 'count-a', 1);
    const page = await enter(on.stack, on.context, 'count-b');
    await linkTo(page, 'count-a').waitFor();
    assert.equal(await linkTo(page, 'count-a').locator('.badge').textContent(), '');
    await on.publish('count-a', 'one');
    await on.publish('count-a', 'two');
    await on.publish('count-new', 'hello');
    await linkTo(page, 'count-a').locator('.badge', { hasText: '2' }).waitFor();
    await linkTo(page, 'count-new').locator('.badge', { hasText: '1' }).waitFor();
    await linkTo(page, 'count-a').click();
    await shows(page, ['old', 'one', 'two']);
    assert.equal(await page.locator('#room').textContent(), 'count-a');
    assert.equal(await linkTo(page, 'count-a').getAttribute('aria-current'), 'page');
    assert.equal(await linkTo(page, 'count-a').locator('.badge').textContent(), '');
  });

  test('what came while the page was closed is counted when it is opened', async () => {
    await on.publish('closed', 'seen');
    await storedCount(on.stack, 'closed', 1);
    const page = await enter(on.stack, on.context, 'closed');
    await reaches(page, 'seen', 'stored');
    await page.close();
    for (let i = 0; i < 3; i++) await on.publish('closed', `missed ${i}`);
    await storedCount(on.stack, 'closed', 4);
    const again = await enter(on.stack, on.context, 'elsewhere');
    await linkTo(again, 'closed').locator('.badge', { hasText: '3' }).waitFor();
  });

  test('what was deleted is not counted, what comes after it is, and of many it says so', async () => {
    /** @param {string} statement */
    const change = (statement) => {
      const args = ['-cmd', '.timeout 5000', on.stack.database, statement];
      const { status, stderr } = spawnSync('sqlite3', args);
      assert.equal(status, 0, String(stderr));
    };
    /** @param {number} from @param {number} to */
    const fill = async (from, to) => {
      for (let i = from; i <= to; i++) await on.publish('pruned', `line ${i}`);
    };
    await fill(1, 1);
    await storedCount(on.stack, 'pruned', 1);
    const page = await enter(on.stack, on.context, 'pruned');
    await reaches(page, 'line 1', 'stored');
    await page.goto(`${on.stack.url}#elsewhere`);
    const badge = linkTo(page, 'pruned').locator('.badge');
    await fill(2, 31);
    await badge.getByText('30', { exact: true }).waitFor();
    change("DELETE FROM messages WHERE room = 'pruned' AND text != 'line 1'");
    await page.reload();
    await waitForPhase(page, 'online');
    await until(async () => (await badge.textContent()) === '');
    await fill(32, 51);
    await badge.getByText('20', { exact: true }).waitFor();
    change(`WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      INSERT INTO messages (ts, room, nickname, text) SELECT 1700000000000, 'pruned', 'Ann', i FROM n`);
    await page.reload();
    await badge.getByText('99+', { exact: true }).waitFor();
    assert.equal(await linkTo(page, 'pruned').getAttribute('aria-label'), 'pruned, 200+ unread');
  });

  test('a room is made by its name, which is put right where it can be', async () => {
    const page = await enter(on.stack, on.context, 'messages');
    await page.fill('#room-name', 'Räksä!');
    await page.press('#room-name', 'Enter');
    assert.match(String(await page.locator('#room-error').textContent()), /a–z, 0–9/);
    await page.fill('#room-name', '_ops');
    await page.press('#room-name', 'Enter');
    assert.match(String(await page.locator('#room-error').textContent()), /_ops.*reserved/);
    assert.equal(await page.locator('#room').textContent(), 'messages');
    await page.fill('#room-name', '#Wood Shop');
    await page.press('#room-name', 'Enter');
    await until(async () => (await page.locator('#room').textContent()) === 'wood-shop');
    await say(page, 'first');
    await reaches(page, 'first', 'stored');
    assert.equal((await on.stack.history('room=wood-shop'))[0].text, 'first');
    await page.goBack();
    await until(async () => (await page.locator('#room').textContent()) === 'messages');
  });

  test('each room has its draft, which outlives a reload', async () => {
    const page = await enter(on.stack, on.context, 'draft-a');
    await write(page, 'half a sentence\nand');
    await page.goto(`${on.stack.url}#draft-b`);
    assert.equal(await page.inputValue('#text'), '');
    await page.fill('#text', 'another');
    await page.reload();
    assert.equal(await page.inputValue('#text'), 'another');
    await page.goto(`${on.stack.url}#draft-a`);
    assert.equal(await page.inputValue('#text'), 'half a sentence\nand');
    await page.press('#text', 'Enter');
    await reaches(page, 'half a sentence\nand', 'stored');
    await page.reload();
    assert.equal(await page.inputValue('#text'), '');
  });

  test('a room is found again where it was left', async () => {
    for (let i = 0; i < 40; i++) await on.publish('place', `line ${i}`);
    await storedCount(on.stack, 'place', 40);
    const page = await enter(on.stack, on.context, 'place');
    await page.locator('#log').evaluate((log) => log.scrollTo(0, 500));
    await page.locator('#newest').waitFor();
    const top = () => page.locator('#log').evaluate((log) => log.scrollTop);
    const before = await top();
    await page.goto(`${on.stack.url}#place-other`);
    await until(async () => (await page.locator('.row').count()) === 0);
    await page.goto(`${on.stack.url}#place`);
    await until(async () => (await page.locator('.row').count()) >= 40);
    assert.ok(Math.abs((await top()) - before) < 1, `${await top()}, was ${before}`);
  });

  test('a message that is sent in one room does not appear in another', async () => {
    const page = await enter(on.stack, on.context, 'apart-a');
    await on.stack.kill('logger');
    await say(page, 'for a');
    await page.goto(`${on.stack.url}#apart-b`);
    await shows(page, []);
    await say(page, 'for b');
    await on.stack.start('logger');
    await reaches(page, 'for b', 'stored');
    await shows(page, ['for b']);
    await page.goto(`${on.stack.url}#apart-a`);
    await reaches(page, 'for a', 'stored');
    await shows(page, ['for a']);
    assert.deepEqual(
      (await on.stack.history('room=apart-a')).map(({ text }) => text),
      ['for a'],
    );
  });

  test('on a phone the rooms are a drawer: it opens, holds the focus, and closes', async () => {
    const phone = await on.browser.context({ viewport: { width: 360, height: 740 } });
    const page = await enter(on.stack, phone, 'drawer');
    await on.publish('drawer-other', 'hello');
    await page.locator('#menu-badge', { hasText: '1' }).waitFor();
    assert.ok(!(await page.isVisible('#side')));
    await page.click('#menu');
    assert.ok(await page.isVisible('#side'));
    assert.equal(await page.locator('#menu').getAttribute('aria-expanded'), 'true');
    assert.ok(
      await page.locator('#pane').evaluate((pane) => /** @type {HTMLElement} */ (pane).inert),
    );
    await page.keyboard.press('Escape');
    assert.ok(!(await page.isVisible('#side')));
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'menu');
    await page.click('#menu');
    await linkTo(page, 'drawer-other').click();
    await shows(page, ['hello']);
    assert.ok(!(await page.isVisible('#side')));
    await phone.close();
  });

  test('a room may be called what every object has: the page lives on, and it is a room', async () => {
    const names = ['constructor', 'valueof', 'tostring', '__proto__', 'toString'];
    const page = await enter(on.stack, on.context, 'ordinary');
    for (const name of names) await on.publish(name, `from ${name}`);
    await storedCount(on.stack, 'constructor', 1);
    await linkTo(page, 'constructor').locator('.badge', { hasText: '1' }).waitFor();
    await say(page, 'alive');
    await reaches(page, 'alive', 'stored');
    const fresh = await on.browser.context();
    const other = await enter(on.stack, fresh, 'constructor');
    for (const name of ['constructor', 'ordinary']) await linkTo(other, name).waitFor();
    await reaches(other, 'from constructor', 'stored');
    await say(other, 'written there');
    await reaches(other, 'written there', 'stored');
    await other.fill('#text', 'half a sentence');
    await other.reload();
    await reaches(other, 'written there', 'stored');
    assert.equal(await other.inputValue('#text'), 'half a sentence');
    await fresh.close();
  });
});
