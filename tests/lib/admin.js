/** Runs `mqtt-chat` on a test's stack, as an administrator would. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from './stack.js';

const program = join(build, 'src/mqtt-chat');

/** @param {import('./stack.js').Stack} stack */
const configOf = (stack) => ['--config', join(stack.dataDir, 'etc/mqtt-chat.conf')];

/**
 * @param {import('./stack.js').Stack} stack
 * @param {string[]} args a command and its options
 * @param {{input?: string | Buffer, env?: Record<string, string>, stdout?: number}} [options]
 *   stdout: the descriptor of a file
 */
export function admin(stack, [command, ...args], { input, env, stdout } = {}) {
  const run = spawnSync(program, [command, ...configOf(stack), ...args], {
    encoding: 'utf8',
    input: input ?? '',
    stdio: ['pipe', stdout ?? 'pipe', 'pipe'],
    timeout: 120_000,
    maxBuffer: 1 << 28,
    env: { ...process.env, ...env },
  });
  return { status: run.status, signal: run.signal, stdout: run.stdout, stderr: run.stderr };
}

/**
 * The same without waiting for its end.
 * @param {import('./stack.js').Stack} stack
 * @param {string[]} args
 */
export function adminStarted(stack, [command, ...args]) {
  const child = spawn(program, [command, ...configOf(stack), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (piece) => {
    output += piece;
  });
  child.stderr.on('data', (piece) => {
    output += piece;
  });
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.once('close', resolve));
  return { child, ended, output: () => output };
}

/**
 * The findings of `mqtt-chat check`.
 * @param {import('./stack.js').Stack} stack
 * @returns {{state: string, area: string, what: string, remedy: string | null}[]}
 */
export function check(stack) {
  const etc = join(stack.dataDir, 'etc');
  const run = admin(stack, [
    'check',
    '--json',
    ...['--broker-config', join(etc, 'broker.conf')],
    ...['--nginx-config', join(etc, 'nginx.conf')],
    ...['--site-file', join(etc, 'site.json')],
  ]);
  if (run.status !== 0 && run.status !== 1) throw new Error(JSON.stringify(run));
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
