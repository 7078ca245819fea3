// Who one is, in the page: guests and the site's users, at the real guard with real tokens.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { bansFile, hasGuard, startIdentity } from '../lib/identity.js';
import { startStack, until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { enter, insert, reaches, rowOf, say, shows, storedCount, waitForPhase } = browsers;

/** @typedef {browsers.Page} Page */

const skip = browsers.skip || (hasGuard ? false : 'the guard was not built');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** @param {Page} page @param {string} where */
async function assertAccessible(page, where) {
  for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
    assert.deepEqual(found, [], `${where}, ${colorScheme}`);
  }
}

/**
 * What the page asks of the server, from now on: "token" for a token, "socket" for the broker.
 * @param {Page} page
 */
function asked(page) {
  /** @type {string[]} */
  const list = [];
  page.on('request', (request) => {
    if (/\/api\/token$/.test(request.url())) list.push('token');
  });
  page.on('websocket', () => list.push('socket'));
  return list;
}

/** @param {Page} page @param {string} text */
const markOf = (page, text) => rowOf(page, text).locator('.name .who');

/** Until the notice of the connection says it. @param {Page} page @param {RegExp} text */
async function notices(page, text) {
  await page.locator('#connection-notice', { hasText: text }).waitFor({ timeout: 15_000 });
}

/**
 * @param {'guest' | 'site'} identity
 */
function setUp(identity) {
  const on = /** @type {{stack: import('../lib/stack.js').Stack, browser: browsers.Browser,
    context: browsers.Context}} */ ({});
  before(async () => {
    on.stack = await startIdentity(identity);
    on.browser = await browsers.Browser.open();
  });
  after(async () => {
    await on.browser?.close();
    await on.stack?.close();
  });
  beforeEach(async () => {
    // axe is put into the page as a script, which the page's policy forbids.
    on.context = await on.browser.context({ bypassCSP: true });
  });
  afterEach(async () => {
    await on.context.close();
    assert.deepEqual(on.browser.complaints(), []);
  });
  return on;
}

/** Of Firefox playwright does not tell of its WebSockets. */
const testInChromium = browsers.inChromium ? test : () => {};

describe('guests', { skip, timeout: 480_000 }, () => {
  const on = setUp('guest');

  /** @param {string} list of bans @param {string} name */
  function ban(list, name = 'spam') {
    writeFileSync(bansFile(on.stack.dataDir), list && `ban\t127.0.0.1\t${list}\t${name}\n`);
  }

  testInChromium(
    'a refused page comes back with a token, and the next visit asks for it first',
    async () => {
      const page = await on.context.newPage();
      const requests = asked(page);
      await page.addInitScript(() => localStorage.setItem('chat.nickname', 'Aino'));
      await page.goto(`${on.stack.url}#first`);
      await waitForPhase(page, 'online');
      assert.deepEqual(requests, ['socket', 'token', 'socket']);
      await say(page, 'hello');
      await reaches(page, 'hello', 'stored');
      const [message] = await on.stack.wholeHistory('first');
      assert.match(String(message.clientId), /^~/);
      assert.equal(message.nickname, 'Aino');
      requests.splice(0);
      await page.reload();
      await waitForPhase(page, 'online');
      assert.deepEqual(requests, ['token', 'socket']);
      await say(page, 'again');
      await reaches(page, 'again', 'stored');
      for (const text of ['hello', 'again']) {
        await page
          .locator('.row.own .state', { hasText: '✓' })
          .nth(text === 'hello' ? 0 : 1)
          .waitFor();
        assert.ok(await rowOf(page, text).evaluate((row) => row.classList.contains('own')), text);
      }
      assert.equal(await markOf(page, 'hello').getAttribute('aria-label'), 'guest');
      const person = page.locator('#people li', { hasText: 'Aino' });
      await person.locator('.who.guest').waitFor();
      assert.equal(await page.locator('#people li').count(), 1);
      await assertAccessible(page, 'a room of guests');
    },
  );

  test('who has no nickname yet reads what comes; one that is chosen is in the token', async () => {
    const page = await on.context.newPage();
    await page.goto(`${on.stack.url}#names`);
    await waitForPhase(page, 'online');
    const other = await enter(on.stack, on.context, 'names', { nickname: 'Bo' });
    await say(other, 'from Bo');
    await shows(page, ['from Bo']);
    await page.evaluate(() => localStorage.removeItem('chat.nickname')); // the other's
    await page.locator('#name').fill('Aino');
    await page.press('#name', 'Enter');
    await say(page, 'from Aino');
    await reaches(page, 'from Aino', 'stored');
    await say(page, '/nick Aura');
    await say(page, 'from Aura');
    await reaches(page, 'from Aura', 'stored');
    const names = (await on.stack.wholeHistory('names')).map(({ nickname }) => nickname);
    assert.deepEqual(names, ['Bo', 'Aino', 'Aura']);
    for (const text of ['from Aino', 'from Aura']) {
      await page.locator('.row.own', { hasText: text }).waitFor();
    }
    await other.locator('#people li', { hasText: 'Aura' }).waitFor();
    await other.locator('#people li', { hasText: 'Aino' }).waitFor({ state: 'detached' });
  });

  test('what was written without a connection is sent once, as who one is then', async () => {
    const page = await enter(on.stack, on.context, 'away');
    await say(page, 'before');
    await reaches(page, 'before', 'stored');
    await on.stack.stop('broker');
    await waitForPhase(page, 'offline');
    await say(page, 'meanwhile');
    await page.fill('#text', 'a draft');
    await on.stack.start('broker');
    await reaches(page, 'meanwhile', 'stored', 40_000);
    await shows(page, ['before', 'meanwhile']);
    const [before, meanwhile] = await on.stack.wholeHistory('away');
    assert.notEqual(before.clientId, meanwhile.clientId);
    assert.equal(await page.locator('.row.own').count(), 2);
    assert.equal(await page.inputValue('#text'), 'a draft');
  });

  test('what was sent before a reconnection keeps its id, and is stored once', async () => {
    const page = await enter(on.stack, on.context, 'twice');
    await on.stack.kill('logger');
    await say(page, 'patience');
    await reaches(page, 'patience', 'sending');
    await page.waitForTimeout(500);
    await on.stack.stop('broker');
    await waitForPhase(page, 'offline');
    await on.stack.start('broker');
    await reaches(page, 'patience', 'failed', 40_000);
    await on.stack.start('logger');
    await reaches(page, 'patience', 'stored', 40_000);
    await shows(page, ['patience']);
    assert.equal((await on.stack.wholeHistory('twice')).length, 1);
  });

  test('who is too fast is told so, and all of it is stored in the end', async () => {
    const page = await enter(on.stack, on.context, 'fast');
    const texts = Array.from({ length: 90 }, (_, i) => `line ${i}`);
    await page.evaluate((all) => {
      const field = /** @type {HTMLTextAreaElement} */ (document.getElementById('text'));
      for (const text of all) {
        field.value = text;
        const init = { key: 'Enter', bubbles: true, cancelable: true };
        field.dispatchEvent(new KeyboardEvent('keydown', init));
      }
    }, texts);
    const waiting = page.locator('.state', { hasText: 'too fast' }).first();
    await waiting.waitFor();
    await assertAccessible(page, 'too fast');
    await storedCount(on.stack, 'fast', 90);
    await page.locator('.row:not([data-state=stored])').first().waitFor({ state: 'detached' });
    const stored = (await on.stack.wholeHistory('fast')).map(({ text }) => text).sort();
    assert.deepEqual(stored, [...texts].sort());
  });

  test('who is banned reads until when and why, and comes back when he is not any more', async () => {
    const page = await enter(on.stack, on.context, 'ban');
    ban('0');
    try {
      await page.reload();
      await notices(page, /banned for good: .spam/);
      await assertAccessible(page, 'banned');
      ban(`${Math.floor(Date.now() / 1000) + 3600}`, '');
      await page.click('#connection-now');
      await notices(page, /banned until .*\d/);
    } finally {
      ban('');
    }
    await page.click('#connection-now');
    await waitForPhase(page, 'online');
  });

  test('too many at once wait, and try again by themselves', async () => {
    const post = () =>
      fetch(`${on.stack.root}/api/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{"nickname":"Bo"}',
      });
    await until(async () => (await post()).status === 429);
    let draining = true;
    const drained = (async () => {
      while (draining) await post();
    })();
    const page = await enter(on.stack, on.context, 'many', { connected: false });
    await notices(page, /Too many pages/);
    draining = false;
    await drained;
    await waitForPhase(page, 'online', 30_000);
  });

  test('without token.fcgi it is offline as ever, and connects when that is back', async () => {
    const page = await enter(on.stack, on.context, 'down', { connected: false });
    await waitForPhase(page, 'online', 30_000);
    await on.stack.stop('token');
    try {
      await page.reload();
      await notices(page, /Offline\./);
    } finally {
      await on.stack.start('token');
    }
    await waitForPhase(page, 'online', 40_000);
  });
});

describe('users of the site', { skip, timeout: 240_000 }, () => {
  const on = setUp('site');

  /** @param {string} user */
  const signIn = (user) =>
    on.context.addCookies([{ name: 'user', value: user, url: on.stack.origin }]);

  test('who has not signed in is sent there, and is not asked for a nickname', async () => {
    const page = await on.context.newPage();
    await page.goto(`${on.stack.url}#site`);
    await notices(page, /own sign-in/);
    await page.locator('#name-form').waitFor({ state: 'hidden' });
    await page.locator('#text-form').waitFor({ state: 'hidden' });
    await assertAccessible(page, 'not signed in');
    await signIn('ann');
    await Promise.all([
      page.waitForEvent('load'),
      page.getByRole('button', { name: 'Reload' }).click(),
    ]);
    await waitForPhase(page, 'online');
    await say(page, 'as ann');
    await reaches(page, 'as ann', 'stored');
    const [message] = await on.stack.wholeHistory('site');
    assert.deepEqual([message.clientId, message.nickname], ['@ann', 'ann']);
  });

  test('the site says the name: it is marked, and cannot be changed', async () => {
    await signIn('ann');
    insert(on.stack, 'named', [['ann', 'a claim']]);
    const page = await enter(on.stack, on.context, 'named', { nickname: 'Somebody' });
    await say(page, 'really');
    await reaches(page, 'really', 'stored');
    assert.equal(await markOf(page, 'really').getAttribute('aria-label'), 'signed in on this site');
    assert.equal(await markOf(page, 'a claim').count(), 0);
    await page.locator('#people li', { hasText: 'ann' }).locator('.who.verified').waitFor();
    assert.ok(await page.locator('#me').isDisabled());
    await say(page, '/nick Bo');
    await page.locator('#text-error', { hasText: 'cannot be changed' }).waitFor();
    await page.fill('#text', '');
    await assertAccessible(page, 'a room of the site');
    await signIn('bob');
    const other = await enter(on.stack, on.context, 'named');
    await say(other, 'as bob');
    await reaches(page, 'as bob', 'stored');
    await other.locator('#people li').nth(1).waitFor();
    assert.deepEqual((await other.locator('#people bdi').allTextContents()).sort(), ['ann', 'bob']);
    assert.ok(!(await rowOf(other, 'really').evaluate((row) => row.classList.contains('own'))));
  });

  test('before the connection ends there is another one, and nothing is lost by it', async () => {
    await signIn('ann');
    const page = await on.context.newPage();
    await page.clock.install();
    const requests = asked(page);
    await page.goto(`${on.stack.url}#renewed`);
    await waitForPhase(page, 'online');
    await say(page, 'before');
    await reaches(page, 'before', 'stored');
    await page.fill('#text', 'a draft');
    const before = requests.filter((name) => name === 'token').length;
    for (let minute = 0; minute < 56; minute++) {
      await page.clock.fastForward(60_000);
      await page.waitForTimeout(30);
    }
    await until(() => requests.filter((name) => name === 'token').length > before);
    await waitForPhase(page, 'online');
    assert.equal(await page.inputValue('#text'), 'a draft');
    await say(page, 'after');
    await reaches(page, 'after', 'stored');
    await shows(page, ['before', 'after']);
  });
});

describe('an open chat', { skip: browsers.skip, timeout: 120_000 }, () => {
  testInChromium(
    'nobody is asked who he is, and a site that no longer asks is believed',
    async () => {
      const stack = await startStack();
      const browser = await browsers.Browser.open();
      try {
        const context = await browser.context();
        const page = await context.newPage();
        const requests = asked(page);
        await page.addInitScript(() => localStorage.setItem('chat.nickname', 'Aino'));
        await page.goto(`${stack.url}#open`);
        await waitForPhase(page, 'online');
        assert.deepEqual(requests, ['socket']);
        await page.evaluate(() => localStorage.setItem('chat.tokens', 'site'));
        requests.splice(0);
        await page.reload();
        await waitForPhase(page, 'online');
        assert.deepEqual(requests, ['token', 'socket']);
        await say(page, 'mine');
        await reaches(page, 'mine', 'stored');
        assert.equal(await page.locator('.who').count(), 0);
        assert.ok(await page.locator('#me').isEnabled());
        requests.splice(0);
        await page.reload();
        await waitForPhase(page, 'online');
        assert.deepEqual(requests, ['socket']);
        await page.locator('.row.own', { hasText: 'mine' }).waitFor();
        assert.deepEqual(browser.complaints(), []);
      } finally {
        await browser.close();
        await stack.close();
      }
    },
  );
});
