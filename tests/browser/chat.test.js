// The page when everything works: writing, reading, names, times.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startStack, until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, enter, waitForPhase, reaches, rowOf, say, shows, storedCount } = browsers;

/**
 * As the browser writes it: node's words may be of another year.
 * @param {browsers.Page} page
 * @param {string} ts
 * @param {Intl.DateTimeFormatOptions} options
 */
function format(page, ts, options) {
  return page.evaluate(
    ([time, how]) => new Intl.DateTimeFormat('en-GB', how).format(new Date(time)),
    /** @type {const} */ ([ts, options]),
  );
}

/** Compositions are played to Chromium's own tools. */
const testInChromium = browsers.inChromium ? test : () => {};

describe('the page', { skip: browsers.skip, timeout: 300_000 }, () => {
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

  test('a message is in the other browser, with the local time of each', async () => {
    const tokyo = await browser.context({ timezoneId: 'Asia/Tokyo' });
    const york = await browser.context({ timezoneId: 'America/New_York' });
    const sender = await enter(stack, tokyo, 'messages', { nickname: 'Aiko' });
    const reader = await enter(stack, york, 'messages', { nickname: 'Bob' });
    await say(sender, 'Good morning');
    await reaches(sender, 'Good morning', 'stored');
    await reaches(reader, 'Good morning', 'stored');
    assert.equal(await rowOf(reader, 'Good morning').locator('.name').textContent(), 'Aiko');
    const [{ ts }] = await stack.history();
    for (const [page, timeZone] of /** @type {const} */ ([
      [sender, 'Asia/Tokyo'],
      [reader, 'America/New_York'],
    ])) {
      const time = rowOf(page, 'Good morning').locator('time');
      assert.equal(await time.getAttribute('datetime'), ts);
      assert.equal(
        await time.textContent(),
        await format(page, ts, { timeZone, timeStyle: 'short' }),
      );
    }
    await tokyo.close();
    await york.close();
  });

  test('the full date is shown on hover, in the time zone of the reader', async () => {
    const tokyo = await browser.context({ timezoneId: 'Asia/Tokyo' });
    await (await device(stack))('hover', 'x');
    const page = await enter(stack, tokyo, 'hover');
    await reaches(page, 'x', 'stored');
    const [{ ts }] = await stack.history('room=hover');
    await page.locator('.row .when').hover();
    assert.equal(
      await page.locator('.row time').getAttribute('title'),
      await format(page, ts, { dateStyle: 'full', timeStyle: 'long', timeZone: 'Asia/Tokyo' }),
    );
    await tokyo.close();
  });

  test('a reload shows the same messages, oldest first', async () => {
    const page = await enter(stack, context, 'again');
    const wanted = Array.from({ length: 13 }, (_, i) => `number ${i + 1}`);
    for (const text of wanted) await say(page, text);
    await storedCount(stack, 'again', 13);
    await page.reload();
    await waitForPhase(page, 'online');
    await shows(page, wanted);
  });

  test('the history is painted before MQTT.js is loaded and the socket opens', async () => {
    const publish = await device(stack);
    for (let i = 0; i < 3; i++) await publish('painted', `row ${i}`);
    await storedCount(stack, 'painted', 3);
    const page = await context.newPage();
    await page.addInitScript(() => {
      window.WebSocket = class extends WebSocket {
        /** @param {string | URL} url @param {string | string[]} [protocols] */
        constructor(url, protocols) {
          super(url, protocols);
          const rows = document.querySelectorAll('.row').length;
          document.documentElement.dataset.rowsAtSocket = String(rows);
          document.documentElement.dataset.socketAt = String(performance.now());
        }
      };
    });
    await page.goto(`${stack.url}#painted`);
    await waitForPhase(page, 'online');
    const seen = await page.evaluate(() => ({
      rows: document.documentElement.dataset.rowsAtSocket,
      socketAt: Number(document.documentElement.dataset.socketAt),
      paintAt: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
      historyAt: performance
        .getEntriesByType('resource')
        .find(({ name }) => name.includes('/api/messages'))?.startTime,
      mqttAt: performance.getEntriesByType('resource').find(({ name }) => name.includes('mqtt.js'))
        ?.startTime,
    }));
    assert.equal(seen.rows, '3');
    assert.ok(seen.historyAt && seen.mqttAt && seen.paintAt);
    assert.ok(seen.historyAt < seen.mqttAt, JSON.stringify(seen));
    assert.ok(seen.paintAt < seen.mqttAt, JSON.stringify(seen));
    assert.ok(seen.mqttAt < seen.socketAt, JSON.stringify(seen));
  });

  test('Enter sends; Shift+Enter begins a new line', async () => {
    const page = await enter(stack, context, 'enter');
    await page.fill('#text', 'one');
    await page.press('#text', 'Shift+Enter');
    await page.locator('#text').pressSequentially('two');
    assert.equal(await page.inputValue('#text'), 'one\ntwo');
    assert.equal(await page.locator('.row').count(), 0);
    await page.press('#text', 'Enter');
    assert.equal(await page.inputValue('#text'), '');
    await shows(page, ['one\ntwo']);
    await reaches(page, 'one\ntwo', 'stored');
  });

  test('the button sends, and leaves the focus where one writes', async () => {
    const page = await enter(stack, context, 'button');
    await page.fill('#text', 'clicked');
    await page.getByRole('button', { name: 'Send' }).click();
    await reaches(page, 'clicked', 'stored');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'text');
  });

  testInChromium('Enter that ends a composition of an input method does not send', async () => {
    const page = await enter(stack, context, 'ime');
    await page.focus('#text');
    const devtools = await context.newCDPSession(page);
    await devtools.send('Input.imeSetComposition', {
      text: 'にほん',
      selectionStart: 3,
      selectionEnd: 3,
    });
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('.row').count(), 0);
    await devtools.send('Input.insertText', { text: '日本' });
    for (const how of [{ isComposing: true }, { keyCode: 229 }]) {
      await page.evaluate((init) => {
        const event = new KeyboardEvent('keydown', { key: 'Enter', cancelable: true, ...init });
        document.getElementById('text')?.dispatchEvent(event);
        if (event.defaultPrevented) throw new Error(`sent on ${JSON.stringify(init)}`);
      }, how);
    }
    assert.equal(await page.locator('.row').count(), 0);
    const typed = (await page.inputValue('#text')).trim();
    await page.press('#text', 'Enter');
    await shows(page, [typed]);
    assert.match(typed, /日本/);
  });

  test('a text is trimmed; an empty one is not sent; a too long one is refused with a reason', async () => {
    const page = await enter(stack, context, 'limits');
    await say(page, ' \n\t ');
    await say(page, '  padded\n\n');
    await shows(page, ['padded']);
    await say(page, '🫖'.repeat(4001));
    assert.match(
      String(await page.locator('#text-error').textContent()),
      /at most 4,000 .* has 4,001/,
    );
    assert.equal(await page.locator('.row').count(), 1);
    await say(page, '🫖'.repeat(4000));
    assert.equal(await page.locator('#text-error').textContent(), '');
    await reaches(page, '🫖'.repeat(4000), 'stored');
  });

  test('the nickname is asked for on the first visit, kept, and can be changed', async () => {
    const fresh = await browser.context();
    const page = await fresh.newPage();
    await page.goto(`${stack.url}#names`);
    assert.ok(await page.isVisible('#name-form'));
    assert.ok(!(await page.isVisible('#text-form')));
    for (const bad of ['', '   ', 'x'.repeat(65)]) {
      await page.fill('#name', bad);
      await page.press('#name', 'Enter');
      assert.match(String(await page.locator('#name-error').textContent()), /1 to 64/);
    }
    await page.fill('#name', '  Väinö ');
    await page.press('#name', 'Enter');
    await say(page, 'mine');
    await reaches(page, 'mine', 'stored');
    assert.equal(await rowOf(page, 'mine').locator('.name').textContent(), 'Väinö');

    await page.reload();
    assert.ok(await page.isVisible('#text-form'));
    await page.click('#me');
    assert.equal(await page.inputValue('#name'), 'Väinö');
    await page.press('#name', 'Escape');
    await page.click('#me');
    await page.fill('#name', 'Lemmikki');
    await page.press('#name', 'Enter');
    await waitForPhase(page, 'online');
    await say(page, 'also mine');
    await reaches(page, 'also mine', 'stored');
    assert.equal(await rowOf(page, 'also mine').locator('.name').textContent(), 'Lemmikki');
    await fresh.close();
  });

  test('markup and javascript: links are inert text', async () => {
    const page = await enter(stack, context, 'inert');
    const other = await enter(stack, context, 'inert');
    const hostile = [
      '<img src=x onerror="document.title=\'owned\'">',
      '<script>document.title="owned"</script>',
      'javascript:document.title="owned"',
      '<a href="javascript:alert(1)">x</a><iframe srcdoc="<p>x"></iframe><style>*{display:none}</style>',
    ];
    const publish = await device(stack);
    for (const text of hostile) await say(page, text);
    await storedCount(stack, 'inert', hostile.length);
    await publish('inert', { nickname: '<b onclick=x>Eve</b>', text: 'named', msgId: 'e1' });
    await shows(other, [...hostile, 'named']);
    await other.reload();
    await shows(other, [...hostile, 'named']);
    const names = await other.locator('.name').allTextContents();
    assert.equal(names.at(-1), '<b onclick=x>Eve</b>');
    assert.equal(
      await other.locator('.text :is(img, script, a, iframe, style, b), .name *').count(),
      0,
    );
    assert.doesNotMatch(await other.title(), /owned/);
  });

  test('the policy that the page runs under forbids scripts and markup from strings', async () => {
    const page = await enter(stack, context, 'policy');
    const response = await page.request.get(stack.url);
    assert.match(response.headers()['content-security-policy'], /trusted-types mqtt-chat$/);
    const stopped = await page.evaluate(() => {
      const attempts = [
        () => document.body.insertAdjacentHTML('beforeend', '<p>x'),
        () => {
          document.createElement('script').text = 'x';
        },
      ];
      return attempts.map((attempt) => {
        try {
          attempt();
          return false;
        } catch {
          return true;
        }
      });
    });
    assert.deepEqual(stopped, [true, true]);
    // And this is how any of the other tests would come to know.
    await until(() => browser.complaints().length > 0);
    await page.close();
    browser.complaints();
  });

  test('a text of 4000 letters without a space does not widen a phone', async () => {
    const phone = await browser.context({ viewport: { width: 320, height: 600 } });
    const page = await enter(stack, phone, 'wide', { nickname: 'n'.repeat(64) });
    await say(page, 'x'.repeat(4000));
    await reaches(page, 'x'.repeat(4000), 'stored');
    const overflow = await page.evaluate(() => {
      const log = /** @type {HTMLElement} */ (document.getElementById('log'));
      const { scrollWidth, clientWidth } = document.documentElement;
      return [scrollWidth - clientWidth, log.scrollWidth - log.clientWidth];
    });
    assert.deepEqual(overflow, [0, 0]);
    await phone.close();
  });

  test('two tabs of one browser, and a duplicate, all live', async () => {
    const pages = [];
    for (let i = 0; i < 3; i++) pages.push(await enter(stack, context, 'tabs'));
    for (const [i, page] of pages.entries()) await say(page, `from ${i}`);
    for (const page of pages) {
      await page.waitForFunction(() => document.querySelectorAll('.row').length === 3);
      assert.equal(await page.locator('#connection').getAttribute('data-phase'), 'online');
    }
  });

  test('it works below a prefix, which it is not told of', async () => {
    const mounted = await startStack({ urlPrefix: '/team/a' });
    try {
      const page = await enter(mounted, context, 'messages');
      await say(page, 'below');
      await reaches(page, 'below', 'stored');
      await page.reload();
      await shows(page, ['below']);
      await page.close();
    } finally {
      await mounted.close();
    }
  });
});
