/** A mount namespace of our own: what is mounted in it is seen by nobody else, and ends with us. */
import { spawn, spawnSync } from 'node:child_process';

const UNSHARE = ['-m', '--propagation', 'private'];

/** Why no tmpfs can be mounted, or an empty string. */
export function whyNoMounts() {
  return process.env.FAULTS_MOUNTS ? '' : 'no mount namespace may be made here (it takes root)';
}

/**
 * Starts the runner of the matrix, in such a namespace where that is allowed.
 * @param {string} file
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function spawnIsolated(file, args, options) {
  const allowed =
    spawnSync('unshare', [...UNSHARE, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
  const command = allowed ? ['unshare', ...UNSHARE, process.execPath] : [process.execPath];
  return spawn(String(command[0]), [...command.slice(1), file, ...args], {
    ...options,
    env: { ...process.env, ...options.env, FAULTS_MOUNTS: allowed ? '1' : '' },
  });
}
