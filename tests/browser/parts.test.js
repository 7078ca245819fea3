// Parts of the page that could not be loaded at first: they come later.
import { describe, test } from 'node:test';
import * as browsers from './browser.js';

const { enter, say, reaches, waitForPhase } = browsers;

/** @param {browsers.Page} page @param {string} name @param {number} times */
async function failToLoad(page, name, times) {
  let failures = 0;
  await page.route(new RegExp(`/chat/${name}(\\?|$)`), (route) => {
    failures += 1;
    return failures <= times ? route.abort() : route.continue();
  });
}

describe('what is loaded later', { skip: browsers.skip, timeout: 240_000 }, () => {
  const on = browsers.setUp({ services: true });

  test('people, search and shortcuts come with the next connection', async () => {
    const page = await on.context.newPage();
    await page.addInitScript(() => localStorage.setItem('chat.nickname', 'Aino'));
    await failToLoad(page, 'extras.js', 1);
    await page.goto(`${on.stack.url}#parts`);
    await waitForPhase(page, 'online');
    await say(page, 'without them');
    await reaches(page, 'without them', 'stored');
    // The connection was made behind the first try, and tried again.
    await page.locator('#people li', { hasText: 'Aino' }).waitFor();
    await page.click('#open-search');
    await page.getByRole('searchbox').waitFor();
  });

  test('what is clicked before it has come opens when it comes', async () => {
    const page = await on.context.newPage();
    await page.route(/\/chat\/extras\.js/, async (route) => {
      await page.locator('#open-settings').click();
      await route.continue();
    });
    await page.goto(`${on.stack.url}#parts`);
    await page.locator('#settings').waitFor();
  });

  test('what could not be opened opens with the next click', async () => {
    const page = await enter(on.stack, on.context, 'parts');
    await failToLoad(page, 'search-panel.js', 1);
    await page.click('#open-search');
    await page.locator('#note', { hasText: 'cannot be loaded' }).waitFor();
    await page.click('#open-search');
    await page.getByRole('searchbox').waitFor();
  });
});
