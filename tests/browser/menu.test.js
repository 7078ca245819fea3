// The menu of a message: found, used by keys, and what it does: copying, and ignoring somebody.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as browsers from './browser.js';

const { enter, reaches, rowOf, say, shows, tap, waitForPhase } = browsers;

/** @param {browsers.Page} page @param {string} text */
async function openMenu(page, text) {
  const row = rowOf(page, text);
  await row.hover();
  await row.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menu').waitFor();
}

/** @param {string} nickname @param {string} text @param {string | null} clientId */
const message = (nickname, text, clientId) => ({ nickname, text, clientId });

describe('the menu of a message', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = browsers.setUp();

  test('its text and its link can be copied', async () => {
    await on.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await enter(on.stack, on.context, 'copy');
    await say(page, 'with **marks**');
    await reaches(page, 'with marks', 'stored');
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await openMenu(page, 'with marks');
    await page.getByRole('menuitem', { name: 'Copy the text' }).click();
    await page.locator('#announcer', { hasText: 'Copied' }).waitFor({ state: 'attached' });
    assert.equal(await clipboard(), 'with **marks**');
    await openMenu(page, 'with marks');
    await page.getByRole('menuitem', { name: 'Copy the link' }).click();
    await page.waitForTimeout(300);
    const id = await rowOf(page, 'with marks').getAttribute('data-id');
    assert.equal(await clipboard(), `${on.stack.url}#copy/${id}`);
    await openMenu(page, 'with marks');
    assert.equal(await page.getByRole('menuitem', { name: /Ignore/ }).count(), 0, 'not oneself');
  });

  test('by keys: Tab from the time, arrows, Escape; the focus comes back', async () => {
    const page = await enter(on.stack, on.context, 'menu-keys');
    await on.publish('menu-keys', 'a device');
    await reaches(page, 'a device', 'stored');
    await page.locator('a.when[href]').focus();
    await page.keyboard.press('Tab');
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    assert.equal(await focused(), '…');
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    assert.equal(await focused(), 'Copy the text');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), 'Copy the link');
    await page.keyboard.press('End');
    assert.match(String(await focused()), /^Ignore/);
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), 'Copy the text');
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'hidden' });
    assert.equal(await focused(), '…');
    await page.locator('.more[aria-expanded="false"]').waitFor();
  });

  test('who is ignored is folded, whatever the name, until shown or no longer ignored', async () => {
    const page = await enter(on.stack, on.context, 'ignore');
    const other = await enter(on.stack, on.context, 'ignore');
    await on.publish('ignore', message('Troll', 'one', 'troll-1'));
    await on.publish('ignore', message('Bo', 'good', 'bo-1'));
    await on.publish('ignore', message('Angel', 'two', 'troll-1'));
    await on.publish('ignore', message('Angel', 'three', 'troll-1'));
    for (const tab of [page, other]) await reaches(tab, 'three', 'stored');
    await openMenu(page, 'one');
    await page.getByRole('menuitem', { name: /Ignore.*Troll/ }).click();
    const lines = (/** @type {browsers.Page} */ tab) => tab.locator('.folded').allTextContents();
    const folded = ['1 message of an ignored person – show', '2 messages of ignored people – show'];
    for (const tab of [page, other]) {
      await shows(tab, ['good']);
      assert.deepEqual(await lines(tab), folded);
    }
    await page.reload();
    await waitForPhase(page, 'online'); // what comes now is announced, or not
    await on.publish('ignore', message('Troll', 'four', 'troll-1'));
    await page.getByText('3 messages of ignored people').waitFor();
    await on.publish('ignore', message('Bo', 'five', 'bo-1'));
    const announcer = page.locator('#announcer');
    await announcer.getByText('five').waitFor({ state: 'attached' });
    assert.doesNotMatch(String(await announcer.textContent()), /four/);
    await page.getByRole('button', { name: '1 message of an ignored person' }).click();
    await shows(page, ['one', 'good', 'five']);
    await page.click('#open-settings');
    await page.getByRole('button', { name: /Stop ignoring.*Troll/ }).click();
    await page.keyboard.press('Escape');
    await shows(page, ['one', 'good', 'two', 'three', 'four', 'five']);
    await shows(other, ['one', 'good', 'two', 'three', 'four', 'five']);
  });

  test('on a phone the button is there without hovering, and is large enough to hit', async () => {
    const phone = await on.browser.context({
      viewport: { width: 320, height: 600 },
      hasTouch: true,
      isMobile: true,
    });
    const page = await enter(on.stack, phone, 'phone-menu');
    await say(page, 'x'.repeat(200));
    await reaches(page, 'x'.repeat(200), 'stored');
    const more = page.locator('.more');
    assert.equal(await more.evaluate((element) => getComputedStyle(element).opacity), '1');
    const box = await more.boundingBox();
    assert.ok(box && box.width >= 24 && box.height >= 24 && box.x + box.width <= 320);
    await tap(more);
    const menu = await page.getByRole('menu').boundingBox();
    assert.ok(menu && menu.x >= 0 && menu.x + menu.width <= 320 && menu.y + menu.height <= 600);
    await phone.close();
  });
});
