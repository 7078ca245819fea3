// A real browser on the real page, for the tests in this folder. Whatever a page's policy stops, or
// a script throws, fails the test in which it happens.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, afterEach, before, beforeEach } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { services, startStack, until } from '../lib/stack.js';
import { Engine, inChromium, skip } from './engine.js';

export { inChromium, skip };

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').BrowserContext} Context */
/** @typedef {import('../lib/stack.js').Stack} Stack */

/** Runs in the page before its own scripts: what the policy stops becomes an error that we see. */
function reportViolations() {
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    console.error(`policy violation: ${violatedDirective} ${blockedURI}`);
  });
}

/** What the browsers write about requests that fail; the tests make some fail on purpose. */
const EXPECTED =
  /Failed to load resource|WebSocket connection to .* failed|Firefox .* connection to the server at ws|The connection to ws|ServiceWorker passed a promise to FetchEvent\.respondWith\(\) that rejected/;

export class Browser {
  /** @type {string[]} */
  #complaints = [];

  /** @param {Engine} engine */
  constructor(engine) {
    this.engine = engine;
  }

  static async open() {
    const engine = new Engine();
    await engine.launch({});
    return new Browser(engine);
  }

  /**
   * A browser of its own: no cookies or storage from before.
   * @param {import('playwright-core').BrowserContextOptions} [options]
   */
  async context(options) {
    const viewport = { width: 900, height: 600 };
    const asked = {
      locale: 'en-GB',
      viewport,
      serviceWorkers: /** @type {const} */ ('block'),
      ...options,
    };
    const context = await (await this.engine.launch(asked)).newContext(asked);
    await context.addInitScript(reportViolations);
    context.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !EXPECTED.test(text)) this.#complaints.push(text);
    });
    context.on('weberror', (error) => {
      // In Firefox, the scripts of a test's own run in the page before ours as well, which has no storage.
      const text = String(error.error());
      if (error.page()?.url() === 'about:blank') return;
      // Firefox tells what it could not connect to as if a script had thrown it.
      if (!EXPECTED.test(text)) this.#complaints.push(text);
    });
    return context;
  }

  /** What went wrong in the pages since the last call. */
  complaints() {
    return this.#complaints.splice(0);
  }

  async close() {
    await this.engine.close();
  }
}

/**
 * Opens a room as somebody who has a nickname already, and waits until it is connected.
 * @param {Stack} stack
 * @param {Context} context
 * @param {string} room
 * @param {{nickname?: string, connected?: boolean}} [options]
 */
export async function enter(stack, context, room, { nickname = 'Aino', connected = true } = {}) {
  const page = await context.newPage();
  await page.addInitScript((name) => localStorage.setItem('chat.nickname', name), nickname);
  await page.goto(`${stack.url}#${room}`);
  if (connected) await waitForPhase(page, 'online');
  return page;
}

/**
 * @param {Page} page
 * @param {'connecting' | 'online' | 'offline'} phase
 * @param {number} [timeout]
 */
export async function waitForPhase(page, phase, timeout = 15_000) {
  await page.locator(`#connection[data-phase=${phase}]`).waitFor({ timeout });
}

/**
 * Puts a text into the composer, as if it were pasted. In Firefox fill() types it, and the end of a line
 * would send what is there.
 * @param {Page} page
 * @param {string} text
 */
export async function write(page, text) {
  await page.locator('#text').waitFor();
  await page.focus('#text');
  await page.evaluate((pasted) => {
    document.execCommand('selectAll');
    document.execCommand('insertText', false, pasted);
  }, text);
}

/** With a finger; in Firefox, where playwright's does nothing, with the mouse. @param {import('playwright-core').Locator} place */
export const tap = (place) => (inChromium ? place.tap() : place.click());

/**
 * @param {Page} page
 * @param {string} text
 */
export async function say(page, text) {
  await write(page, text);
  await page.press('#text', 'Enter');
}

/**
 * @param {Page} page
 * @param {string} text exactly
 */
export function rowOf(page, text) {
  return page.locator('.row').filter({ has: page.getByText(text, { exact: true }) });
}

/** The texts on the screen, from the top. @param {Page} page */
export const texts = (page) => page.locator('.row .text').allTextContents();

/**
 * Waits until exactly these texts are on the screen, in this order, and stay.
 * @param {Page} page
 * @param {string[]} wanted
 * @param {number} [ms]
 */
export async function shows(page, wanted, ms = 5000) {
  await page
    .waitForFunction(
      (list) => {
        const rows = Array.from(document.querySelectorAll('.row .text'), (p) => p.textContent);
        return JSON.stringify(rows) === JSON.stringify(list);
      },
      wanted,
      { timeout: ms, polling: 25 },
    )
    .catch(async () => assert.deepEqual(await texts(page), wanted));
  await page.waitForTimeout(STAY_MS);
  assert.deepEqual(await texts(page), wanted);
}

/** Longer than a late receipt, and the reading that follows it, take. */
const STAY_MS = 600;

/**
 * Waits until a message has reached this state.
 * @param {Page} page
 * @param {string} text
 * @param {'live' | 'sending' | 'late' | 'stored' | 'failed'} state
 * @param {number} [timeout] 'late' takes 9 s
 */
export async function reaches(page, text, state, timeout = 15_000) {
  await page
    .locator(`.row[data-state=${state}]`)
    .filter({ has: page.getByText(text, { exact: true }) })
    .waitFor({ timeout });
}

const NOON = Date.parse('2026-03-10T12:00:00Z');

/**
 * Puts messages into a room, as an import does.
 * @param {Stack} stack
 * @param {string} room
 * @param {[nickname: string, text: string, at?: number][]} messages at: milliseconds after a noon
 */
export function insert({ database }, room, messages) {
  const values = messages.map(
    ([nickname, text, at = 0], i) =>
      `(${NOON + at}, '${room}', '${nickname}', '${text}', 'ann', '${room}-${i}')`,
  );
  const sql = `INSERT INTO messages (ts, room, nickname, text, client_id, msg_id) VALUES ${values}`;
  const { status, stderr } = spawnSync('sqlite3', ['-cmd', '.timeout 5000', database, sql]);
  if (status !== 0) throw new Error(String(stderr));
}

/**
 * Publishes as a device: QoS 1, returns when the broker has it.
 * @param {Stack} stack
 * @returns {Promise<(room: string, payload: string | object) => Promise<unknown>>}
 */
export async function device(stack) {
  const client = await stack.client();
  return (room, payload) => {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return client.publishAsync(`chat/${room}`, text, { qos: 1 });
  };
}

/**
 * Waits until the history has this many messages.
 * @param {Stack} stack
 * @param {string} room
 * @param {number} count
 */
export async function storedCount(stack, room, count) {
  const full = async () => (await stack.wholeHistory(room)).length >= count;
  await until(full, 10_000, `${room} has ${count} messages`);
}

/**
 * Waits until the logger stores what is published: after the broker was away, it takes a while.
 * @param {Stack} stack
 * @param {Awaited<ReturnType<typeof device>>} publish
 */
export async function loggerBack(stack, publish) {
  const before = (await stack.wholeHistory('probe')).length;
  await until(async () => {
    await publish('probe', 'are you there?');
    await sleep(200);
    return (await stack.wholeHistory('probe')).length > before;
  }, 20_000);
}

/**
 * @typedef {object} Setting what the tests of a suite have in common
 * @property {Stack} stack
 * @property {Browser} browser
 * @property {Context} context each test has one of its own
 * @property {Awaited<ReturnType<typeof device>>} publish
 */

/**
 * Called in a suite: starts all of it, and after each test looks for what went wrong in the pages.
 * @param {{services?: boolean}} [options] services: tests end some, which are then started again
 * @returns {Setting} complete when the first test begins
 */
export function setUp({ services: revive = false } = {}) {
  const on = /** @type {Setting} */ ({});
  before(async () => {
    on.stack = await startStack();
    on.browser = await Browser.open();
    on.publish = await device(on.stack);
  });
  after(async () => {
    await on.browser?.close();
    await on.stack?.close();
  });
  beforeEach(async () => {
    on.context = await on.browser.context();
  });
  afterEach(async () => {
    await on.context.close();
    if (revive) {
      for (const name of services) if (!on.stack.alive(name)) await on.stack.start(name);
      await loggerBack(on.stack, on.publish);
    }
    assert.deepEqual(on.browser.complaints(), []);
  });
  return on;
}
