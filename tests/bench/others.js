/**
 * What the API is held against, all behind one nginx with the settings of ours: the same bytes from a
 * file and from a responder that does nothing, the stack that this one replaced, and Fossil's chat.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, freePort, listens, startStack, top, until } from '../lib/stack.js';
import { installed } from './parts.js';

/** @typedef {import('../lib/stack.js').Stack} Stack */
/** @typedef {{location: string, close: () => Promise<void>}} Other what nginx shall have, and its end */

/** @param {Stack} ours @returns {Promise<{head: string, body: string}>} its newest page */
async function answerOf(ours) {
  const plain = { headers: { 'accept-encoding': 'identity' } };
  const response = await fetch(`${ours.root}/api/messages`, plain);
  const names = ['content-type', 'cache-control', 'content-length', 'etag', 'link'];
  const head = names.map((name) => `${name}: ${response.headers.get(name)}\r\n`).join('');
  if (head.includes('null')) throw new Error(`an answer without one of ${names}: ${head}`);
  return { head, body: await response.text() };
}

/** Whatever becomes of us, it ends with us. @param {string} program @param {string[]} args @param {import('node:child_process').SpawnOptions} options */
function start(program, args, options) {
  const started = spawn(program, args, options);
  const kill = () => void started.kill('SIGTERM');
  process.once('exit', kill);
  started.once('exit', () => process.off('exit', kill));
  return started;
}

/** @param {import('node:child_process').ChildProcess} started @param {string} folder of its own */
async function end(started, folder) {
  started.kill('SIGTERM');
  await until(() => started.exitCode !== null || started.signalCode !== null, 30_000);
  rmSync(folder, { recursive: true });
}

/** @param {number} messages @returns {Promise<Other>} */
async function startFlask(messages) {
  const folder = mkdtempSync(join(tmpdir(), 'mqtt-chat-baseline-'));
  const port = await freePort();
  const args = [folder, port, messages].map(String);
  const started = start(join(top, 'tests/bench/baseline/start'), args, { stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}/api/messages`;
  await until(async () => (await fetch(url)).ok, 60_000, 'the replaced stack answers');
  return {
    location: `location ^~ /flask/ { proxy_pass http://127.0.0.1:${port}/; proxy_set_header Host $host; }`,
    close: () => end(started, folder),
  };
}

/** @param {string} repository @param {NodeJS.ProcessEnv} env */
function initFossil(repository, env) {
  const steps = [
    ['init', '-A', 'admin', repository],
    ['user', '-R', repository, 'capabilities', 'nobody', 'C'],
  ];
  for (const args of steps) {
    const { status, stderr } = spawnSync('fossil', args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`fossil ${args[0]}: ${stderr}`);
  }
}

/** Now: Fossil forgets what is a week old. @param {string} repository @param {number} messages */
function fillFossil(repository, messages) {
  const fill = `
    CREATE TABLE chat(msgid INTEGER PRIMARY KEY AUTOINCREMENT, mtime JULIANDAY, lmtime TEXT,
      xfrom TEXT, xmsg TEXT, fname TEXT, fmime TEXT, mdel INT, file BLOB);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${messages})
    INSERT INTO chat(mtime, lmtime, xfrom, xmsg) SELECT julianday('now'),
      strftime('%Y-%m-%dT%H:%M:%S', 'now'), 'Tester', '${TEXT} ' || i FROM n;`;
  const { status, stderr } = spawnSync('sqlite3', [repository, fill], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Fossil's chat cannot be filled: ${stderr}`);
}

/** Its pages want a Referer, as a browser sends it. @param {number} port */
const scgi = (port) => `location ^~ /fossil/ {
  scgi_pass 127.0.0.1:${port}; include /etc/nginx/scgi_params; scgi_param SCRIPT_NAME /fossil;
  scgi_param PATH_INFO /chat-poll; scgi_param HTTP_REFERER http://$host/fossil/chat; }`;

/** @param {number} messages @returns {Promise<Other>} */
async function startFossil(messages) {
  const home = mkdtempSync(join(tmpdir(), 'mqtt-chat-fossil-'));
  const env = { ...process.env, HOME: home, USER: 'admin' };
  const repository = join(home, 'chat.fossil');
  initFossil(repository, env);
  fillFossil(repository, messages);
  const port = await freePort();
  const args = ['server', '--localhost', '--nojail', '--scgi', '--port', String(port), repository];
  const started = start('fossil', args, { env, stdio: 'ignore' });
  await until(() => listens(port), 20_000, 'fossil server listens');
  return { location: scgi(port), close: () => end(started, home) };
}

/** What the messages say, all of them, with a number behind. */
export const TEXT = 'Message of an ordinary length, as people write them';

/** Puts the responder that does nothing in the place of ours. @param {Stack} stack @param {string} answer */
function replaceResponder(stack, answer) {
  const file = join(stack.dataDir, 'etc/answer');
  writeFileSync(file, answer, { mode: 0o644 });
  const launcher = join(stack.dataDir, 'services/api');
  const config = join(stack.dataDir, 'etc/mqtt-chat.conf');
  const threads = /^threads = (\d+)/m.exec(readFileSync(config, 'utf8'))?.[1];
  const real = `${join(build, 'cgi-bin/chat.fcgi')} --config ${config}`;
  const constant = `${join(build, 'tests/bench/constant')} ${threads} ${file}`;
  writeFileSync(launcher, readFileSync(launcher, 'utf8').replace(real, constant));
}

/** @param {Stack} stack @param {string} body @param {Other[]} others */
function addLocations(stack, body, others) {
  const folder = join(stack.dataDir, 'etc/static');
  mkdirSync(folder, { mode: 0o755 });
  writeFileSync(join(folder, 'newest.json'), body, { mode: 0o644 });
  const file = join(stack.dataDir, 'etc/nginx-server.conf');
  const locations = others.map(({ location }) => location);
  const fromFile = `location ^~ /static/ { alias ${folder}/; }`;
  writeFileSync(file, [readFileSync(file, 'utf8'), fromFile, ...locations, ''].join('\n'));
}

/** @param {Stack} stack @param {{head: string, body: string}} answer @param {Other[]} others */
async function startNginx(stack, { head, body }, others) {
  replaceResponder(stack, `Status: 200 OK\r\n${head}\r\n${body}`);
  addLocations(stack, body, others);
  await stack.start('api');
  await stack.start('nginx');
}

/**
 * @param {Stack} ours
 * @param {number} messages for each of those that have a history
 */
export async function startOthers(ours, messages) {
  /** @type {Other[]} */
  const others = [];
  /** @type {Stack[]} */
  const opened = [];
  const close = async () => {
    for (const one of [...opened, ...others]) await one.close();
  };
  try {
    const flask = installed('flask', 'mariadb');
    const fossil = installed('fossil');
    if (flask) others.push(await startFlask(messages));
    if (fossil) others.push(await startFossil(messages));
    const stack = await startStack({ start: [] });
    opened.push(stack);
    await startNginx(stack, await answerOf(ours), others);
    return { origin: stack.origin, flask, fossil, close };
  } catch (error) {
    await close();
    throw error;
  }
}
