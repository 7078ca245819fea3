// What the operator says of this site, in site.json: its title, a welcome, the room and the language
// to begin with. Where nothing is known and the address names no room, it is asked for while the other
// modules load. The last answer is kept, so that later visits wait for nothing.

import { readItem, writeItem } from './storage.js';

/** @typedef {{title: string, welcome: string, room: string, language: string}} Site '' for what is not said */

const STORAGE_KEY = 'chat.site';
/** No longer than the page waits for its history. */
const WAIT_MS = 3000;

/** What each member has to be. */
const RULES = {
  title: /^.{1,80}$/u,
  welcome: /^.{1,1000}$/su,
  room: /^[a-z0-9][a-z0-9_-]{0,63}$/,
  language: /^[a-z]{2}$/,
};

/** What is wrong with it is said, and the page's own takes its place. @param {string} text @returns {Site} */
export function parseSite(text) {
  const site = { title: '', welcome: '', room: '', language: '' };
  try {
    const said = JSON.parse(text);
    if (typeof said !== 'object' || !said || Array.isArray(said))
      throw new Error('it is no object');
    for (const name of /** @type {(keyof Site)[]} */ (Object.keys(RULES))) {
      const value = said[name] ?? '';
      if (RULES[name].test(value) && typeof value === 'string') site[name] = value;
      else if (value !== '') console.warn(`site.json: this "${name}" cannot be used`);
    }
  } catch (error) {
    console.warn(`site.json: ${error}`);
  }
  return site;
}

const kept = readItem(STORAGE_KEY);
let current = parseSite(kept || '{}');

/** What is known of the site now. */
export const site = () => current;

/** Without an answer, what was known holds. */
async function fetchSite() {
  try {
    const signal = AbortSignal.timeout(WAIT_MS);
    const answer = await fetch('site.json', { signal });
    if (!answer.ok && answer.status !== 404) return;
    current = parseSite(answer.ok ? await answer.text() : '{}');
    writeItem(STORAGE_KEY, JSON.stringify(current));
  } catch {
    // There is no network, or nothing came in time.
  }
}

/** @type {Promise<void> | undefined} */
let asked;

/** The site as the server knows it, which is asked once. */
export async function freshSite() {
  asked ??= fetchSite();
  await asked;
  return current;
}

/** What the page begins with: the server is waited for only on a first visit. */
export const firstSite = async () => (kept || !globalThis.document ? current : freshSite());

const namesRoom = () => /^#[^/]/.test(globalThis.location?.hash ?? '#x');

/** Until the room is known in which the page begins. */
export async function firstRoom() {
  if (!namesRoom()) await firstSite();
}

firstRoom();
