// Two pages, one on a desk and one on a phone, used at random for a while, beside a device that talks.
// Whatever they do, no text is lost, doubled or out of order, and what one sends is on one's screen.
// The same seed does the same again.
// SECONDS (default 60) and SEED (default 1): an hour is  SECONDS=3600 SEED=7 node --test tests/browser/random.test.js
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from '../faults/random.js';
import { startStack, until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { device, enter, loggerBack, waitForPhase } = browsers;

const SECONDS = Number(process.env.SECONDS || 60);
const SEED = process.env.SEED || '1';
const ROOMS = ['messages', 'lab', 'constructor', 'tea-2'];
const WORDS = [
  'door',
  'open',
  'wind',
  'π=3',
  '**bold**',
  '`code`',
  'https://example.org/a',
  'Zoë',
  '😀',
];
const DESK = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
  { width: 1100, height: 420 },
];
const PHONE = [
  { width: 390, height: 844 },
  { width: 844, height: 390 },
  { width: 320, height: 568 },
];
/** Actions between two looks at the whole. */
const ACTIONS = 15;
/** Messages of a device at once: more than the page opens with. */
const FLOOD = 130;
/** So many of the newest are compared with the history: a page opens with a few more. */
const COMPARED = 45;

/** @typedef {import('./browser.js').Page} Page */
/** @typedef {{name: string, page: Page, sizes: typeof DESK, opened: number}} User opened: rooms, so one can go back */

describe('random use', { skip: browsers.skip, timeout: SECONDS * 1000 + 240_000 }, () => {
  const random = randomOf(`random use ${SEED}`);
  /** @template T @param {readonly T[]} list */
  const pick = (list) => list[random(list.length)];
  /** @type {import('../lib/stack.js').Stack} */
  let stack;
  /** @type {browsers.Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof device>>} */
  let publish;
  /** @type {User[]} */
  let users;
  /** What was sent to each room, by whom that matters not. @type {Map<string, string[]>} */
  const sent = new Map(ROOMS.map((room) => [room, []]));
  /** What was done, for who has to find out. @type {string[]} */
  const done = [];
  let count = 0;

  before(async () => {
    stack = await startStack();
    browser = await browsers.Browser.open();
    publish = await device(stack);
    users = [];
    for (const [name, sizes] of /** @type {const} */ ([
      ['Desk', DESK],
      ['Phone', PHONE],
    ])) {
      const context = await browser.context({ viewport: sizes[0], hasTouch: sizes === PHONE });
      context.setDefaultTimeout(15_000);
      const page = await enter(stack, context, ROOMS[0], { nickname: name });
      users.push({ name, page, sizes, opened: 0 });
    }
  });
  after(async () => {
    await browser?.close();
    await stack?.close();
  });

  /** @param {Page} page the room that is open */
  const roomOf = async (page) => (await page.locator('#room').textContent()) ?? '';

  const newText = (/** @type {string} */ who) => {
    count += 1;
    return `${who} ${count} ${pick(WORDS)} ${pick(WORDS)}`;
  };
  /** As the page shows it: marks of emphasis and code are no part of it. @param {string | null} text */
  const plain = (text) => (text ?? '').replace(/[*`]/g, '').trim();

  /** @param {Page} page */
  const closePanels = async (page) => {
    await page.click('#search .close');
    await page.locator('#search').waitFor({ state: 'hidden' });
  };

  /** @type {Record<string, (user: User) => Promise<unknown>>} */
  const actions = {
    async send({ name, page }) {
      const text = newText(name);
      const room = await roomOf(page);
      sent.get(room)?.push(text);
      await browsers.say(page, text);
      const row = page.locator('.row', { hasText: plain(text) }).last();
      await row.waitFor();
      await until(() => row.evaluate(isOnScreen), 5000, `"${text}" is on the screen`);
    },
    async open(user) {
      const room = pick(ROOMS);
      if (room === (await roomOf(user.page))) return;
      user.opened += 1;
      await user.page.evaluate((name) => {
        location.hash = name;
      }, room);
      await until(async () => (await roomOf(user.page)) === room, 5000, `${room} is open`);
    },
    async back(user) {
      if (user.opened === 0) return; // what was there before the page is not the page's
      user.opened -= 1;
      await user.page.goBack();
    },
    async search({ page }) {
      await page.click('#open-search');
      const field = page.getByRole('searchbox');
      await field.fill(pick(['door', 'wind', 'bold', 'from:Desk', 'nothing-like-it']));
      await field.press('Enter');
      const match = page.locator('.match').first();
      const found = await match.waitFor({ timeout: 1500 }).then(
        () => true,
        () => false,
      );
      if (found) await match.click();
      if (await page.locator('#search').isVisible()) await closePanels(page);
    },
    scroll: ({ page }) =>
      page.locator('#log').evaluate((log, part) => {
        log.scrollTop = (log.scrollHeight * part) / 10;
      }, random(11)),
    async newest({ page }) {
      if (await page.locator('#newest').isVisible()) await page.click('#newest').catch(() => {});
    },
    resize: ({ page, sizes }) => page.setViewportSize(pick(sizes)),
    async flood() {
      const room = pick(ROOMS);
      const texts = Array.from({ length: FLOOD }, () => newText('device'));
      sent.get(room)?.push(...texts);
      await Promise.all(texts.map((text) => publish(room, { nickname: 'device', text })));
    },
    async talk() {
      const room = pick(ROOMS);
      const text = newText('device');
      sent.get(room)?.push(text);
      await publish(room, text);
    },
    async offline({ page }) {
      await page.context().setOffline(true);
      await sleep(200 + random(1500));
      await page.context().setOffline(false);
    },
    async reload({ page }) {
      await page.reload();
      await page.locator('#text').waitFor();
    },
    async cut() {
      await stack.kill('nginx');
      await sleep(random(1500));
      await stack.start('nginx');
    },
  };
  const OFTEN = ['send', 'send', 'send', 'open', 'open', 'scroll', 'scroll', 'search', 'newest'];
  const SELDOM = ['resize', 'talk', 'talk', 'back', 'flood', 'offline', 'reload', 'cut'];

  /** Runs in the page. @param {Element} row */
  function isOnScreen(row) {
    const log = /** @type {Element} */ (document.getElementById('log')).getBoundingClientRect();
    const { top, bottom } = row.getBoundingClientRect();
    return bottom > log.top && top < log.bottom;
  }

  /** Runs in the page: what stands on it, from the top. */
  function shown() {
    return Array.from(document.querySelectorAll('#rows .row'), (row) => ({
      id: Number(/** @type {HTMLElement} */ (row).dataset.id),
      state: /** @type {HTMLElement} */ (row).dataset.state,
      text: row.querySelector('.text')?.textContent ?? '',
    }));
  }

  /** The newest of the room on the screen are those of the history, in its order. @param {User} user */
  async function compare(user) {
    const { name, page } = user;
    const room = await roomOf(page);
    const history = (await stack.wholeHistory(room)).slice(-COMPARED);
    const wanted = history.map(({ id, text }) => `${id} ${plain(text)}`);
    await page.keyboard.press('Escape');
    /** @type {Awaited<ReturnType<typeof shown>>} */
    let rows = [];
    const same = async () => {
      await actions.newest(user);
      rows = await page.evaluate(shown);
      const last = rows.slice(-wanted.length).map(({ id, text }) => `${id} ${plain(text)}`);
      return JSON.stringify(last) === JSON.stringify(wanted);
    };
    await until(same, 20_000, `the newest of ${room} on ${name}'s screen`).catch(() => {
      const last = rows.slice(-wanted.length).map(({ id, text }) => `${id} ${plain(text)}`);
      assert.deepEqual(last, wanted, `${name} in ${room}`);
    });
    const ids = rows.map(({ id }) => id);
    assert.deepEqual(
      ids,
      [...new Set(ids)].sort((a, b) => a - b),
      `${name}'s rows in ${room}`,
    );
  }

  /** All that was sent is stored, once. */
  async function lookAtAll() {
    for (const { page } of users) await waitForPhase(page, 'online', 30_000);
    await loggerBack(stack, publish);
    for (const [room, texts] of sent) {
      const stored = async () => (await stack.wholeHistory(room)).map(({ text }) => text).sort();
      const wanted = [...texts].sort();
      const complete = async () => JSON.stringify(await stored()) === JSON.stringify(wanted);
      await until(complete, 30_000, `all of ${room}`).catch(async () => {
        assert.deepEqual(await stored(), wanted, room);
      });
    }
    for (const user of users) await compare(user);
    assert.deepEqual(browser.complaints(), []);
  }

  test(`${SECONDS} s, seed ${SEED}`, async () => {
    const end = Date.now() + SECONDS * 1000;
    try {
      while (Date.now() < end) {
        for (let i = 0; i < ACTIONS; i++) {
          const user = pick(users);
          const action = pick(random(3) > 0 ? OFTEN : SELDOM);
          done.push(`${user.name}: ${action}`);
          await actions[action](user);
        }
        done.push('look');
        await lookAtAll();
      }
    } catch (error) {
      console.error(`after ${done.length} actions: ${done.slice(-40).join(', ')}`);
      throw error;
    }
    console.log(`${done.length} actions, ${count} messages`);
  });
});
