// The list of rooms as it is used: found, made, muted, read, and bounded whatever strangers do.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { enter, insert, reaches, say, shows, storedCount, waitForPhase, tap } = browsers;

/** The rooms that the page knows, and what it stores of them. */
const KNOWN_MAX = 350;
const MANY = 5000;

/** @param {browsers.Page} page @param {string} name */
const linkTo = (page, name) => page.locator(`.room-link[href="#${name}"]`);

/** The names in the list, from the top. @param {browsers.Page} page */
const names = (page) => page.locator('.room-link bdi').allTextContents();

/** The rooms of a test, as they stand in the list. @param {browsers.Page} page @param {string} prefix */
const namesWith = async (page, prefix) =>
  (await names(page)).filter((name) => name.startsWith(prefix));

/** @param {browsers.Page} page @param {string} prefix @param {string[]} wanted */
async function stands(page, prefix, wanted) {
  const same = async () => `${await namesWith(page, prefix)}` === `${wanted}`;
  await until(same, 5000).catch(async () =>
    assert.deepEqual(await namesWith(page, prefix), wanted),
  );
}

/** As if the tab were put behind another one. @param {browsers.Page} page */
const hide = (page) =>
  page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });

describe('the list of rooms', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = browsers.setUp();

  /** @param {string[]} rooms */
  async function publishTo(rooms) {
    for (const room of rooms) await on.publish(room, 'old');
    for (const room of rooms) await storedCount(on.stack, room, 1);
  }

  /** @param {string} room @param {string} text */
  async function setTopic(room, text) {
    const file = join(on.stack.dataDir, 'etc/logger.password');
    const [password] = readFileSync(file, 'utf8').split('\n');
    const logger = await on.stack.client({ username: 'logger', password });
    await logger.publishAsync(`chat/${room}/topic`, text, { qos: 1, retain: true });
    await logger.endAsync();
  }

  test('unread rooms stand first, and nothing moves under the pointer', async () => {
    await publishTo(['ord-a', 'ord-b', 'ord-c']);
    const page = await enter(on.stack, on.context, 'ordinary');
    await stands(page, 'ord-', ['ord-a', 'ord-b', 'ord-c']);
    await on.publish('ord-c', 'new');
    await stands(page, 'ord-', ['ord-c', 'ord-a', 'ord-b']);
    await linkTo(page, 'ord-a').hover();
    await on.publish('ord-b', 'new');
    await on.publish('ord-0', 'new');
    await linkTo(page, 'ord-b').locator('.badge', { hasText: '1' }).waitFor();
    await linkTo(page, 'ord-0').waitFor();
    assert.deepEqual(await namesWith(page, 'ord-'), ['ord-c', 'ord-a', 'ord-b', 'ord-0']);
    await page.mouse.move(600, 300);
    await stands(page, 'ord-', ['ord-0', 'ord-b', 'ord-c', 'ord-a']);
    await page.keyboard.press('Alt+ArrowDown');
    const [first] = await names(page);
    assert.ok(first.startsWith('ord-'), first);
  });

  test('the field finds rooms, on the server as well, and says what Enter and + do', async () => {
    await publishTo(['find-me', 'refind']);
    const page = await enter(on.stack, on.context, 'finding');
    await linkTo(page, 'find-me').waitFor();
    insert(on.stack, 'unfindable', [['Ann', 'nobody told this page']]);
    await publishTo(['other']); // the logger counts what others insert
    await page.fill('#room-name', 'Find');
    await linkTo(page, 'unfindable').waitFor();
    assert.deepEqual(await names(page), ['find-me', 'finding', 'refind', 'unfindable']);
    const hint = page.locator('#room-hint');
    assert.equal(await hint.textContent(), 'Enter opens #find-me. + makes #find.');
    await page.fill('#room-name', 'find-nothing');
    await until(async () => (await hint.textContent()) === 'Enter makes #find-nothing.');
    assert.deepEqual(await names(page), []);
    await page.fill('#room-name', 'find');
    await page.press('#room-name', 'Enter');
    await until(async () => (await page.locator('#room').textContent()) === 'find-me');
    assert.equal(await page.inputValue('#room-name'), '');
    await page.fill('#room-name', 'find');
    await page.click('#make-room');
    await until(async () => (await page.locator('#room').textContent()) === 'find');
    await page.fill('#room-name', 'x');
    await page.press('#room-name', 'Escape');
    await linkTo(page, 'refind').waitFor();
  });

  test('a muted room counts and says nothing, and is seen to be muted, after a reload too', async () => {
    const page = await enter(on.stack, on.context, 'loud');
    await say(page, 'here');
    await reaches(page, 'here', 'stored');
    await page.getByRole('button', { name: 'Mute #loud' }).click();
    await page.goto(`${on.stack.url}#calm`);
    await on.publish('loud', 'LOUD');
    await on.publish('calm-2', 'calm');
    await linkTo(page, 'calm-2').locator('.badge', { hasText: '1' }).waitFor();
    const loud = linkTo(page, 'loud');
    assert.equal(await loud.locator('.badge').textContent(), '');
    assert.equal(await loud.getAttribute('aria-label'), 'loud, muted');
    await hide(page);
    await on.publish('loud', 'LOUDER');
    await on.publish('calm-2', 'calm');
    await until(async () => /^\(1\)/.test(await page.title()));
    await page.waitForTimeout(300);
    assert.match(await page.title(), /^\(1\)/);
    await page.reload();
    await waitForPhase(page, 'online');
    await loud.waitFor();
    assert.equal(await loud.getAttribute('aria-label'), 'loud, muted');
    await loud.click();
    await shows(page, ['here', 'LOUD', 'LOUDER']);
    await page.getByRole('button', { name: 'Mute #loud', pressed: true }).click();
    await page.getByRole('button', { name: 'Mute #loud', pressed: false }).waitFor();
  });

  test('all rooms are marked as read with one click, which says so, for a reload too', async () => {
    const rooms = ['all-a', 'all-b'];
    await publishTo(rooms);
    const page = await enter(on.stack, on.context, 'reading');
    const counted = async () => {
      for (const name of rooms)
        await linkTo(page, name).locator('.badge', { hasText: '1' }).waitFor();
    };
    for (const name of rooms) await linkTo(page, name).waitFor();
    for (const name of rooms) await on.publish(name, 'new');
    await counted();
    await page.reload(); // what was seen of them is known from before
    await counted();
    await page.click('#all-read');
    await until(async () => (await page.locator('.room-link.unread').count()) === 0);
    assert.match(String(await page.locator('#room-hint').textContent()), /marked as read/);
    await page.reload();
    await waitForPhase(page, 'online');
    await linkTo(page, 'all-a').waitFor();
    await page.waitForTimeout(500);
    assert.equal(await page.locator('.room-link.unread').count(), 0);
  });

  test('what a room is about stands under its name, one line, and whole when it is clicked', async () => {
    const about = `What is done here, ${'and then some more of it, '.repeat(7)}`.trim();
    await setTopic('topical', about);
    await on.publish('topical', 'x');
    const page = await enter(on.stack, on.context, 'topical');
    const topic = page.locator('#topic');
    await topic.getByText(about, { exact: true }).waitFor();
    assert.equal(await topic.getAttribute('title'), about);
    assert.ok(await topic.evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth));
    await topic.click();
    assert.ok(await page.isVisible('#topic-whole'));
    assert.equal(await page.locator('#topic-whole').textContent(), about);
    await page.keyboard.press('Escape');
    await page.goto(`${on.stack.url}#no-topic`);
    await topic.waitFor({ state: 'hidden' });
    await page.goto(`${on.stack.url}#topical`);
    await topic.waitFor();
    await setTopic('topical', '<b>{"text":"later"}');
    await topic.getByText('<b>{"text":"later"}', { exact: true }).waitFor();
    await setTopic('topical', '');
    await topic.waitFor({ state: 'hidden' });
  });

  test('on a phone a match closes the search, and there are no shortcuts', async () => {
    insert(on.stack, 'phone', [['Ann', 'a needle']]);
    await on.publish('phone', 'and hay');
    await storedCount(on.stack, 'phone', 2);
    const phone = await on.browser.context({
      ...{ viewport: { width: 390, height: 740 }, hasTouch: true, isMobile: true },
    });
    const page = await enter(on.stack, phone, 'phone');
    await tap(page.locator('#open-search'));
    await page.getByRole('searchbox').fill('needle');
    await page.keyboard.press('Enter');
    await tap(page.locator('.match').first());
    await page.locator('#search').waitFor({ state: 'hidden' });
    await page.locator('.row.target').waitFor();
    await tap(page.locator('#menu'));
    await page.locator('#open-settings').waitFor();
    // Firefox is driven with a mouse, and those who have one have keys.
    assert.equal(await page.isVisible('#open-shortcuts'), !browsers.inChromium);
    await phone.close();
    const desk = await enter(on.stack, on.context, 'phone');
    assert.ok(await desk.isVisible('#open-shortcuts'));
  });

  test('on a phone 300 rooms scroll in the drawer, between the field and the settings', async () => {
    for (let i = 0; i < 300; i++) await on.publish(`drawer-${i}`, 'x');
    await storedCount(on.stack, 'drawer-299', 1);
    const phone = await on.browser.context({
      ...{ viewport: { width: 390, height: 740 }, hasTouch: true, isMobile: true },
    });
    const page = await enter(on.stack, phone, 'phone');
    await tap(page.locator('#menu'));
    await until(async () => (await namesWith(page, 'drawer-')).length >= 190);
    const list = page.locator('#rooms');
    const heights = await list.evaluate(({ scrollHeight, clientHeight }) => [
      scrollHeight,
      clientHeight,
    ]);
    assert.ok(heights[1] > 200 && heights[0] > 3 * heights[1], `${heights}`);
    for (const part of ['#room-name', '#open-settings']) {
      const box = await page.locator(part).boundingBox();
      assert.ok(box && box.y >= 0 && box.y + box.height <= 740, `${part} is out of sight`);
    }
    const last = String((await namesWith(page, 'drawer-')).at(-1));
    await tap(linkTo(page, last));
    await until(async () => (await page.locator('#room').textContent()) === last);
    await page.locator('#side').waitFor({ state: 'hidden' });
    await phone.close();
  });

  test('thousands of rooms that a stranger makes leave some hundreds in the page, and the own one', async () => {
    await on.publish('mine', 'hello');
    const page = await enter(on.stack, on.context, 'mine');
    await reaches(page, 'hello', 'stored');
    await page.goto(`${on.stack.url}#elsewhere`);
    const stranger = await on.stack.client();
    await Promise.all(
      Array.from({ length: MANY }, (_, i) =>
        stranger.publishAsync(`chat/flood-${i}`, 'x', { qos: 1 }),
      ),
    );
    await linkTo(page, `flood-${MANY - 1}`).waitFor({ state: 'attached', timeout: 60_000 });
    const sizes = () =>
      page.evaluate(() => ({
        items: document.querySelectorAll('#rooms li').length,
        elements: document.querySelectorAll('*').length,
        stored: Object.keys(localStorage).length,
      }));
    for (const again of [false, true]) {
      if (again) await page.reload();
      await waitForPhase(page, 'online');
      await until(async () => (await names(page)).length >= 200);
      await linkTo(page, 'mine').waitFor({ state: 'attached' });
      const { items, elements, stored } = await sizes();
      assert.ok(items <= KNOWN_MAX, `${items} rooms are listed`);
      assert.ok(elements <= 2500, `${elements} elements`);
      assert.ok(stored <= KNOWN_MAX + 20, `${stored} keys`);
    }
    await page.fill('#room-name', 'flood-77');
    await linkTo(page, 'flood-77').waitFor();
    await page.fill('#room-name', '');
    await on.publish('mine', 'for you');
    await linkTo(page, 'mine').locator('.badge', { hasText: '1' }).waitFor();
  });
});
