// The history in a browser: where a room opens, how it grows as one reads, and where links lead.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { until } from '../lib/stack.js';
import * as browsers from './browser.js';

const { enter, waitForPhase, reaches, rowOf, say, storedCount } = browsers;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const NOON = Date.parse('2026-03-10T12:00:00Z');

/**
 * Puts messages into a room, as somebody with a shell would: "message 1", "message 2" …
 * @param {import('../lib/stack.js').Stack} stack
 * @param {string} room
 * @param {number} count
 * @param {number} [every] milliseconds between them, from NOON on
 * @param {number} [from] the number of the first
 */
function fill({ database }, room, count, every = MINUTE, from = 1) {
  const sql = `
    WITH RECURSIVE n (i) AS (VALUES (${from}) UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO messages (ts, room, nickname, text, client_id, msg_id)
    SELECT ${NOON} + i * ${every}, '${room}', 'Ann', 'message ' || i, 'ann', '${room}-' || i FROM n`;
  const { status, stderr } = spawnSync('sqlite3', ['-cmd', '.timeout 5000', database, sql]);
  if (status !== 0) throw new Error(String(stderr));
}

/** @param {browsers.Page} page */
const place = (page) =>
  page.locator('#log').evaluate((log) => {
    const fromBottom = Math.round(log.scrollHeight - log.clientHeight - log.scrollTop);
    return { top: log.scrollTop, fromBottom };
  });

/** The number of the first message on the screen, of the last, and how many there are. @param {browsers.Page} page */
async function span(page) {
  const all = await page.locator('.row .text').allTextContents();
  const numbers = all.map((text) => Number(text.split(' ')[1]));
  return { first: numbers[0], last: numbers.at(-1), count: numbers.length, numbers };
}

/** Where the text of a message is, from the top of the log. @param {browsers.Page} page @param {string} text */
const topOf = (page, text) =>
  rowOf(page, text)
    .locator('.text')
    .evaluate((row) => {
      const log = /** @type {HTMLElement} */ (document.getElementById('log'));
      return row.getBoundingClientRect().top - log.getBoundingClientRect().top;
    });

/**
 * Scrolls to `top`, and tells how far the message that is then the first on the screen was moved, at
 * most, until the log has more rows.
 * @param {browsers.Page} page
 * @param {number} top
 */
function shiftFrom(page, top) {
  return page.locator('#log').evaluate(async (log, y) => {
    const rows = /** @type {HTMLCollectionOf<HTMLElement>} */ (log.getElementsByClassName('row'));
    const count = rows.length;
    const first = rows[0].dataset.id;
    log.scrollTop = y;
    const edge = log.getBoundingClientRect().top;
    const row = Array.from(rows).find((one) => one.getBoundingClientRect().bottom > edge);
    const text = /** @type {Element} */ (row?.querySelector('.text'));
    const before = text.getBoundingClientRect().top;
    let shift = 0;
    const end = performance.now() + 8000;
    let settled = 0;
    while (settled < 10 && performance.now() < end) {
      await new Promise(requestAnimationFrame);
      shift = Math.max(shift, Math.abs(text.getBoundingClientRect().top - before));
      if (rows[0].dataset.id !== first) settled += 1;
    }
    return { shift, more: rows.length > count || rows[0].dataset.id !== first };
  }, top);
}

describe('the history', { skip: browsers.skip, timeout: 480_000 }, () => {
  const on = browsers.setUp();

  test('older pages come as the top nears, with 0 px of shift, also from the very top', async () => {
    fill(on.stack, 'older', 400);
    const page = await enter(on.stack, on.context, 'older');
    assert.equal((await place(page)).fromBottom, 0);
    assert.equal((await span(page)).last, 400);
    for (const top of [300, 0, 1, 0]) {
      const { shift, more } = await shiftFrom(page, top);
      assert.ok(more, `nothing came from ${top}`);
      assert.equal(shift, 0, `from ${top}`);
    }
    const { numbers } = await span(page);
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, i) => numbers[0] + i),
    );
  });

  test('at the start it says so, and asks for nothing more', async () => {
    fill(on.stack, 'start', 120);
    const page = await enter(on.stack, on.context, 'start');
    /** @type {string[]} */
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    await until(async () => {
      await page.locator('#log').evaluate((log) => log.scrollTo(0, 0));
      return (await page.locator('.line.start').count()) === 1;
    });
    assert.match(String(await page.locator('.line.start').textContent()), /where #start begins/);
    const before = requests.filter((url) => url.includes('before=')).length;
    for (const top of [200, 0, 100, 0]) {
      await page.locator('#log').evaluate((log, y) => log.scrollTo(0, y), top);
      await page.waitForTimeout(150);
    }
    assert.equal(requests.filter((url) => url.includes('before=')).length, before);
    assert.equal((await span(page)).first, 1);
  });

  test('one name for what one says within five minutes, across the borders of pages too', async () => {
    fill(on.stack, 'groups', 110);
    const page = await enter(on.stack, on.context, 'groups');
    await until(async () => {
      await page.locator('#log').evaluate((log) => log.scrollTo(0, 0));
      return (await page.locator('.line.start').count()) === 1;
    });
    assert.equal(await page.locator('.row').count(), 110);
    assert.equal(await page.locator('.row.head').count(), 1);
    assert.equal(await page.locator('.row.head .name').count(), 1);
    fill(on.stack, 'apart', 5, 6 * MINUTE);
    const apart = await enter(on.stack, on.context, 'apart');
    assert.equal(await apart.locator('.row.head .name').count(), 5);
  });

  test('days begin at midnight where the reader is', async () => {
    fill(on.stack, 'days', 24, 60 * MINUTE); // from 13:00 UTC on the 10th to 12:00 on the 11th
    for (const [timezoneId, hour] of /** @type {const} */ ([
      ['Asia/Tokyo', 15],
      ['America/New_York', 4],
    ])) {
      const there = await on.browser.context({ timezoneId });
      const page = await enter(on.stack, there, 'days');
      const days = await page
        .locator('.line.day time')
        .evaluateAll((all) => all.map((time) => time.getAttribute('datetime')));
      assert.deepEqual(days, ['2026-03-10', '2026-03-11'], timezoneId);
      const next = page.locator('.line.day').nth(1).locator('+ .row time');
      const at = new Date(String(await next.getAttribute('datetime')));
      assert.equal(at.getUTCHours(), hour, timezoneId);
      await there.close();
    }
  });

  test('a room opens at the line "new"; what was seen is above it', async () => {
    fill(on.stack, 'unseen', 60);
    const first = await enter(on.stack, on.context, 'unseen');
    await reaches(first, 'message 60', 'stored');
    await first.close();
    for (let i = 61; i <= 90; i++) {
      await on.publish('unseen', {
        nickname: 'Ann',
        text: `message ${i}`,
        clientId: 'a',
        msgId: `u${i}`,
      });
    }
    await storedCount(on.stack, 'unseen', 90);
    const page = await enter(on.stack, on.context, 'unseen');
    assert.equal(await page.locator('.new + .row .text').textContent(), 'message 61');
    const top = await topOf(page, 'message 61');
    const { height } = /** @type {{height: number}} */ (await page.locator('#log').boundingBox());
    assert.ok(top > 0 && top < height / 2, `${top} of ${height}`);
    assert.match(String(await page.locator('#newest').textContent()), /^30 new/);
    await page.click('#newest');
    await until(async () => (await place(page)).fromBottom === 0);
    await page.locator('#newest').waitFor({ state: 'hidden' });
    await page.reload();
    await waitForPhase(page, 'online');
    assert.equal(await page.locator('.new').count(), 0);
    assert.equal((await place(page)).fromBottom, 0);
  });

  for (const count of [150, 1000]) {
    test(`past ${count} unread, one click, End, or a text of one's own leads to the newest`, async () => {
      for (const way of ['click', 'End', 'send']) {
        const room = `far-${count}-${way.toLowerCase()}`;
        fill(on.stack, room, 20);
        const page = await enter(on.stack, on.context, room);
        await reaches(page, 'message 20', 'stored');
        await page.goto(`${on.stack.url}#ashore`);
        await until(async () => (await page.locator('.row').count()) === 0);
        fill(on.stack, room, count + 20, MINUTE, 21);
        await page.reload();
        await page.goto(`${on.stack.url}#${room}`);
        await page.locator('.new + .row', { hasText: 'message 21' }).waitFor();
        await waitForPhase(page, 'online'); // End is a key of the extras
        if (way === 'click') await page.click('#newest');
        if (way === 'End') await page.press('#log', 'End');
        if (way === 'send') await say(page, 'my own');
        const last = way === 'send' ? 'my own' : `message ${count + 20}`;
        await reaches(page, last, 'stored');
        await until(async () => (await place(page)).fromBottom === 0);
        await page.locator('#newest').waitFor({ state: 'hidden' });
        assert.ok(await rowOf(page, last).isVisible());
        await page.close();
      }
    });
  }

  test('scrolled up, what comes is counted, and a click leads to it', async () => {
    fill(on.stack, 'count', 60);
    const page = await enter(on.stack, on.context, 'count');
    await page.locator('#log').evaluate((log) => log.scrollTo(0, 900));
    await page.locator('#newest').waitFor();
    for (let i = 1; i <= 3; i++) {
      await on.publish('count', { nickname: 'B', text: `new ${i}`, clientId: 'b', msgId: `n${i}` });
    }
    await page.locator('#newest', { hasText: '3 new' }).waitFor();
    await page.click('#newest');
    await until(async () => (await place(page)).fromBottom === 0);
    await page.locator('#newest').waitFor({ state: 'hidden' });
  });

  test('a link leads into the middle of 100,000 messages, and from there both ways', async () => {
    fill(on.stack, 'many', 100_000, 1000);
    const [{ id }] = on.stack.sql("SELECT id FROM messages WHERE msg_id = 'many-50000'");
    const page = await enter(on.stack, on.context, `many/${id}`);
    await rowOf(page, 'message 50000').waitFor();
    const target = page.locator('.row.target');
    assert.equal(await target.locator('.text').textContent(), 'message 50000');
    const { height } = /** @type {{height: number}} */ (await page.locator('#log').boundingBox());
    const top = await topOf(page, 'message 50000');
    assert.ok(top > 0 && top < height, `${top} of ${height}`);
    const opened = await span(page);
    assert.ok(opened.count <= 320);
    for (const [where, edge] of /** @type {const} */ ([
      [0, 49_800],
      [1e6, 50_200],
    ])) {
      await until(async () => {
        await page.locator('#log').evaluate((log, y) => log.scrollTo(0, y), where);
        await page.waitForTimeout(60);
        const { first, last } = await span(page);
        return where === 0 ? first < edge : Number(last) > edge;
      });
      const { numbers, count } = await span(page);
      assert.deepEqual(
        numbers,
        Array.from(numbers, (_, i) => numbers[0] + i),
      );
      assert.ok(count <= 320, `${count} rows`);
    }
    // What is said meanwhile is not put after the middle; it is at the end.
    await on.publish('many', { nickname: 'B', text: 'now', clientId: 'b', msgId: 'now' });
    await page.locator('#newest', { hasText: '1 new' }).waitFor();
    assert.equal(await rowOf(page, 'now').count(), 0);
    await page.click('#newest');
    await rowOf(page, 'now').waitFor();
    await say(page, 'and me');
    await reaches(page, 'and me', 'stored');
    assert.equal(await page.evaluate(() => location.hash), '#many', 'a reload leads to the end');
  });

  test('a message of which neither a copy nor a receipt came is noticed by the receipt after it', async () => {
    fill(on.stack, 'gap', 1);
    const page = await enter(on.stack, on.context, 'gap');
    await page.waitForTimeout(1000); // what is read because it is connected has been read
    fill(on.stack, 'gap', 2, MINUTE, 2);
    await browsers.shows(page, ['message 1']);
    await on.publish('gap', { nickname: 'B', text: 'message 3', clientId: 'b', msgId: 'g3' });
    await browsers.shows(page, ['message 1', 'message 2', 'message 3']);
  });

  test('the time of a message is its link, with the whole date for keyboard and mouse', async () => {
    fill(on.stack, 'links', 3);
    const page = await enter(on.stack, on.context, 'links');
    const [{ id }] = on.stack.sql("SELECT id FROM messages WHERE msg_id = 'links-2'");
    const link = page.locator(`.when[href="#links/${id}"]`);
    await page.focus('#log');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowUp');
    assert.ok(await link.evaluate((one) => one === document.activeElement));
    const full = String(await link.locator('time').getAttribute('title'));
    assert.match(full, /Tuesday,? 10 March 2026/);
    const shown = await link.evaluate((one) => getComputedStyle(one, '::after').content);
    // Firefox tells where it has it from.
    if (shown === 'attr(data-full)') assert.equal(await link.getAttribute('data-full'), full);
    else assert.equal(shown, JSON.stringify(full));
    await page.keyboard.press('Enter');
    await page.locator('.row.target', { hasText: 'message 2' }).waitFor();
  });

  test('a date leads to the first message of that day', async () => {
    fill(on.stack, 'dates', 1000, DAY / 100);
    const page = await enter(on.stack, on.context, 'dates');
    await page.click('#open-jump');
    await page.fill('#jump-date', '2026-03-14');
    await page.keyboard.press('Enter');
    const day = page.locator('.line.day:has(time[datetime="2026-03-14"]) + .row');
    await day.waitFor();
    const text = String(await day.locator('.text').textContent());
    await until(async () => {
      const top = await topOf(page, text);
      return top > 0 && top < 200;
    });
  });

  test('a date after the last message moves nothing, and says why', async () => {
    fill(on.stack, 'ended', 200, DAY / 100);
    const page = await enter(on.stack, on.context, 'ended');
    await rowOf(page, 'message 200').waitFor();
    await page.click('#open-jump');
    await page.fill('#jump-date', '2031-01-01');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Nothing was written on that day').waitFor();
    assert.ok(await page.locator('#jump-date').isVisible(), 'another day can be chosen');
    assert.ok(await rowOf(page, 'message 200').isVisible());
    await page.fill('#jump-date', '2026-03-11');
    assert.equal(await page.locator('#jump-error').textContent(), '');
    await page.keyboard.press('Enter');
    await page.locator('.line.day:has(time[datetime="2026-03-11"])').waitFor();
    assert.equal(await page.locator('#jump-date').isVisible(), false);
  });

  test('after thousands of messages there are about 300 rows', async () => {
    const page = await enter(on.stack, on.context, 'flood');
    for (let i = 1; i <= 1000; i++) {
      on.publish('flood', { nickname: 'B', text: `message ${i}`, clientId: 'b', msgId: `f${i}` });
    }
    await rowOf(page, 'message 1000').waitFor({ timeout: 30_000 });
    await reaches(page, 'message 1000', 'stored', 30_000);
    await until(async () => (await span(page)).numbers.every((n, i, all) => n === all[0] + i));
    assert.ok((await span(page)).count <= 320);
    assert.equal((await place(page)).fromBottom, 0);
  });
});
