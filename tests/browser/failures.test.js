// The page when something does not work: what it says, what still works, and how it recovers.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as browsers from './browser.js';

const { enter, waitForPhase, loggerBack, reaches, rowOf, say, shows, storedCount, texts } =
  browsers;

describe('the page in trouble', { skip: browsers.skip, timeout: 480_000 }, () => {
  const on = browsers.setUp({ services: true });

  for (const [kind, payload] of /** @type {const} */ ([
    ['plain text', 'door open'],
    ['JSON', { nickname: 'Door', text: 'door open' }],
  ])) {
    test(`a device's message in ${kind} appears at once, and once, also after a reconnection`, async () => {
      const room = `device-${kind === 'JSON' ? 'json' : 'text'}`;
      const page = await enter(on.stack, on.context, room);
      for (let count = 1; count <= 2; count++) {
        await on.publish(room, payload);
        await rowOf(page, 'door open')
          .nth(count - 1)
          .waitFor({ timeout: 2000 });
        await shows(page, Array(count).fill('door open'));
      }
      await on.stack.stop('broker');
      await waitForPhase(page, 'offline');
      await on.stack.start('broker');
      await waitForPhase(page, 'online');
      await loggerBack(on.stack, on.publish);
      await shows(page, ['door open', 'door open']);
      await on.publish(room, payload);
      await shows(page, ['door open', 'door open', 'door open']);
      await page.reload();
      await shows(page, ['door open', 'door open', 'door open']);
    });
  }

  test('a device is shown while the logger is down, and once when it is back', async () => {
    const page = await enter(on.stack, on.context, 'device-down');
    await on.stack.kill('logger');
    for (const text of ['tick', 'tick', 'tock']) await on.publish('device-down', text);
    await shows(page, ['tick', 'tick', 'tock']);
    assert.equal(await page.locator('.row[data-state=live]').count(), 3);
    await on.stack.start('logger');
    await shows(page, ['tick', 'tick', 'tock']);
    await page.waitForFunction(
      () => document.querySelectorAll('.row[data-state=stored]').length === 3,
    );
    assert.deepEqual(await texts(page), ['tick', 'tick', 'tock']);
  });

  test('broker killed: offline is said; broker back: the gap is filled, in order, once', async () => {
    const page = await enter(on.stack, on.context, 'gap');
    const away = await on.browser.context();
    const other = await enter(on.stack, away, 'gap', { nickname: 'Otso' });
    await say(page, 'before');
    await reaches(page, 'before', 'stored');
    await on.stack.kill('broker');
    await waitForPhase(page, 'offline');
    assert.equal(await page.locator('#status').textContent(), 'Offline');
    await page.locator('#connection-notice').waitFor({ timeout: 5000 });
    await page.evaluate(() => {
      const notice = /** @type {HTMLElement} */ (document.getElementById('connection-notice'));
      const { dataset } = /** @type {HTMLElement} */ (document.getElementById('connection'));
      new MutationObserver(() => {
        if (notice.hidden) notice.dataset.hiddenWhile = dataset.phase;
      }).observe(notice, { attributeFilter: ['hidden'] });
    });
    assert.deepEqual(await texts(page), ['before']);
    await say(page, 'written offline');
    await reaches(page, 'written offline', 'sending');

    // While this page cannot connect yet, a device and another page write.
    await on.context.setOffline(true);
    await on.stack.start('broker');
    await loggerBack(on.stack, on.publish);
    for (let i = 1; i <= 3; i++) {
      await on.publish('gap', {
        nickname: 'D',
        text: `missed ${i}`,
        clientId: 'd',
        msgId: `g${i}`,
      });
    }
    await on.publish('gap', 'missed plain');
    await waitForPhase(other, 'online');
    await storedCount(on.stack, 'gap', 5);
    await say(other, 'missed from the other');
    await storedCount(on.stack, 'gap', 6);
    assert.deepEqual(await texts(page), ['before', 'written offline']);

    const missed = ['missed 1', 'missed 2', 'missed 3', 'missed plain', 'missed from the other'];
    await on.context.setOffline(false);
    await waitForPhase(page, 'online');
    await reaches(page, 'written offline', 'stored');
    await shows(page, ['before', ...missed, 'written offline']);
    assert.ok(!(await page.isVisible('#connection-notice')));
    const hiddenWhile = await page.getAttribute('#connection-notice', 'data-hidden-while');
    assert.equal(hiddenWhile, 'online', 'it stays while the page tries to connect');
    await page.reload();
    await shows(page, ['before', ...missed, 'written offline']);
    await away.close();
  });

  test('more than a page of history that was missed is all there, in order', async () => {
    const page = await enter(on.stack, on.context, 'long-gap');
    await say(page, 'before');
    await reaches(page, 'before', 'stored');
    await on.stack.stop('nginx');
    await waitForPhase(page, 'offline');
    const missed = Array.from({ length: 230 }, (_, i) => `missed ${i}`);
    for (const text of missed) await on.publish('long-gap', text);
    await on.stack.start('nginx');
    await waitForPhase(page, 'online');
    await shows(page, ['before', ...missed], 15_000);
  });

  test('opened with the broker down: the history is there, and that it is offline', async () => {
    await on.publish('no-broker', 'earlier');
    await storedCount(on.stack, 'no-broker', 1);
    await on.stack.stop('broker');
    const page = await enter(on.stack, on.context, 'no-broker', { connected: false });
    await shows(page, ['earlier']);
    await waitForPhase(page, 'offline');
    await on.stack.start('broker');
    await waitForPhase(page, 'online');
  });

  test('opened with the API down: that is said, live still works, and history comes later', async () => {
    await on.publish('no-api', 'earlier');
    await storedCount(on.stack, 'no-api', 1);
    await on.stack.stop('api');
    const page = await enter(on.stack, on.context, 'no-api');
    await page.locator('#history-notice').waitFor();
    assert.match(String(await page.locator('#history-reason').textContent()), /503/);
    assert.doesNotMatch(String(await page.locator('#blank').textContent()), /No messages/);
    await on.publish('no-api', 'live');
    await shows(page, ['live']);
    await say(page, 'mine');
    await reaches(page, 'mine', 'stored');
    await shows(page, ['live', 'mine']);
    await on.stack.start('api');
    // Unless the page has tried again by itself in that moment.
    await page.click('#history-now', { timeout: 3000 }).catch(() => {});
    await shows(page, ['earlier', 'live', 'mine']);
    assert.ok(!(await page.isVisible('#history-notice')));
  });

  test('at an address that has as many pages open as it may, the next says so and waits', async () => {
    const { stack, context } = on;
    const etc = (/** @type {string} */ name) => join(stack.dataDir, 'etc', name);
    const files = ['nginx-limits.conf', 'nginx-sockets.conf'].map(etc);
    const before = files.map((file) => readFileSync(file, 'utf8'));
    const edits = [(/** @type {string} */ text) => text.replace('127.0.0.1   1;', '')];
    edits.push((text) => text.replace(' 50;', ' 1;'));
    await stack.stop('nginx');
    for (const [i, file] of files.entries()) writeFileSync(file, edits[i]?.(before[i] ?? '') ?? '');
    await stack.start('nginx');
    try {
      const first = await enter(stack, context, 'full');
      const second = await enter(stack, context, 'full', { connected: false });
      await second.getByText('Too many pages are open').waitFor();
      await waitForPhase(second, 'offline');
      await first.close();
      await second.click('#connection-now');
      await waitForPhase(second, 'online');
      await second.getByText('Too many pages are open').waitFor({ state: 'hidden' });
    } finally {
      await stack.stop('nginx'); // it starts for the next test with what it had
      for (const [i, file] of files.entries()) writeFileSync(file, before[i] ?? '');
    }
  });

  test('an empty room says so, and only when the API has said so', async () => {
    const page = await enter(on.stack, on.context, 'nobody');
    assert.match(String(await page.locator('#blank').textContent()), /No messages yet/);
    await page.route('**/api/messages*', (route) => route.fulfill({ body: '<h1>Hello</h1>' }));
    await page.reload();
    await page.locator('#history-notice').waitFor();
    assert.doesNotMatch(String(await page.locator('#blank').textContent()), /No messages yet/);
  });

  test('an API that hangs does not keep the page from connecting', async () => {
    const page = await on.context.newPage();
    await page.route('**/api/messages*', () => {});
    await page.addInitScript(() => localStorage.setItem('chat.nickname', 'A'));
    await page.goto(`${on.stack.url}#hanging`);
    await waitForPhase(page, 'online', 7000);
    await on.publish('hanging', 'live');
    await rowOf(page, 'live').waitFor();
  });

  test('logger down: a message stays "sending" though the broker has it; back: stored, one row', async () => {
    const page = await enter(on.stack, on.context, 'no-logger');
    const other = await enter(on.stack, on.context, 'no-logger', { nickname: 'Otso' });
    await on.stack.kill('logger');
    await say(page, 'patience');
    await shows(other, ['patience']);
    await page.waitForTimeout(1500);
    await reaches(page, 'patience', 'sending');
    const row = rowOf(page, 'patience');
    assert.doesNotMatch(String(await row.locator('.state').textContent()), /✓/);
    await page.waitForTimeout(5000);
    await on.stack.start('logger');
    await reaches(page, 'patience', 'stored');
    assert.match(String(await row.locator('.state').textContent()), /✓/);
    await shows(page, ['patience']);
    await shows(other, ['patience']);
    assert.equal((await on.stack.wholeHistory('no-logger')).length, 1);
  });

  test('retained copies are not messages', async () => {
    const client = await on.stack.client();
    await client.publishAsync('chat/retained', 'old news', { qos: 1, retain: true });
    await storedCount(on.stack, 'retained', 1);
    const page = await enter(on.stack, on.context, 'retained');
    await shows(page, ['old news']);
    await client.publishAsync('chat/retained', '', { qos: 1, retain: true });
  });

  test('what the connection lost is found: by the next receipt, and on coming into view', async () => {
    const page = await on.context.newPage();
    await page.routeWebSocket(/mqtt/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((data) => {
        if (!Buffer.from(data).includes('lost')) socket.send(data);
      });
    });
    await page.addInitScript(() => localStorage.setItem('chat.nickname', 'Aino'));
    await page.goto(`${on.stack.url}#gaps`);
    await waitForPhase(page, 'online');
    /** @param {string} text @param {number} count */
    const send = async (text, count) => {
      await on.publish('gaps', { nickname: 'B', text, clientId: 'b', msgId: text });
      await storedCount(on.stack, 'gaps', count);
    };
    await send('one', 1);
    await reaches(page, 'one', 'stored');
    await send('lost 1', 2);
    await shows(page, ['one']);
    await send('two', 3);
    await shows(page, ['one', 'lost 1', 'two']);
    await send('lost 2', 4);
    await shows(page, ['one', 'lost 1', 'two']);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await shows(page, ['one', 'lost 1', 'two', 'lost 2']);
  });
});
