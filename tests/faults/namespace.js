/** A mount namespace of our own: what is mounted in it is seen by nobody else, and ends with us. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

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

/** @param {string[]} words */
function must([command, ...args]) {
  const run = spawnSync(String(command), args, { encoding: 'utf8' });
  assert.equal(run.status, 0, `${command} ${args.join(' ')}: ${run.stderr}`);
}

/**
 * Mounts a disk of `size` on a folder, for its owner, and returns what takes it away again.
 * @param {string} folder
 * @param {string} size as mount(8) has it
 */
export function mountDisk(folder, size) {
  const { uid, gid } = statSync(folder);
  const options = `size=${size},uid=${uid},gid=${gid},mode=700`;
  must(['mount', '-t', 'tmpfs', '-o', options, 'none', folder]);
  return () => must(['umount', folder]);
}
