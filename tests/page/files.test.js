// The page's files name each other: what index.html preloads is what main.js imports, and what
// web/local.mk lists is what gets installed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const folder = new URL('../../web/chat/', import.meta.url);
const read = (/** @type {string} */ name) => readFileSync(new URL(name, folder), 'utf8');
const page = read('index.html');

/**
 * The modules that a module imports, in the end.
 * @param {string} name
 * @param {Set<string>} seen
 */
function importsOf(name, seen = new Set()) {
  for (const [, other] of read(name).matchAll(
    /^(?:import|export)\b[^;]*?from '\.\/([\w-]+\.js)'/gm,
  )) {
    if (seen.has(other)) continue;
    seen.add(other);
    importsOf(other, seen);
  }
  return seen;
}

test('index.html preloads every module of the page, and nothing else', () => {
  const listed = Array.from(
    page.matchAll(/rel="modulepreload" href="([^"]+)"/g),
    ([, name]) => name,
  );
  const scripts = Array.from(page.matchAll(/<script[^>]* src="([^"]+)"/g), ([, name]) => name);
  const needed = new Set(scripts.flatMap((script) => [...importsOf(script)]));
  assert.deepEqual([...listed, ...scripts].sort(), [...needed, ...scripts].sort());
});

test('every file that the page and its manifest name is there', () => {
  const named = Array.from(page.matchAll(/ (?:href|src)="([^":#]+)"/g), ([, name]) => name);
  const { icons } = JSON.parse(read('manifest.webmanifest'));
  const files = readdirSync(folder);
  for (const name of [...named, ...icons.map((/** @type {{src: string}} */ icon) => icon.src)]) {
    assert.ok(files.includes(name), name);
  }
});

test('every file of the page is installed', () => {
  const makefile = readFileSync(new URL('../local.mk', folder), 'utf8');
  for (const name of readdirSync(folder)) assert.ok(makefile.includes(`web/chat/${name}`), name);
});
