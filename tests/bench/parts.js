/** What ours is held against, where it is installed. None of it is needed otherwise. */
import { spawnSync } from 'node:child_process';

/** @param {string} command @param {string[]} args */
const runs = (command, ...args) =>
  spawnSync(command, args, { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
    .status === 0;

/** @typedef {'wrk' | 'flask' | 'mariadb' | 'paho' | 'fossil'} Part */

/** @type {Record<Part, {name: string, packages: string, here: () => boolean}>} */
const parts = {
  wrk: { name: 'wrk', packages: 'wrk', here: () => runs('sh', '-c', 'command -v wrk') },
  flask: {
    name: 'Flask under gunicorn',
    packages: 'python3-flask python3-pymysql gunicorn',
    here: () => runs('/usr/bin/python3', '-c', 'import flask, pymysql, gunicorn'),
  },
  mariadb: {
    name: 'MariaDB',
    packages: 'mariadb-server',
    here: () => runs('mariadbd', '--version'),
  },
  paho: {
    name: 'paho',
    packages: 'python3-paho-mqtt',
    here: () => runs('/usr/bin/python3', '-c', 'import paho.mqtt.client'),
  },
  fossil: { name: 'Fossil', packages: 'fossil', here: () => runs('fossil', 'version') },
};

/** @param {...Part} names */
export const installed = (...names) => names.every((name) => parts[name].here());

/** One line about what is missing, or nothing. */
export function missingParts() {
  const missing = Object.values(parts).filter(({ here }) => !here());
  if (!missing.length) return undefined;
  const names = missing.map(({ name }) => name).join(', ');
  const packages = missing.map((part) => part.packages).join(' ');
  return `left out, for they are not installed: ${names}; as root: apt-get install --no-install-recommends ${packages}`;
}
