// The page without a network: what the service worker keeps, and what it must not.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { startStack, until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, enter, waitForPhase, reaches, say, shows, storedCount } = browsers;

/** What the worker keeps, without the origin. @param {browsers.Page} page */
function kept(page) {
  return page.evaluate(async () => {
    const cache = await caches.open('mqtt-chat');
    return (await cache.keys()).map(({ url }) => url.slice(location.origin.length));
  });
}

/** @param {browsers.Page} page @param {string} path */
async function untilKept(page, path) {
  await until(async () => (await kept(page)).includes(path), 15_000, `${path} is kept`);
}

/** Chromium's own tools tell what an installation lacks. */
const testInChromium = browsers.inChromium ? test : () => {};

/** A server that accepts and never answers. @param {number} port */
async function listen(port) {
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(null)));
  return {
    async end() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @template T @param {() => Promise<T>} act @returns {Promise<[T, number]>} */
async function timed(act) {
  const began = Date.now();
  return [await act(), Date.now() - began];
}

/** What the worker keeps of a room. @param {browsers.Page} page @param {string} room */
function keptTexts(page, room) {
  return page.evaluate(async (name) => {
    const url = new URL(`../api/messages?room=${name}`, location.href).href;
    const list = await (await caches.match(url))?.json();
    return list?.map((/** @type {{text: string}} */ { text }) => text).join();
  }, room);
}

describe('offline', { skip: browsers.skip, timeout: 300_000 }, () => {
  /** @type {import('../lib/stack.js').Stack} */
  let stack;
  /** @type {browsers.Browser} */
  let browser;
  /** @type {browsers.Context} */
  let context;

  before(async () => {
    stack = await startStack();
    browser = await browsers.Browser.open();
    context = await browser.context({ serviceWorkers: 'allow' });
  });
  after(async () => {
    await browser?.close();
    await stack?.close();
  });
  afterEach(() => assert.deepEqual(browser.complaints(), []));

  test('after one visit the page and the last history open without a server', async () => {
    const publish = await device(stack);
    for (const text of ['one', 'two']) await publish('kept', text);
    await storedCount(stack, 'kept', 2);
    const page = await enter(stack, context, 'kept');
    await shows(page, ['one', 'two']);
    await untilKept(page, '/chat/mqtt.js');
    await untilKept(page, '/api/messages?room=kept');
    await stack.stop('nginx');
    try {
      await page.reload();
      await shows(page, ['one', 'two']);
      await waitForPhase(page, 'offline');
      await say(page, 'written offline');
    } finally {
      await stack.start('nginx');
    }
    await reaches(page, 'written offline', 'stored', 45_000);
    await page.close();
  });

  test('a server that takes connections and never answers: what is kept opens, the late answer is kept', async () => {
    const publish = await device(stack);
    await publish('silent', 'early');
    await storedCount(stack, 'silent', 1);
    const page = await enter(stack, context, 'silent');
    await shows(page, ['early']);
    await untilKept(page, '/chat/mqtt.js');
    await untilKept(page, '/api/messages?room=silent');
    await stack.stop('nginx');
    const mute = await listen(stack.port);
    try {
      const began = Date.now();
      await page.reload({ waitUntil: 'commit' });
      await page.getByText('early').waitFor({ timeout: 20_000 });
      const took = Date.now() - began;
      assert.ok(took > 2500 && took < 8000, `${took} ms`);
    } finally {
      await mute.end();
      await stack.start('nginx');
    }
    await publish('silent', 'late');
    await page.getByText('late', { exact: true }).waitFor();
    await page.close();
  });

  test('an answer that comes too late for the page is kept for the next one', async () => {
    const publish = await device(stack);
    await publish('slow', 'first');
    await storedCount(stack, 'slow', 1);
    const page = await enter(stack, context, 'slow');
    await untilKept(page, '/api/messages?room=slow');
    await publish('slow', 'second');
    await storedCount(stack, 'slow', 2);
    await page.waitForTimeout(500);
    const ask = () =>
      page.evaluate(async () => {
        const list = await (await fetch('../api/messages?room=slow&limit=50')).json();
        return list.map((/** @type {{text: string}} */ { text }) => text).join();
      });
    await page.evaluate(() => fetch('../api/messages?room=slow&limit=1'));
    const api = -Number(stack.pid('api')); // its group
    process.kill(api, 'SIGSTOP');
    try {
      const [first, took] = await timed(ask);
      assert.equal(first, 'second', 'what was kept last');
      assert.ok(took > 2500 && took < 6000, `${took} ms`);
    } finally {
      process.kill(api, 'SIGCONT');
    }
    await until(async () => (await keptTexts(page, 'slow')) === 'first,second', 15_000);
    await page.close();
  });

  // Of Firefox playwright does not give the service workers.
  testInChromium(
    'a notification leads to its room, in the page that is open or in a new one',
    async () => {
      const page = await enter(stack, context, 'here');
      await untilKept(page, '/chat/mqtt.js');
      const [worker] = context.serviceWorkers();
      const click = () =>
        worker.evaluate(() => {
          const event = Object.assign(new Event('notificationclick'), {
            notification: { close() {}, data: { room: 'there' } },
            waitUntil: (/** @type {Promise<unknown>} */ done) => done.catch(() => {}),
          });
          self.dispatchEvent(event);
        });
      await click();
      await page.waitForURL(/#there$/);
      await page.locator('#room', { hasText: 'there' }).waitFor();
      const opened = worker.evaluate(
        () =>
          new Promise((resolve) => {
            const { clients } = /** @type {any} */ (self);
            clients.matchAll = async () => [];
            clients.openWindow = resolve;
          }),
      );
      await click();
      assert.equal(await opened, `${stack.url}#there`);
      await page.close();
    },
  );

  test('what is kept is never shown in place of an answer, not even of an error', async () => {
    const publish = await device(stack);
    await publish('errors', 'good');
    await storedCount(stack, 'errors', 1);
    const page = await enter(stack, context, 'errors');
    await untilKept(page, '/api/messages?room=errors');
    await stack.stop('api');
    try {
      await page.reload();
      await page.locator('#history-notice').waitFor();
      assert.match(String(await page.locator('#history-reason').textContent()), /503/);
      const newest = () => fetch('../api/messages?room=errors').then(({ status }) => status);
      assert.equal(await page.evaluate(newest), 503);
    } finally {
      await stack.start('api');
    }
    assert.equal(await keptTexts(page, 'errors'), 'good', 'the good answer stays');
    await page.close();
  });

  test('of many rooms the last ones are kept, and older pages are not', async () => {
    const page = await enter(stack, context, 'many');
    await untilKept(page, '/api/messages?room=many');
    await page.evaluate(async () => {
      for (let i = 0; i < 30; i++) await fetch(`../api/messages?room=r${i}`);
      await fetch('../api/messages?room=r29&before=5');
      await fetch('../api/messages?room=none&limit=x');
    });
    await untilKept(page, '/api/messages?room=r29');
    const rooms = async () => (await kept(page)).filter((path) => path.startsWith('/api/messages'));
    await until(async () => (await rooms()).length === 20, 15_000, 'the oldest are forgotten');
    assert.ok(!(await rooms()).some((path) => /before|none/.test(path)));
    await page.close();
  });

  test('a page of the history that has a newer one is not kept as the last', async () => {
    const publish = await device(stack);
    for (let i = 0; i < 5; i++) await publish('part', `${i}`);
    await storedCount(stack, 'part', 5);
    const [first] = await stack.history('room=part');
    const page = await enter(stack, context, 'whole');
    await untilKept(page, '/api/messages?room=whole');
    const part = `../api/messages?room=part&limit=2&around=${first.id}`;
    await page.evaluate((url) => fetch(url), part);
    await page.evaluate(() => fetch('../api/messages?room=after'));
    await untilKept(page, '/api/messages?room=after');
    assert.ok(!(await kept(page)).includes('/api/messages?room=part'));
    await page.close();
  });

  testInChromium('the page can be installed', async () => {
    const page = await enter(stack, context, 'install');
    const devtools = await context.newCDPSession(page);
    const { errors, data } = await devtools.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    assert.ok(data?.includes('icon-maskable.png'));
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
    const ids = installabilityErrors.map(({ errorId }) => errorId);
    assert.deepEqual(
      ids.filter((id) => id !== 'in-incognito'),
      [],
    );
    await page.close();
  });
});
