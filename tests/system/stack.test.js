/**
 * spawn-fcgi/stack in the foreground, where quickstart ends: ready, watched, ended; and what it
 * says when it cannot start.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { build, freePort, listens, runStack, top, until } from '../lib/stack.js';

const folder = mkdtempSync(join(tmpdir(), 'mqtt-chat-'));
const data = join(folder, 'data');
let port = 0;
let mqttPort = 0;

before(async () => {
  spawnSync('chmod', ['755', folder]);
  [port, mqttPort] = [await freePort(), await freePort()];
});

/** @type {Set<import('node:child_process').ChildProcess>} */
const started = new Set();
const endAll = () => {
  for (const child of started) child.kill('SIGTERM');
};
process.on('exit', endAll);
afterEach(async () => {
  endAll();
  await until(() => started.size === 0);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The stack in the foreground, until its line comes. */
async function startForeground() {
  const args = [
    '--build',
    build,
    '--data',
    data,
    '--port',
    `${port}`,
    '--mqtt-port',
    `${mqttPort}`,
  ];
  const child = spawn(join(top, 'spawn-fcgi/stack'), args);
  started.add(child);
  const run = {
    child,
    out: '',
    err: '',
    status: /** @type {number | null | undefined} */ (undefined),
  };
  child.stdout.on('data', (chunk) => {
    run.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    run.err += chunk;
  });
  child.once('close', (code) => {
    run.status = code;
    started.delete(child);
  });
  await until(() => run.out.includes('\n') || run.status !== undefined, 30_000, 'a line');
  assert.equal(run.out, `ready: http://127.0.0.1:${port}/chat/\n`, run.err);
  return run;
}

/** Processes that have the data folder on their command line; not those that only look at it. */
function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return { pid: Number(pid), args: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') };
      } catch {
        return { pid: 0, args: [] };
      }
    })
    .filter(({ args }) => args.some((arg) => arg.includes(folder)));
}

/** @param {RegExp} what */
const processOf = (what) => processes().find(({ args }) => what.test(args.join(' ')))?.pid ?? 0;

async function history() {
  const response = await fetch(`http://127.0.0.1:${port}/api/messages`);
  return (await response.json()).map((/** @type {{text: string}} */ m) => m.text);
}

/** @param {string} text */
async function publish(text) {
  await until(() => listens(mqttPort));
  const where = ['-h', '127.0.0.1', '-p', String(mqttPort)];
  const { status } = spawnSync('mosquitto_pub', [
    ...where,
    ...['-q', '1', '-t', 'chat/messages', '-m', text],
  ]);
  assert.equal(status, 0);
}

test('it says when it is ready, SIGTERM ends all of it, and the next start has the history', async () => {
  const first = await startForeground();
  await publish('before');
  await until(async () => (await history()).length === 1);
  const again = runStack('--data', data, '--port', port, '--mqtt-port', mqttPort);
  assert.equal(again.status, 1);
  const said = again.stderr.replace(/^.*runs as root.*\n/, '');
  assert.match(said, /^mqtt-chat: already running on .* \(process \d+\).*\n$/);
  first.child.kill('SIGTERM');
  await until(() => first.status !== undefined);
  assert.equal(first.status, 0);
  assert.equal(first.err.replace(/^.*runs as root.*\n/, ''), '');
  assert.deepEqual(processes(), []);

  const second = await startForeground();
  assert.deepEqual(await history(), ['before']);
  second.child.kill('SIGINT');
  await until(() => second.status !== undefined);
  assert.equal(second.status, 0);
  assert.deepEqual(processes(), []);
});

test('a service that is killed comes back within seconds, and it says so in one line', async () => {
  const run = await startForeground();
  for (const [name, what] of /** @type {[string, RegExp][]} */ ([
    ['nginx', /nginx: master/],
    ['api', /multiwatch/],
    ['broker', /mosquitto -c/],
    ['logger', /mqtt-chat-logger --config/],
  ])) {
    const pid = processOf(what);
    const readyTimes = () =>
      readFileSync(join(data, 'log/logger.log'), 'utf8').split('ready: ').length;
    const readyBefore = readyTimes();
    process.kill(pid, 'SIGKILL');
    await until(() => (processOf(what) || pid) !== pid, 5000, `${name} comes back`);
    await until(async () => (await fetch(`http://127.0.0.1:${port}/chat/`)).ok);
    // A logger that finds no broker at its start would end once more.
    if (name === 'logger') await until(() => readyTimes() > readyBefore, 5000, 'it is ready');
    assert.match(run.err, new RegExp(`mqtt-chat: ${name} ended \\(status 137\\).*\\n$`));
  }
  await until(async () => {
    await publish('after all that');
    return (await history()).includes('after all that');
  });
  run.child.kill('SIGHUP');
  await until(() => run.status !== undefined);
  assert.equal(run.status, 0);
  assert.equal(run.err.replace(/^.*runs as root.*\n/, '').split('\n').length - 1, 4);
  assert.deepEqual(processes(), []);
});

test('killed itself, it takes its services with it', async () => {
  const run = await startForeground();
  run.child.kill('SIGKILL');
  await until(() => !processes().some(({ args }) => !/^sleep$/.test(args[0])), 10_000, 'all end');
  await until(async () => !(await listens(port)) && !(await listens(mqttPort)));
  rmSync(data, { recursive: true });
});

/**
 * One clear line, exit status not 0, nothing left running.
 * @param {RegExp} line
 * @param {...(string | number)} args
 */
function assertRefuses(line, ...args) {
  const { status, stdout, stderr } = runStack(...args);
  const said = stderr.replace(/^.*runs as root.*\n/, '');
  assert.match(said, line);
  assert.equal(said.split('\n').length, 2, said);
  assert.equal(stdout, '');
  assert.notEqual(status, 0);
  assert.deepEqual(processes(), []);
  return status;
}

test('a port in use: it says by whom and which option, and leaves no folder behind', async (t) => {
  const server = createServer();
  t.after(() => server.close());
  const held = await freePort();
  await new Promise((resolve) => server.listen(held, '0.0.0.0', () => resolve(undefined)));
  const who = `port ${held} is in use by .*node.* \\(process ${process.pid}\\)`;
  assertRefuses(new RegExp(`${who}.*--port`), '--data', data, '--port', held);
  assertRefuses(
    new RegExp(`${who}.*--mqtt-port`),
    ...['--data', data, '--port', port, '--mqtt-port', held],
  );
  assert.equal(existsSync(data), false);
});

test('a data folder that cannot be written, or holds something else', () => {
  assertRefuses(/cannot write to the data folder \/proc\/chat.*--data/, '--data', '/proc/chat');
  const foreign = join(folder, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'thesis.txt'), '');
  assertRefuses(/holds something else already.*--data/, '--data', foreign);
  assert.deepEqual(readdirSync(foreign), ['thesis.txt']);
  const long = join(folder, 'x'.repeat(100));
  assertRefuses(/too long for a socket/, '--data', long, '--port', port, '--mqtt-port', mqttPort);
});

test('a database of a newer schema: the start fails, and what did start has ended', () => {
  const args = ['--data', data, '--port', port, '--mqtt-port', mqttPort];
  assert.equal(runStack('--prepare', ...args).status, 0);
  const database = join(data, 'history/chat.db');
  spawnSync('sqlite3', [database, 'PRAGMA application_id = 1297171272; PRAGMA user_version = 999']);
  const { uid, gid } = statSync(join(data, 'history'));
  chownSync(database, uid, gid);
  assertRefuses(/logger did not start: .*(newer|version).*\(log: .*logger\.log\)/, ...args);
  rmSync(data, { recursive: true });
});

test('no build, wrong options: one line each', () => {
  const stack = join(top, 'spawn-fcgi/stack');
  for (const [args, status, line] of /** @type {[string[], number, RegExp][]} */ ([
    [['--build', '/nowhere'], 1, /no build folder \/nowhere/],
    [['--build', folder], 1, /run make/],
    [[], 64, /--build is missing/],
    [['--build', build, '--data'], 64, /--data needs a value/],
    [['--port', '0'], 64, /1 to 65535/],
    [['--port', '65536'], 64, /1 to 65535/],
    [['--colour'], 64, /unknown option --colour/],
    [['--url-prefix', 'team'], 64, /a path such as/],
    [['--build', build, '--port', '7777', '--mqtt-port', '7777'], 64, /must differ/],
  ])) {
    const run = spawnSync(stack, ['--data', data, ...args], { encoding: 'utf8' });
    const said = run.stderr.replace(/^.*runs as root.*\n/, '');
    assert.match(said, line);
    assert.equal(said.split('\n').length, 2, said);
    assert.equal(run.status, status, said);
  }
  assert.equal(existsSync(data), false);
});

test('quickstart refuses what it does not know in one line', () => {
  for (const [args, line] of /** @type {[string[], RegExp][]} */ ([
    [['--port', 'eighty'], /--port needs a number/],
    [['--mqtt-port'], /--mqtt-port needs a number/],
    [['--data'], /--data needs a folder/],
    [['--colour'], /unknown option --colour/],
    [['check', 'twice'], /check takes no option/],
  ])) {
    const run = spawnSync(join(top, 'quickstart'), args, { encoding: 'utf8' });
    assert.equal(run.status, 64);
    assert.match(run.stderr, line);
    assert.equal(run.stderr.split('\n').length, 2);
  }
});

test('the programs themselves: no broker, broken line, unknown option', async () => {
  const conf = join(folder, 'mqtt-chat.conf');
  const [logger, api] = [join(build, 'src/mqtt-chat-logger'), join(build, 'cgi-bin/chat.fcgi')];
  const closed = await freePort();
  const good = `database = ${folder}/chat.db\nbroker = 127.0.0.1\nport = ${closed}\n`;
  for (const [
    text,
    program,
    args,
    status,
    line,
  ] of /** @type {[string, string, string[], number, RegExp][]} */ ([
    [good, logger, [], 69, new RegExp(`127\\.0\\.0\\.1.*${closed}`)],
    [`${good}portt = 1\n`, logger, [], 78, /mqtt-chat\.conf.*4.*portt/],
    [`${good}nonsense\n`, api, [], 78, /mqtt-chat\.conf.*4/],
    ['port = 99999\n', logger, [], 78, /mqtt-chat\.conf.*1.*port/],
    [good.replace(folder, '/nowhere'), logger, [], 73, /\/nowhere\/chat\.db/],
    [good, logger, ['--colour'], 64, /--colour/],
    [good, api, ['--colour'], 64, /--colour/],
  ])) {
    writeFileSync(conf, text);
    const run = spawnSync(program, ['--config', conf, ...args], {
      encoding: 'utf8',
      timeout: 9000,
    });
    assert.match(run.stderr, line);
    assert.equal(run.stderr.split('\n').length, 2, run.stderr);
    assert.equal(run.status, status, run.stderr);
  }
});
