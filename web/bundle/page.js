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
/** What is loaded before the page is painted, and what only some load. */
const APART = ['preferences.js', 'texts-fi.js'];
const SCRIPTS = ['sw.js', ...APART];
/** What is loaded when it is opened, and takes from main.js what that has as well. */
const LATER = ['search-panel.js', 'settings-dialog.js'];
/** @type {Record<string, string[]>} */
const SHARED = {
  'dialog.js': ['createDialog'],
  'dom.js': ['byId', 'make', 'setText'],
  'history.js': ['HistoryError', 'describeError', 'request'],
  'payload.js': ['isRoom', 'parsePage'],
  'texts.js': ['texts'],
  'times.js': ['dayText', 'fullText', 'hourText'],
  'words.js': ['onlyVisible'],
};
const STYLE = / *<link rel="stylesheet" href="(.*)">\n/g;

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: root,
  outdir: to,
  bundle: true,
  minify: true,
  charset: 'utf8',
  target: ['chrome123', 'firefox121', 'safari17.5'],
  legalComments: 'none',
};

/** A twentieth shorter than what esbuild makes of it. @param {string} script */
async function short(script) {
  const compress = { passes: 3, unsafe_arrows: true, unsafe_methods: true };
  const { code } = await minify(script, { module: true, compress, format: { comments: false } });
  return code ?? script;
}

const page = readFileSync(join(from, 'index.html'), 'utf8');
const styles = Array.from(page.matchAll(STYLE), ([, name]) => `@import './web/chat/${name}';`);

/** One style sheet, no list of modules, no indentation. */
function shortPage() {
  return page
    .replace(STYLE, '')
    .replace(/<link rel="manifest"/, '<link rel="stylesheet" href="chat.css">\n$&')
    .replace(/ *<link rel="modulepreload"[^>]*>\n/g, '')
    .replace(/^ +/gm, '');
}

rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
/** @type {import('esbuild').BuildOptions} */
const scripts = {
  ...shared,
  format: 'esm',
  external: ['./mqtt.js', ...[...APART, ...LATER].map((name) => `./${name}`)],
};

/** @type {import('esbuild').Plugin} */
const fromMain = {
  name: 'from-main',
  setup(setup) {
    const filter = new RegExp(`^\\./(${Object.keys(SHARED).join('|')})$`);
    setup.onResolve({ filter }, () => ({ path: './main.js', external: true }));
  },
};
const sharing = Object.entries(SHARED).map(
  ([name, members]) => `export {${members}} from './web/chat/${name}';`,
);
const paths = (/** @type {string[]} */ names) => names.map((name) => `web/chat/${name}`);
for (const { outputFiles } of await Promise.all([
  build({ ...scripts, entryPoints: paths(SCRIPTS), write: false }),
  build({ ...scripts, entryPoints: paths(LATER), plugins: [fromMain], write: false }),
  build({
    ...scripts,
    stdin: { contents: `import './web/chat/main.js'; ${sharing.join('')}`, resolveDir: root },
    entryNames: 'main',
    write: false,
  }),
])) {
  for (const { path, text } of outputFiles) writeFileSync(path, await short(text));
}
await build({
  ...shared,
  stdin: { contents: styles.join('\n'), loader: 'css', resolveDir: root },
  entryNames: 'chat',
});
writeFileSync(join(to, 'index.html'), shortPage());
for (const name of readdirSync(from)) {
  if (COPIED.test(name)) copyFileSync(join(from, name), join(to, name));
}

const own = readdirSync(to).filter((name) => /\.(html|css|js)$/.test(name) && name !== 'mqtt.js');
const sizes = own.map((name) => gzipSync(readFileSync(join(to, name)), { level: 9 }).length);
const total = sizes.reduce((sum, size) => sum + size, 0);
console.log(`web/min: ${own.join(', ')}: ${total} bytes gzipped`);
