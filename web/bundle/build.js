// Makes web/chat/mqtt.js, and the licences of what went into it, from entry.js.
// Usage: node web/bundle/build.js [output file]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const outfile = resolve(process.argv[2] ?? join(root, 'web/chat/mqtt.js'));
const licenceFile = `${outfile}.LICENSE.txt`;

/** Gzipped, in bytes: the page's budget for this file. */
const BUDGET = 75 * 1024;

/**
 * What takes the place of packages that the page has no use for.
 * @type {Record<string, string>}
 */
const STUBS = {
  // 5 KB, and reads localStorage. MQTT.js's `log` option is there for debugging.
  debug: 'module.exports = () => () => {};',
  // One is made for topic aliases that are sent. The page sends none, so none is ever filled.
  'lru-cache': 'exports.LRUCache = class {};',
  // A worker made from a blob, which the page's policy forbids; it asks for native timers.
  'worker-timers': 'exports.setInterval = setInterval; exports.clearInterval = clearInterval;',
};

const stubs = {
  name: 'stubs',
  /** @param {import('esbuild').PluginBuild} setup */
  setup(setup) {
    const filter = new RegExp(`^(${Object.keys(STUBS).join('|')})$`);
    setup.onResolve({ filter }, ({ path }) => ({ path, namespace: 'stub' }));
    setup.onLoad({ filter, namespace: 'stub' }, ({ path }) => ({ contents: STUBS[path] }));
  },
};

/** MQTT.js reads its version out of its package.json, the rest of which has no place in a page. */
const slimPackageJson = {
  name: 'slim-package-json',
  /** @param {import('esbuild').PluginBuild} setup */
  setup(setup) {
    setup.onLoad({ filter: /package\.json$/ }, ({ path }) => {
      const { version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/**
 * The folder of the package that a bundled file is from, null for a file of ours.
 * @param {string} file
 */
function packageOf(file) {
  const at = file.lastIndexOf('node_modules/');
  if (at < 0) return null;
  const start = at + 'node_modules/'.length;
  const depth = file[start] === '@' ? 2 : 1;
  return file.slice(0, start) + file.slice(start).split('/').slice(0, depth).join('/');
}

/** @param {string} folder */
function noticeOf(folder) {
  const { name, version, license } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  );
  const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence file: do not ship it`);
  const text = readFileSync(join(root, folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}

/** @param {Record<string, {bytesInOutput: number}>} inputs */
function notices(inputs) {
  const used = Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0);
  const folders = new Set(used.map(packageOf).filter((folder) => folder !== null));
  const rule = `\n${'-'.repeat(78)}\n\n`;
  return `mqtt.js is made of these packages.\n${rule}${[...folders].sort().map(noticeOf).join(rule)}`;
}

if (!existsSync(join(root, 'node_modules/mqtt'))) {
  console.error('web/bundle: node_modules/mqtt is missing; run "npm ci" first');
  process.exit(1);
}

const result = await build({
  absWorkingDir: root,
  entryPoints: ['web/bundle/entry.js'],
  outfile,
  write: false,
  bundle: true,
  metafile: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  define: { global: 'globalThis' },
  inject: [join(here, 'shims.js')],
  plugins: [stubs, slimPackageJson],
  legalComments: 'none',
  banner: { js: '/*! Licences of the packages in this file: mqtt.js.LICENSE.txt */' },
});

const code = result.outputFiles[0].contents;
const size = gzipSync(code, { level: 9 }).length;
if (size > BUDGET) {
  console.error(`web/bundle: ${size} bytes gzipped, the budget is ${BUDGET}`);
  process.exit(1);
}
const [output] = Object.values(result.metafile.outputs);
writeFileSync(licenceFile, notices(output.inputs));
writeFileSync(outfile, code);
const shown = relative(process.cwd(), outfile).split(sep).join('/');
console.log(`${shown}: ${code.length} bytes, ${size} gzipped`);
