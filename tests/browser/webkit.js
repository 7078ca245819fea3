// A smoke test in WebKit, whose engine Safari has: the page opens, reads the history, sends and gets its ✓.
// Plain WebDriver over HTTP: webkit2gtk-driver starts MiniBrowser, on a screen of Xvfb. Run by hand or by
// `quickstart check night`:  MQTT_CHAT_BUILD=build node tests/browser/webkit.js
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { freePort, listens, startStack, until } from '../lib/stack.js';

const LIBRARIES = '/usr/lib';
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const WAIT_MS = 60_000;

/** Ends with this process. @type {import('node:child_process').ChildProcess[]} */
const children = [];
process.on('exit', () => {
  for (const child of children) child.kill();
});

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function start(command, args, env = process.env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  child.on('error', ({ message }) => {
    console.log(`skipped: ${message} (apt-get install webkit2gtk-driver xvfb)`);
    process.exit(77);
  });
  children.push(child);
  return child;
}

/** /usr/lib/<machine>/webkit2gtk-<version>/MiniBrowser */
function findBrowser() {
  for (const machine of readdirSync(LIBRARIES).filter((name) => name.includes('-linux-'))) {
    for (const name of readdirSync(join(LIBRARIES, machine))) {
      if (/^webkit2gtk-4/.test(name)) return join(LIBRARIES, machine, name, 'MiniBrowser');
    }
  }
  console.log('skipped: there is no MiniBrowser (apt-get install webkit2gtk-driver)');
  return process.exit(77);
}

/** The number of a free screen, which Xvfb writes when it can be used. @returns {Promise<string>} */
function startScreen() {
  const screen = start('Xvfb', [
    '-displayfd',
    '3',
    '-screen',
    '0',
    '1280x800x24',
    '-nolisten',
    'tcp',
  ]);
  return new Promise((resolve) => {
    screen.stdio[3]?.once('data', (data) => resolve(String(data).trim()));
  });
}

/** @param {string} base of the driver @param {string} method @param {string} path @param {object} [body] */
async function ask(base, method, path, body) {
  const answer = await fetch(base + path, { method, body: body && JSON.stringify(body) });
  const { value } = /** @type {{value: any}} */ (await answer.json());
  if (!answer.ok) throw new Error(`${path}: ${value?.message}`);
  return value;
}

/** A browser that is told what to do. */
async function openBrowser() {
  const env = {
    ...process.env,
    DISPLAY: `:${await startScreen()}`,
    WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  };
  const port = await freePort();
  start('WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], env);
  await until(() => listens(port), WAIT_MS, 'the driver listens');
  const base = `http://127.0.0.1:${port}`;
  const browser = { binary: findBrowser(), args: ['--automation'] };
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': browser } };
  const { sessionId } = await ask(base, 'POST', '/session', { capabilities });
  const session = `${base}/session/${sessionId}`;
  return {
    go: (/** @type {string} */ url) => ask(session, 'POST', '/url', { url }),
    run: (/** @type {string} */ script) =>
      ask(session, 'POST', '/execute/sync', { script: `return ${script}`, args: [] }),
    async type(/** @type {string} */ selector, /** @type {string} */ text) {
      const element = await ask(session, 'POST', '/element', {
        using: 'css selector',
        value: selector,
      });
      await ask(session, 'POST', `/element/${element[ELEMENT]}/value`, { text });
    },
    close: () => ask(session, 'DELETE', ''),
  };
}

const ENTER = '\uE007';
const TEXTS = `Array.from(document.querySelectorAll('.row .text'), (text) => text.textContent)`;
const ERRORS = `Array.from(document.querySelectorAll('.error, .notice, .trouble'))
  .filter((box) => box.checkVisibility()).map((box) => box.textContent.trim()).filter(Boolean)`;

const stack = await startStack();
try {
  await (await stack.client()).publishAsync('chat/webkit', 'door open', { qos: 1 });
  await until(async () => (await stack.history('room=webkit')).length === 1, WAIT_MS);
  const browser = await openBrowser();
  const is = (/** @type {string} */ script) => until(() => browser.run(script), WAIT_MS, script);
  await browser.go(`${stack.url}#webkit`);
  await is(`document.querySelector('#connection[data-phase=online]') !== null`);
  assert.deepEqual(await browser.run(TEXTS), ['door open'], 'the history');
  await browser.type('#name', `Aino${ENTER}`);
  await is(`document.querySelector('#text').checkVisibility()`);
  await browser.type('#text', `hello from WebKit${ENTER}`);
  await is(`document.querySelector('.row.own .state')?.textContent === '✓'`);
  assert.deepEqual(await browser.run(TEXTS), ['door open', 'hello from WebKit']);
  assert.deepEqual(await browser.run(ERRORS), [], 'nothing is wrong');
  const [, { nickname, text }] = await stack.history('room=webkit');
  assert.deepEqual([nickname, text], ['Aino', 'hello from WebKit']);
  console.log(`passed: ${await browser.run('navigator.userAgent')}`);
  await browser.close();
} finally {
  await stack.close();
}
process.exit(0);
