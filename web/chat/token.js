// Where the site wants to know who comes: asks it for a token, which is good for one connection to the
// broker. It says who this page is from then on: a guest under the nickname that he chose, or whom the
// site's own sign-in knows.

import { newToken } from './ids.js';
import { clientIdOr, readItem, removeItem, TOKENS, writeItem, writeNickname } from './storage.js';
import { texts } from './texts.js';
import { dateText, hourText } from './times.js';
import { onlyVisible } from './words.js';

/** @typedef {import('./connection.js').NoLogin} NoLogin */
/** @typedef {import('./store.js').Store} Store */
/** @typedef {Omit<Extract<import('./store.js').Event, {type: 'identified'}>, 'type'>} Identity */
/** @typedef {import('./connection.js').Login & {presenceId: string, identity?: Identity}} PageLogin */

const ANSWER_MS = 10_000;
/** So long before the broker ends the connection there is another one; not all pages ask at once. */
const AHEAD_MS = 5 * 60_000;
const SPREAD_MS = 60_000;
/** Who has signed in, or is not banned any more, need not load the page again. */
const REFUSED_WAIT_MS = 60_000;
const TOO_MANY_WAIT_S = 5;
const REASON_MAX = 200;

/** The ids that this browser had as a guest: what was said under them is its own. */
const GUESTS = 'chat.guests';
const GUESTS_MAX = 20;

/** @param {NoLogin} refusal */
const noLogin = (refusal) => Object.assign(new Error(refusal.line), refusal);

/** @param {unknown} value */
const textOf = (value) =>
  typeof value === 'string' ? onlyVisible(value).slice(0, REASON_MAX) : '';

/** @param {{until?: unknown, reason?: unknown}} ban */
function bannedText({ until, reason }) {
  const time = new Date(textOf(until));
  const end = Number.isNaN(time.getTime()) ? '' : `${dateText(time)}, ${hourText(time)}`;
  return texts.banned(end, textOf(reason).trim());
}

/**
 * @param {number} status of HTTP
 * @param {Record<string, unknown>} error
 * @param {string | null} retryAfter seconds
 * @param {number} random from 0 to 1
 * @returns {NoLogin}
 */
export function refusalOf(status, error, retryAfter, random) {
  if (status === 401) return { why: 'signIn', line: texts.signIn, waitMs: REFUSED_WAIT_MS };
  if (status === 403 && error.code === 'banned')
    return { why: 'token', line: bannedText(error), waitMs: REFUSED_WAIT_MS };
  const seconds = Number(retryAfter) || TOO_MANY_WAIT_S;
  if (status === 429)
    return { why: 'token', line: texts.tooMany, waitMs: seconds * 1000 * (1 + random) };
  return { why: '' };
}

/** @returns {string[]} */
function guests() {
  try {
    const ids = JSON.parse(readItem(GUESTS) || '[]');
    return ids.filter((/** @type {unknown} */ id) => typeof id === 'string');
  } catch {
    return [];
  }
}

/**
 * How long the connection may last: both times are the server's, whose clock is not this one's.
 * @param {unknown} connectBy
 * @param {unknown} until
 */
function goodMsOf(connectBy, until) {
  const lasts = Date.parse(textOf(until)) - Date.parse(textOf(connectBy));
  return Math.max(lasts / 2, lasts - AHEAD_MS - Math.random() * SPREAD_MS) || 0;
}

/**
 * What the server has answered, as the connection needs it; or null where it is no such answer.
 * @param {Record<string, unknown>} answer
 * @param {string} nickname that was asked for, or ''
 * @returns {PageLogin | null}
 */
export function loginOf(answer, nickname) {
  const { mode, user, token, clientId, presenceId, nickname: name } = answer;
  for (const text of [user, token, clientId, presenceId, name])
    if (typeof text !== 'string' || text === '') return null;
  const bySite = mode !== 'guest';
  const [id, known] = [String(user), String(name)];
  return {
    clientId: String(clientId),
    presenceId: String(presenceId),
    username: id,
    password: String(token),
    goodMs: goodMsOf(answer.connectBy, answer.until),
    identity: { clientId: id, own: [], nickname: bySite || nickname ? known : '', bySite },
  };
}

/** The site wants no tokens, or none any more. @param {string} nickname @returns {PageLogin} */
function anonymous(nickname) {
  removeItem(TOKENS);
  return {
    clientId: `page-${newToken()}`,
    presenceId: newToken(),
    identity: { clientId: clientIdOr(newToken), own: [], nickname, bySite: false },
  };
}

/** What is kept of who this page is, for the next visit. @param {Identity} identity */
function keep({ clientId, nickname, bySite }) {
  writeItem(TOKENS, bySite ? 'site' : 'guest');
  if (bySite) writeNickname(nickname);
  else writeItem(GUESTS, JSON.stringify([...guests(), clientId].slice(-GUESTS_MAX)));
}

/**
 * @param {URL} api
 * @param {string} nickname
 * @returns {Promise<PageLogin>}
 */
async function ask(api, nickname) {
  // Who has none yet reads as somebody.
  const asked = readItem(TOKENS) === 'site' ? {} : { nickname: nickname || texts.guest };
  const response = await fetch(new URL('token', api), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(asked),
    cache: 'no-store',
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch(() => null);
  if (!response) throw noLogin({ why: '' });
  if (response.status === 404) return anonymous(nickname);
  const answer = Object(await response.json().catch(() => null));
  const login = response.ok ? loginOf(answer, nickname) : null;
  if (login) return login;
  const wait = response.headers.get('Retry-After');
  throw noLogin(refusalOf(response.status, Object(answer.error), wait, Math.random()));
}

/**
 * Who this page is to the broker. Fails with a NoLogin.
 * @param {URL} api
 * @param {Store} store
 * @returns {Promise<PageLogin>}
 */
export async function askToken(api, store) {
  const { nickname } = store.get();
  const login = await ask(api, nickname).catch((error) => {
    if (error.why === 'signIn') {
      writeItem(TOKENS, 'site');
      store.dispatch({ type: 'named', nickname, bySite: true });
    }
    throw error;
  });
  const { identity, password } = login;
  if (!identity || !password) return login;
  // Another one was chosen meanwhile: a token is for one.
  if (!identity.bySite && nickname !== store.get().nickname) return askToken(api, store);
  keep(identity);
  return { ...login, identity: { ...identity, own: identity.bySite ? [] : guests() } };
}
