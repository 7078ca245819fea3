// What is written to the chat itself, and the search's shortcut on other keyboards.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as browsers from './browser.js';

const { enter, reaches, say, setUp } = browsers;

describe('commands', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = setUp();

  test('none is posted; a path is', async () => {
    const page = await enter(on.stack, on.context, 'orders');
    await say(page, '/nick Bo');
    await page.locator('#my-name', { hasText: 'Bo' }).waitFor();
    await say(page, '/help');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await say(page, '/hlep me');
    assert.match(String(await page.locator('#text-error').textContent()), /no command.*hlep/);
    assert.equal(await page.inputValue('#text'), '/hlep me');
    await say(page, '/etc/passwd is odd');
    await say(page, '/me waves');
    await reaches(page, 'waves', 'stored');
    assert.deepEqual(await browsers.texts(page), ['/etc/passwd is odd', 'waves']);
    assert.equal(await page.locator('.row em').textContent(), 'waves');
    assert.equal(await page.locator('.row .name').first().textContent(), 'Bo');
  });

  test('Ctrl+K opens the search where K writes another letter', async () => {
    const page = await enter(on.stack, on.context, 'layouts');
    for (const init of [
      { key: 'л', code: 'KeyK', ctrlKey: true },
      { key: 'κ', code: 'KeyK', metaKey: true },
      { key: 'k', code: 'KeyV', ctrlKey: true },
    ]) {
      await page.evaluate((keys) => {
        const event = new KeyboardEvent('keydown', { ...keys, bubbles: true, cancelable: true });
        document.getElementById('text')?.dispatchEvent(event);
      }, init);
      await page.getByRole('searchbox').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('#search').waitFor({ state: 'hidden' });
    }
  });
});
