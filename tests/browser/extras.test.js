// The page beside the messages themselves: rich text, settings, languages, who is here, attention,
// search, shortcuts.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startStack, until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, enter, waitForPhase, reaches, say } = browsers;

/** @typedef {browsers.Page} Page */

/** As if the tab were put behind another one, or back. @param {Page} page @param {boolean} hidden */
async function hide(page, hidden) {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** @param {Page} page @param {string[]} names */
async function peopleAre(page, names) {
  const shown = () => page.locator('#people bdi').allTextContents();
  await until(async () => JSON.stringify(await shown()) === JSON.stringify(names)).catch(async () =>
    assert.deepEqual(await shown(), names),
  );
}

/** Of Firefox playwright does not tell what its WebSockets send. */
const testInChromium = browsers.inChromium ? test : () => {};

describe('the extras', { skip: browsers.skip, timeout: 480_000 }, () => {
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
  });
  after(async () => {
    await browser?.close();
    await stack?.close();
  });
  afterEach(() => assert.deepEqual(browser.complaints(), []));

  test('markdown is shown as elements, and only http(s) becomes a link, which says nothing of us', async () => {
    const page = await enter(stack, context, 'rich');
    await (await device(stack))(
      'rich',
      '**bold** *it* `code` https://chat.example/x?a=1. javascript:alert(1)\n```js\n<b>x</b>\n```\n> said',
    );
    const text = page.locator('.row .text');
    await text.locator('strong').waitFor();
    assert.equal(await text.locator('strong').textContent(), 'bold');
    assert.equal(await text.locator('em').textContent(), 'it');
    assert.deepEqual(await text.locator('code').allTextContents(), ['code', '<b>x</b>']);
    assert.equal(await text.locator('blockquote').textContent(), 'said');
    assert.equal(await text.locator('a').count(), 1);
    const link = text.locator('a');
    assert.equal(await link.getAttribute('href'), 'https://chat.example/x?a=1');
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow');
    assert.equal(await link.getAttribute('target'), '_blank');
    await page.close();
  });

  test('a mention is highlighted for the one who is mentioned', async () => {
    const aino = await enter(stack, context, 'mention', { nickname: 'Aino' });
    const other = await browser.context();
    const bo = await enter(stack, other, 'mention', { nickname: 'Bo' });
    await say(bo, 'hello @Aino and Ainola');
    await reaches(aino, 'hello @Aino and Ainola', 'stored');
    assert.deepEqual(await aino.locator('mark.mention').allTextContents(), ['@Aino']);
    assert.equal(await bo.locator('mark.mention').count(), 0);
    await other.close();
    await aino.close();
  });

  test('a hidden page counts in its title and its icon what others write', async () => {
    const page = await enter(stack, context, 'count');
    const icon = () => page.locator('link[rel=icon]').getAttribute('href');
    const publish = await device(stack);
    const title = await page.title();
    await publish('count', 'seen');
    await reaches(page, 'seen', 'stored');
    assert.equal(await page.title(), title);
    await hide(page, true);
    await publish('count', 'one');
    await publish('count', 'two');
    await page.waitForFunction((want) => document.title === want, `(2) ${title}`);
    await page.waitForFunction(() =>
      document.querySelector('link[rel=icon]')?.getAttribute('href')?.startsWith('data:image/png'),
    );
    await hide(page, false);
    await page.waitForFunction((want) => document.title === want, title);
    await until(async () => (await icon())?.endsWith('icon.svg'));
    await page.close();
  });

  test('settings take effect at once, survive a reload, and close on Escape', async () => {
    const own = await browser.context({ colorScheme: 'light' });
    const page = await enter(stack, own, 'set');
    await (await device(stack))('set', 'x');
    await reaches(page, 'x', 'stored');
    const look = () =>
      page.evaluate(() => ({
        background: getComputedStyle(document.documentElement).backgroundColor,
        size: getComputedStyle(document.documentElement).fontSize,
        hour: document.querySelector('.row time')?.textContent,
        gap: getComputedStyle(/** @type {Element} */ (document.querySelector('.row'))).paddingTop,
      }));
    const before = await look();
    await page.click('#open-settings');
    const dialog = page.getByRole('dialog', { name: 'Settings' });
    await dialog.getByLabel('Dark').check();
    await dialog.getByLabel('Large').check();
    await dialog.getByLabel('Compact').check();
    await dialog.getByLabel('12 hours').check();
    const set = await look();
    assert.notEqual(set.background, before.background);
    assert.equal(set.size, '19px');
    assert.ok(Number.parseFloat(set.gap) < Number.parseFloat(before.gap));
    assert.match(String(set.hour), /[ap]m/i);
    assert.doesNotMatch(String(before.hour), /[ap]m/i);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'open-settings');
    await page.reload();
    await reaches(page, 'x', 'stored');
    assert.deepEqual(await look(), set);
    await own.close();
  });

  test('new messages are read out as they come, unless that is switched off', async () => {
    const own = await browser.context();
    const publish = await device(stack);
    await publish('aloud', 'old');
    const page = await enter(stack, own, 'aloud');
    await reaches(page, 'old', 'stored');
    assert.equal(await page.locator('#log').getAttribute('aria-live'), 'off');
    const region = page.locator('#announcer[aria-live=polite]');
    assert.equal(await region.textContent(), '');
    await publish('aloud', 'new');
    await reaches(page, 'new', 'stored');
    assert.equal(await region.textContent(), 'mqtt: new');
    await page.click('#open-settings');
    await page.getByLabel('Read new messages out').uncheck();
    await page.keyboard.press('Escape');
    await publish('aloud', 'silent');
    await reaches(page, 'silent', 'stored');
    assert.doesNotMatch(String(await region.textContent()), /silent/);
    await own.close();
  });

  test('a Finnish browser gets Finnish, also in dates', async () => {
    const own = await browser.context({ locale: 'fi-FI' });
    await (await device(stack))('suomi', 'terve');
    const page = await enter(stack, own, 'suomi');
    await reaches(page, 'terve', 'stored');
    assert.equal(await page.locator('html').getAttribute('lang'), 'fi');
    assert.equal(await page.locator('#status').textContent(), 'Yhteydessä');
    assert.ok(await page.getByRole('button', { name: 'Lähetä' }).isVisible());
    assert.equal(await page.locator('#log').getAttribute('aria-label'), 'Viestit');
    assert.match(String(await page.locator('.row time').textContent()), /^\d+\.\d\d$/);
    await own.close();
  });

  test('who is here is shown, and goes when the page does, however it does', async () => {
    const aino = await enter(stack, context, 'who', { nickname: 'Aino' });
    const other = await browser.context();
    const bo = await enter(stack, other, 'who', { nickname: 'Bo' });
    await peopleAre(aino, ['Aino', 'Bo']);
    await peopleAre(bo, ['Aino', 'Bo']);
    await bo.reload();
    await waitForPhase(bo, 'online');
    await peopleAre(aino, ['Aino', 'Bo']);
    await other.close();
    await peopleAre(aino, ['Aino']);
    const late = await enter(stack, context, 'who', { nickname: 'Aino' });
    await peopleAre(late, ['Aino']);
    await late.close();
    await aino.close();
  });

  testInChromium(
    'what everybody can see of a page does not let them end its connection',
    async () => {
      const stranger = await stack.client();
      /** @type {string[]} */
      const seen = [];
      stranger.on('message', (topic, payload) => seen.push(`${topic} ${payload}`));
      await stranger.subscribeAsync(['#', '$SYS/#'], { qos: 1 });
      const page = await context.newPage();
      /** @type {string[]} of each connection that the page has made */
      const clientIds = [];
      page.on('websocket', (socket) =>
        socket.on('framesent', ({ payload }) => {
          const id = /MQTT.*?(page-[0-9a-f]{24})/s.exec(Buffer.from(payload).toString('latin1'));
          if (id) clientIds.push(id[1]);
        }),
      );
      await page.addInitScript(() => localStorage.setItem('chat.nickname', 'Aino'));
      await page.goto(`${stack.url}#taken`);
      await waitForPhase(page, 'online');
      await say(page, 'hello');
      await reaches(page, 'hello', 'stored');
      const ids = () => seen.flatMap((what) => /presence\/(\S+) \{/.exec(what)?.[1] ?? []);
      await until(() => ids().length > 0 && seen.some((what) => /typing .*Aino/.test(what)));
      assert.equal(clientIds.length, 1);
      assert.deepEqual(
        seen.filter((what) => what.includes(clientIds[0])),
        [],
      );
      for (const clientId of ids()) await stack.client({ clientId });
      await say(page, 'still here');
      await reaches(page, 'still here', 'stored');
      assert.equal(clientIds.length, 1, 'and the page did not have to connect again');
      await page.close();
    },
  );

  test('who types is shown until the message comes', async () => {
    const aino = await enter(stack, context, 'type', { nickname: 'Aino' });
    const other = await browser.context();
    const bo = await enter(stack, other, 'type', { nickname: 'Bo' });
    await bo.locator('#text').pressSequentially('hel');
    await aino.getByText(/Bo.* is typing/).waitFor();
    assert.equal(await bo.locator('#typing').textContent(), '');
    await bo.press('#text', 'Enter');
    await until(async () => (await aino.locator('#typing').textContent()) === '');
    await other.close();
    await aino.close();
  });

  test('shortcuts work outside of the field, not in it, and ? lists them', async () => {
    const page = await enter(stack, context, 'keys');
    await page.locator('#text').pressSequentially('?/w');
    assert.equal(await page.inputValue('#text'), '?/w');
    assert.equal(await page.locator('dialog[open]').count(), 0);
    await page.locator('#log').focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('/');
    assert.ok(await page.locator('#search').isHidden(), 'nothing else opens below a dialog');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.getByRole('searchbox').waitFor();
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('#search').isHidden());
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'log');
    await page.keyboard.press('w');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'text');
    await page.close();
  });
});
