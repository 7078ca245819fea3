// Where the links in a text lead and what they say of it, lists, and characters that nobody sees.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as browsers from './browser.js';

const { enter, reaches, rowOf, say, storedCount } = browsers;

describe('links, and what is not seen', { skip: browsers.skip, timeout: 300_000 }, () => {
  const on = browsers.setUp();

  /** Shows a text, and gives its element. @param {browsers.Page} page @param {string} room @param {string} text */
  async function shown(page, room, text) {
    const count = await page.locator('.row').count();
    await on.publish(room, { nickname: 'Ann', text, clientId: 'ann', msgId: `${room}-${count}` });
    await page.locator('.row').nth(count).waitFor();
    return page.locator('.row').nth(count).locator('.text');
  }

  test('a link ends before the punctuation of the sentence, and tells its true host', async () => {
    const page = await enter(on.stack, on.context, 'hosts');
    /** @type {[string, string, string, string][]} text, what of it is the link, its address, the host */
    const cases = [
      ['https://a.example/b。次', 'https://a.example/b', 'https://a.example/b', ''],
      ['https://a.example/a, or', 'https://a.example/a', 'https://a.example/a', ''],
      ['is it https://a.example/a?!', 'https://a.example/a', 'https://a.example/a', ''],
      ['(see https://a.example/a_(b)).', 'https://a.example/a_(b)', 'https://a.example/a_(b)', ''],
      ['“https://a.example/d”', 'https://a.example/d', 'https://a.example/d', ''],
      ['[https://a.example/i]', 'https://a.example/i', 'https://a.example/i', ''],
      ['www.a.example', 'www.a.example', 'https://www.a.example', ''],
      ['aino@a.example', 'aino@a.example', 'mailto:aino@a.example', ''],
      ['https://räksä.example', 'https://räksä.example', 'https://räksä.example', ''],
      [
        'https://аррӏе.example/',
        'https://аррӏе.example/',
        'https://аррӏе.example/',
        'xn--80ak6aa92e.example',
      ],
      [
        'https://pаypal.example/x',
        'https://pаypal.example/x',
        'https://pаypal.example/x',
        'xn--pypal-4ve.example',
      ],
      [
        'https://good.example@evil.example/',
        'https://good.example@evil.example/',
        'https://good.example@evil.example/',
        'evil.example',
      ],
      [
        '[https://good.example](https://evil.example/good.example)',
        'https://good.example',
        'https://evil.example/good.example',
        'evil.example',
      ],
      ['[good.example](https://a/good.example)', 'good.example', 'https://a/good.example', 'a'],
    ];
    for (const [text, link, href, host] of cases) {
      const element = await shown(page, 'hosts', text);
      const anchor = element.locator('a');
      assert.equal(await anchor.textContent(), link, text);
      assert.equal(await anchor.getAttribute('href'), href, text);
      const said = await element.locator('.host').allTextContents();
      assert.deepEqual(said, host ? [` (${host})`] : [], text);
    }
  });

  test('strikes and lists are seen as such', async () => {
    const page = await enter(on.stack, on.context, 'lists');
    const struck = await shown(page, 'lists', 'a ~~b~~');
    assert.equal(await struck.locator('s').textContent(), 'b');
    const list = await shown(page, 'lists', 'buy:\n- milk\n- *tea*\n\nor\n7. seven\n9. nine');
    assert.deepEqual(await list.locator('ul > li').allTextContents(), ['milk', 'tea']);
    const numbers = list.locator('ol > li');
    const values = () =>
      numbers.evaluateAll((all) => all.map((li) => /** @type {HTMLLIElement} */ (li).value));
    assert.deepEqual(await values(), [7, 9]);
    const style = (/** @type {string} */ tag) =>
      list.locator(tag).evaluate((element) => getComputedStyle(element).listStyleType);
    assert.deepEqual([await style('ul'), await style('ol')], ['disc', 'decimal']);
  });

  test('no character of a text turns the link behind it', async () => {
    const page = await enter(on.stack, on.context, 'turned');
    const left = async (/** @type {string} */ before) => {
      const element = await shown(
        page,
        'turned',
        `${before}moc.live//:sptth https://a.example/abc`,
      );
      return element.evaluate((text) => {
        const range = document.createRange();
        const at = (/** @type {Node} */ node, /** @type {number} */ i) => {
          range.setStart(node, i);
          range.setEnd(node, i + 1);
          return range.getBoundingClientRect().left;
        };
        const link = /** @type {Node} */ (text.querySelector('a')?.firstChild);
        return (
          at(link, 0) < at(link, 8) && !/[\u202a-\u202e\u2066-\u2069]/.test(`${text.textContent}`)
        );
      });
    };
    for (const before of ['', '\u202e', '\u2067', '\u202b', 'שלום \u202e']) {
      assert.ok(await left(before), JSON.stringify(before));
    }
  });

  test('a name or a text of which nothing is visible is not sent, and a mark stands for an old one', async () => {
    const page = await enter(on.stack, on.context, 'unseen-text');
    for (const nothing of ['\u200b', '\u2060\u00ad', '\u3164', '\u2800\u200d', '\u202e']) {
      await page.fill('#text', nothing);
      await page.press('#text', 'Enter');
    }
    assert.equal(await page.locator('.row').count(), 0);
    await say(page, '👩‍💻\u200b');
    await page.locator('.row[data-state=stored]').waitFor();
    await page.click('#me');
    await page.fill('#name', '\u200b\u2060');
    await page.press('#name', 'Enter');
    await page.getByText('A nickname has 1 to 64 characters.').waitFor();
    await page.fill('#name', '\u202eonA');
    await page.press('#name', 'Enter');
    await say(page, 'who');
    await reaches(page, 'who', 'stored');
    const all = await on.stack.wholeHistory('unseen-text');
    assert.deepEqual(
      all.map(({ nickname }) => nickname),
      ['Aino', 'onA'],
    );
    browsers.insert(on.stack, 'unseen-old', [
      ['\u200b', 'a text'],
      ['\u202eonA', '\u2060'],
    ]);
    await storedCount(on.stack, 'unseen-old', 2);
    const old = await enter(on.stack, on.context, 'unseen-old');
    await rowOf(old, 'a text').waitFor();
    assert.deepEqual(await old.locator('.name').allTextContents(), ['(nothing visible)', 'onA']);
    assert.deepEqual(await browsers.texts(old), ['a text', '(nothing visible)']);
  });
});
