// Makes web/min/, the page as it is installed: the same page in a few small files.
// Usage: node web/bundle/page.js
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { minify } from 'terser';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const from = join(root, 'web/chat');
const to = join(root, 'web/min');

/** As they are. */
const COPIED = /^mqtt\.js|^icon|\.webmanifest$/;
const STYLE = / *<link rel="stylesheet" href="([^"]*)">\n/g;

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: root,
  outdir: to,
  bundle: true,
  minify: true,
  charset: 'utf8',
  target: ['chrome123', 'firefox125', 'safari17.5'],
  legalComments: 'none',
};

/** A twentieth shorter than what esbuild makes of it. @param {string} script */
async function short(script) {
  const compress = { passes: 3, unsafe_arrows: true, unsafe_methods: true };
  const { code } = await minify(script, { module: true, compress, format: { comments: false } });
  return code ?? script;
}

const page = readFileSync(join(from, 'index.html'), 'utf8');
const styles = Array.from(page.matchAll(STYLE), ([, name]) => name);

/** One style sheet, no list of modules, no words that translate.js puts in, no indentation or needless quotes. */
function shortPage() {
  return page
    .replace(/ aria-label="[^"]*"(?= data-label=)/g, '')
    .replace(/( data-text="\w+">)[^<]*/g, '$1')
    .replace(STYLE, '')
    .replace(/<link rel="manifest"/, '<link rel="stylesheet" href="chat.css">\n$&')
    .replace(/ *<link rel="modulepreload"[^>]*>\n/g, '')
    .replace(/^ +/gm, '')
    .replace(/="([\w./-]*[\w-])"(?!\/)/g, '=$1');
}

rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });

/** @typedef {{modules: Set<string>, later: string[]}} Part what a script bundles, and what it loads when it is wanted */

/**
 * A script and what it imports. What it imports later stays a file of its own, and a module of `given`
 * is taken from main.js.
 * @param {string} contents
 * @param {string} name
 * @param {Set<string>} [given]
 */
async function bundle(contents, name, given = new Set()) {
  /** @type {Part} */
  const part = { modules: new Set(), later: [] };
  /** @type {import('esbuild').Plugin} */
  const split = {
    name: 'split',
    setup(setup) {
      setup.onResolve({ filter: /^\.\/[\w-]+\.js$/ }, ({ path, kind }) => {
        const module = path.slice(2);
        if (kind === 'dynamic-import') {
          part.later.push(module);
          return { path, external: true };
        }
        if (given.has(module)) return { path: './main.js', external: true };
        part.modules.add(module);
        return undefined;
      });
    },
  };
  const { outputFiles } = await build({
    ...shared,
    format: 'esm',
    stdin: { contents, resolveDir: from },
    entryNames: name.replace(/\.js$/, ''),
    plugins: [split],
    write: false,
  });
  return { ...part, script: outputFiles[0].text };
}

/** The names that a module imports from others. @param {string} module */
function* importsOf(module) {
  const text = readFileSync(join(from, module), 'utf8');
  for (const [, names, other] of text.matchAll(/^import \{([^}]*)\} from '\.\/([\w-]+\.js)'/gm)) {
    for (const name of names.split(',')) if (name.trim()) yield [other, name.trim()];
  }
}

/** All that is loaded later, in the end. @param {string[]} names @returns {Promise<Map<string, Set<string>>>} modules by part */
async function findLater(names) {
  /** @type {Map<string, Set<string>>} */
  const parts = new Map();
  for (const name of names) {
    if (parts.has(name)) continue;
    const { modules, later } = await bundle(`export * from './${name}'`, name);
    parts.set(name, modules);
    names.push(...later);
  }
  return parts;
}

/** The modules that are in more than one of the parts. @param {Iterable<Set<string>>} parts */
function commonOf(parts) {
  const all = Array.from(parts, (modules) => [...modules]).flat();
  return all.filter((module, place) => all.indexOf(module) !== place);
}

/**
 * main.js has what the page begins with, and what more than one part needs; each part that is loaded
 * later takes that from it, so that no module is there twice.
 */
async function bundleAll() {
  const first = await bundle(`import './main.js'`, 'main.js');
  const parts = await findLater([...first.later]);
  const inMain = new Set([...first.modules, ...commonOf(parts.values())]);
  /** @type {Set<string>} */
  const taken = new Set();
  /** @type {Map<string, string>} */
  const scripts = new Map();
  for (const [name, modules] of parts) {
    scripts.set(name, (await bundle(`export * from './${name}'`, name, inMain)).script);
    for (const module of modules) {
      if (inMain.has(module)) continue;
      for (const [other, names] of importsOf(module)) {
        if (inMain.has(other)) taken.add(`export {${names}} from './${other}';`);
      }
    }
  }
  const main = `import './main.js'; ${[...taken].join('')}`;
  scripts.set('main.js', (await bundle(main, 'main.js')).script);
  for (const name of ['start.js', 'sw.js']) {
    scripts.set(name, (await bundle(`export * from './${name}'`, name)).script);
  }
  return scripts;
}

for (const [name, script] of await bundleAll()) writeFileSync(join(to, name), await short(script));
/** One style sheet of several. @param {string} name @param {string[]} sheets */
async function bundleStyles(name, sheets) {
  const contents = sheets.map((sheet) => `@import './web/chat/${sheet}';`).join('\n');
  const stdin = { contents, loader: /** @type {const} */ ('css'), resolveDir: root };
  await build({ ...shared, stdin, entryNames: name.replace(/\.css$/, '') });
}

await bundleStyles('chat.css', styles);
for (const name of readdirSync(from)) {
  if (name.endsWith('.css') && !styles.includes(name)) await bundleStyles(name, [name]);
}
writeFileSync(join(to, 'index.html'), shortPage());
for (const name of readdirSync(from)) {
  if (COPIED.test(name)) copyFileSync(join(from, name), join(to, name));
}

const own = readdirSync(to).filter((name) => /\.(html|css|js)$/.test(name) && name !== 'mqtt.js');
const sizes = own.map((name) => gzipSync(readFileSync(join(to, name)), { level: 9 }).length);
const total = sizes.reduce((sum, size) => sum + size, 0);
console.log(`web/min: ${own.join(', ')}: ${total} bytes gzipped`);
