// The page's files name each other: what index.html preloads is what main.js imports, and what
// web/local.mk lists is what gets installed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const folder = new URL('../../web/chat/', import.meta.url);
const read = (/** @type {string} */ name) => readFileSync(new URL(name, folder), 'utf8');
const page = read('index.html');

const modules = readdirSync(folder).filter((name) => name.endsWith('.js') && name !== 'mqtt.js');

/** What a module imports to begin with: what it loads when it is wanted is no part of that. @param {string} text */
function importsOf(text) {
  const imports = text.matchAll(/^(?:import|export)\b(?:[^;]*? from)? '\.\/([\w-]+\.js)'/gm);
  return Array.from(imports, ([, name]) => name);
}

/**
 * The modules that a module imports, in the end.
 * @param {string} name
 * @param {Set<string>} seen
 */
function allImportsOf(name, seen = new Set()) {
  for (const other of importsOf(read(name))) {
    if (seen.has(other)) continue;
    seen.add(other);
    allImportsOf(other, seen);
  }
  return seen;
}

/**
 * The first circle of imports, from a module back to itself; or none.
 * @param {Map<string, string[]>} imports by module
 * @returns {string[]}
 */
function findCircle(imports) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @param {string} name @param {string[]} path @returns {string[]} */
  function visit(name, path) {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const other of imports.get(name) ?? []) {
      const circle = visit(other, [...path, name]);
      if (circle.length > 0) return circle;
    }
    done.add(name);
    return [];
  }
  for (const name of imports.keys()) {
    const circle = visit(name, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

test('index.html preloads every module of the page, and nothing else', () => {
  const listed = Array.from(
    page.matchAll(/rel="modulepreload" href="([^"]+)"/g),
    ([, name]) => name,
  );
  const scripts = Array.from(page.matchAll(/<script[^>]* src="([^"]+)"/g), ([, name]) => name);
  const needed = new Set(scripts.flatMap((script) => [...allImportsOf(script)]));
  assert.deepEqual([...listed, ...scripts].sort(), [...needed, ...scripts].sort());
});

test('every file that the page and its manifest name is there', () => {
  const all = Array.from(page.matchAll(/ (?:href|src)="([^":#]+)"/g), ([, name]) => name);
  const named = all.filter((name) => name !== 'site.json'); // the operator's
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

test('no module imports itself, by way of others', () => {
  const imports = new Map();
  for (const name of modules) {
    const later = Array.from(read(name).matchAll(/import\('\.\/([\w-]+\.js)'\)(?!\.[A-Z])/g));
    imports.set(name, [...importsOf(read(name)), ...later.map(([, other]) => other)]);
  }
  assert.ok(imports.get('main.js').includes('extras.js'), 'imports are found');
  assert.deepEqual(findCircle(imports), []);

  // One would be found: main.js imports log.js, by way of others.
  imports.get('log.js').push('main.js');
  const circle = findCircle(imports);
  assert.ok(circle.includes('log.js') && circle.includes('main.js'), `${circle}`);
});

test('the page has no folders', () => {
  assert.deepEqual(
    readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()),
    [],
  );
});
