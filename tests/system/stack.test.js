/**
 * quickstart in the foreground: ready, and ended whole, however it ends; and what it says when it
 * cannot start.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { build, freePort, listens, top, until } from '../lib/stack.js';

const folder = mkdtempSync(join(tmpdir(), 'mqtt-chat-'));
chmodSync(folder, 0o755);
const data = join(folder, 'data');
const env = { ...process.env, MQTT_CHAT_BUILD: build };
let port = 0;
let mqttPort = 0;
/** @type {string[]} */
let usual = [];

before(async () => {
  [port, mqttPort] = [await freePort(), await freePort()];
  usual = ['--data', data, '--port', `${port}`, '--mqtt-port', `${mqttPort}`];
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** What is told of a clone that www-data cannot read is nothing that these tests are about. */
const withoutRoot = (/** @type {string} */ said) => said.replace(/^.*runs as root.*\n/, '');

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

/** quickstart in the foreground, until its line comes. */
async function startForeground() {
  const child = spawn(join(top, 'quickstart'), usual, { env });
  started.add(child);
  const run = {
    child,
    out: '',
    err: '',
    status: /** @type {number | null | undefined} */ (undefined),
    /** @param {NodeJS.Signals} signal */
    async end(signal) {
      child.kill(signal);
      await until(() => run.status !== undefined, 30_000, `it ends on ${signal}`);
    },
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

/** The command lines of processes that have to do with the folder, by their process id. */
function processes() {
  /** @type {Map<number, string>} */
  const found = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const group = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1].split(' ')[2];
      if (line.includes(folder) || found.has(Number(group))) found.set(Number(name), line);
    } catch {
      // it has ended
    }
  }
  return found;
}

/** @param {RegExp} what */
function processOf(what) {
  const [pid] = [...processes()].find(([, line]) => what.test(line)) ?? [];
  assert.ok(pid, `no process is ${what}`);
  return pid;
}

async function history() {
  const response = await fetch(`http://127.0.0.1:${port}/api/messages`);
  return (await response.json()).map((/** @type {{text: string}} */ m) => m.text);
}

async function nothingIsLeft() {
  assert.deepEqual([...processes().values()], []);
  for (const closed of [port, mqttPort]) assert.equal(await listens(closed), false);
}

test('it says when it is ready, a signal ends all of it, and the next start has the history', async () => {
  const first = await startForeground();
  const where = ['-h', '127.0.0.1', '-p', `${mqttPort}`];
  spawnSync('mosquitto_pub', [...where, '-q', '1', '-t', 'chat/messages', '-m', 'before']);
  await until(async () => (await history()).length === 1);
  assertRefuses(/already running on .* \(process \d+\)/, usual);
  await first.end('SIGTERM');
  assert.equal(first.status, 0);
  assert.equal(withoutRoot(first.err), '');
  await nothingIsLeft();

  for (const signal of /** @type {const} */ (['SIGINT', 'SIGHUP'])) {
    const next = await startForeground();
    assert.deepEqual(await history(), ['before']);
    await next.end(signal);
    assert.equal(next.status, 0, signal);
    await nothingIsLeft();
  }
});

test('quickstart admin runs mqtt-chat on what quickstart runs, and nothing is wrong with it', async () => {
  const run = await startForeground();
  const admin = (/** @type {string[]} */ ...args) =>
    spawnSync(join(top, 'quickstart'), ['admin', '--data', data, ...args], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...env, MQTT_CHAT_CONFIG: '/nonexistent' },
    });
  const check = admin('check');
  assert.match(check.stdout, /^ok +api +it takes requests$/m);
  assert.match(check.stdout, /^0 faults, 0 warnings$/m);
  assert.equal(check.status, 0, check.stderr);
  assert.match(admin('status').stdout, /^api +takes requests at .*data\/socket\/api$/m);
  assert.match(admin('send', 'said by admin').stdout, /^stored as/);
  assert.equal((await history()).at(-1), 'said by admin');
  assert.equal(admin('nonsense').status, 64);
  await run.end('SIGTERM');
  assertRefuses(/there is no chat in .*\/nowhere: start/, [
    'admin',
    '--data',
    `${data}/nowhere`,
    'check',
  ]);
});

test('when one service ends all end, and it says which did', async () => {
  for (const [name, what] of /** @type {[string, RegExp][]} */ ([
    ['nginx', /nginx: master/],
    ['api', /multiwatch/],
    ['broker', /mosquitto -c/],
    ['logger', /mqtt-chat-logger --config/],
  ])) {
    const run = await startForeground();
    process.kill(processOf(what), 'SIGKILL'); // so that it cannot take along what it has forked
    await until(() => run.status !== undefined, 30_000, `it ends after ${name}`);
    const line = new RegExp(`^quickstart: ${name} ended, .*log: ${data}/log/${name}.log\\)\\n$`);
    assert.match(withoutRoot(run.err), line);
    assert.equal(run.status, 1);
    await nothingIsLeft();
  }
});

test('killed itself, it takes its services with it', async () => {
  const run = await startForeground();
  const workers = [...processes().values()].filter((line) => /nginx: worker|chat\.fcgi/.test(line));
  assert.ok(workers.length >= 3, `what nginx and multiwatch have forked is seen: ${workers}`);
  await run.end('SIGKILL');
  await until(() => processes().size === 0, 10_000, 'all end');
  await nothingIsLeft();
  await (await startForeground()).end('SIGTERM'); // and nothing is in the way of the next
});

/**
 * One clear line, exit status not 0, nothing more running than before.
 * @param {RegExp} line
 * @param {readonly string[]} args
 * @param {number} [expected]
 */
function assertRefuses(line, args, expected = 1) {
  const before = processes().size;
  const run = spawnSync(join(top, 'quickstart'), args, { encoding: 'utf8', timeout: 60_000, env });
  const said = withoutRoot(run.stderr);
  assert.match(said, line);
  assert.equal(said.split('\n').length, 2, said);
  assert.equal(run.stdout, '');
  assert.equal(run.status, expected, said);
  assert.equal(processes().size, before);
}

test('a port in use: it says by whom and which option', async (t) => {
  const server = createServer();
  t.after(() => server.close());
  const held = await freePort();
  await new Promise((resolve) => server.listen(held, '0.0.0.0', () => resolve(undefined)));
  const who = `port ${held} is in use by .*node.* \\(process ${process.pid}\\)`;
  for (const option of ['--port', '--mqtt-port'])
    assertRefuses(new RegExp(`${who}.*${option}`), [...usual, option, `${held}`]);
});

test('a data folder that cannot be written, or holds something else', () => {
  assertRefuses(/cannot write to the data folder \/proc\/chat.*--data/, ['--data', '/proc/chat']);
  const foreign = join(folder, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'thesis.txt'), '');
  assertRefuses(/holds something else already.*--data/, ['--data', foreign]);
  assert.deepEqual(readdirSync(foreign), ['thesis.txt']);
  assertRefuses(/too long for a socket/, [...usual, '--data', join(folder, 'x'.repeat(100))]);
});

test('a database of a newer schema: the start fails, and what did start has ended', async () => {
  rmSync(data, { recursive: true, force: true });
  await (await startForeground()).end('SIGTERM');
  spawnSync('sqlite3', [join(data, 'history/chat.db'), 'PRAGMA user_version = 999']);
  assertRefuses(/logger did not start: .*(newer|version).*\(log: .*logger\.log\)/, usual);
  rmSync(data, { recursive: true });
});

test('wrong options: one line each', () => {
  for (const [args, line] of /** @type {[string[], RegExp][]} */ ([
    [['--port', 'eighty'], /--port needs a number/],
    [['--port', '0'], /1 to 65535/],
    [['--port', '65536'], /1 to 65535/],
    [['--mqtt-port'], /--mqtt-port needs a number/],
    [['--port', '7777', '--mqtt-port', '7777'], /must differ/],
    [['--data'], /--data needs a folder/],
    [['admin', '--data'], /--data needs a folder/],
    [['--colour'], /unknown option --colour/],
    [['check', 'twice'], /check takes full or night: twice/],
  ])) {
    assertRefuses(line, args, 64);
  }
  assert.equal(existsSync(data), false);
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
