/**
 * A private mqtt-chat whose broker has the guard, for people who have to say who they are. The site's
 * sign-in is a cookie: `user=ann`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, startStack } from './stack.js';

/** @typedef {import('./stack.js').Stack} Stack */

/** Whether the plugin was built. */
export const hasGuard = existsSync(join(build, 'src/guard/guard.so'));

/** Who is banned: a file that both read. @param {string} dataDir */
export const bansFile = (dataDir) => join(dataDir, 'history/bans');

/** The site's own sign-in, in the server block that includes the chat. @param {string} dataDir */
function signInByCookie(dataDir) {
  const file = join(dataDir, 'etc/nginx.conf');
  const text = readFileSync(file, 'utf8');
  const including = /^.*include [^;]*nginx-server\.conf;/m;
  if (!including.test(text)) throw new Error('nginx.conf includes no server part');
  writeFileSync(file, text.replace(including, 'set $$mqtt_chat_user $$cookie_user;\n$&'));
}

/**
 * Starts all of it.
 * @param {'guest' | 'site'} identity
 * @returns {Promise<Stack>}
 */
export async function startIdentity(identity) {
  const stack = await startStack({ identity, start: [] });
  if (identity === 'site') signInByCookie(stack.dataDir);
  try {
    for (const name of /** @type {const} */ (['broker', 'logger', 'api', 'token', 'nginx']))
      await stack.start(name);
  } catch (error) {
    await stack.close();
    throw error;
  }
  return stack;
}
