/**
 * Who gets a token, what it says, and who gets none: the real nginx, spawn-fcgi and token.fcgi. The
 * signature is verified by node:crypto, which shares nothing with what signs.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { http } from '../lib/http.js';
import { freePort, startStack, until } from '../lib/stack.js';

const BURST = 20; // tokens that an address gets at once
const EACH_MS = 3000; // and then one in so many

/** @type {import('../lib/stack.js').Stack} */
let stack;

before(async () => {
  stack = await startStack({ identity: 'guest', start: ['api', 'token', 'nginx'] });
});
after(() => stack?.close());

let addresses = 0;
/** An address that has had no token yet. */
const fresh = () => `127.0.1.${++addresses}`;

/**
 * Asks for a token as a page of this site does. A header that is `undefined` is not sent.
 * @param {{from?: string, method?: string, path?: string, port?: number, body?: string,
 *   headers?: Record<string, string | undefined>}} [options]
 */
function ask({ from = fresh(), method = 'POST', path = '/api/token', port, body, headers } = {}) {
  const sent = {
    Host: `127.0.0.1:${port ?? stack.port}`,
    Origin: `http://127.0.0.1:${port ?? stack.port}`,
    'Sec-Fetch-Site': 'same-origin',
    'Content-Type': 'application/json',
    ...headers,
  };
  const given = Object.entries(sent).filter((pair) => pair[1] !== undefined);
  return http(port ?? stack.port, path, {
    method,
    body: body ?? (method === 'POST' ? '{"nickname":"Ann"}' : undefined),
    headers: /** @type {Record<string, string>} */ (Object.fromEntries(given)),
    localAddress: from,
  });
}

/**
 * @param {import('../lib/http.js').Answer} answer
 * @param {number} status
 * @param {string} code
 */
function refused(answer, status, code) {
  assert.deepEqual([answer.status, answer.json().error.code], [status, code], answer.body);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  assert.equal(answer.headers['cache-control'], 'no-store');
  return answer;
}

/**
 * What a token says, whose signature is right.
 * @param {string} token
 */
function opened(token, of = stack) {
  const [said, signature] = token.split('.');
  const key = createPublicKey(readFileSync(join(of.dataDir, 'etc/token.pub')));
  const bytes = Buffer.from(signature, 'base64url');
  assert.ok(verify(null, Buffer.from(said), key, bytes), 'the signature');
  const another = said.startsWith('e') ? `f${said.slice(1)}` : `e${said.slice(1)}`;
  assert.ok(!verify(null, Buffer.from(another), key, bytes), 'of nothing else');
  return JSON.parse(Buffer.from(said, 'base64url').toString());
}

test('a guest gets a token that says who he is, and nobody may store it', async () => {
  const from = fresh();
  const began = Math.floor(Date.now() / 1000);
  const answer = await ask({ from, body: '{"nickname":" Zoë 🦆 "}' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['cache-control'], 'no-store');
  const { token, connectBy, until: end, ...rest } = answer.json();
  const said = opened(token);
  const { id, sub, cid, pid, exp, until: last } = said;
  assert.deepEqual(Object.assign({}, said), {
    ...{ id, sub, nick: 'Zoë 🦆', cid, pid, role: 'guest', ip: from, exp, until: last },
  });
  assert.deepEqual(rest, {
    ...{ mode: 'guest', user: sub, nickname: 'Zoë 🦆', role: 'guest', clientId: cid },
    presenceId: pid,
  });
  assert.match(sub, /^~[\w-]{16}$/);
  assert.match(cid, /^page-[\w-]{16}$/);
  assert.match(pid, /^[\w-]{16}$/);
  assert.ok(exp >= began + 60 && exp <= Date.now() / 1000 + 60, 'it connects within a minute');
  assert.equal(last - exp, 12 * 3600 - 60);
  assert.deepEqual([Date.parse(connectBy), Date.parse(end)], [exp * 1000, last * 1000]);
  const next = opened((await ask({ from })).json().token);
  for (const name of ['id', 'sub', 'cid', 'pid']) assert.notEqual(next[name], said[name], name);
});

test('a nickname is what a message would take for one', async () => {
  const from = fresh();
  for (const body of ['', '{', '[]', "{'nickname':'Ann'}", '{"nickname":"A\\u0000"}'])
    refused(await ask({ from, body }), 400, 'bad_json');
  const bad = ['', ' ', '\u200b', '\u202eAnn', 'x'.repeat(65), 5, null, undefined];
  for (const nickname of bad)
    refused(await ask({ from, body: JSON.stringify({ nickname }) }), 400, 'bad_nickname');
  assert.equal((await ask({ from, body: `{"nickname":"${'🦆'.repeat(64)}"}` })).status, 200);
});

test('a page of another origin, or of another scheme, gets no token', async () => {
  const from = fresh();
  const { port } = stack;
  const origins = [
    'http://evil.example',
    `https://127.0.0.1:${port}`,
    `http://127.0.0.1:${port + 1}`,
    `http://localhost:${port}`,
    'null',
  ];
  for (const Origin of origins) {
    refused(await ask({ from, headers: { Origin } }), 403, 'bad_origin');
    const headers = { Origin, 'Sec-Fetch-Site': undefined };
    refused(await ask({ from, headers }), 403, 'bad_origin');
  }
  for (const site of ['cross-site', 'same-site', 'none']) {
    const headers = { Origin: undefined, 'Sec-Fetch-Site': site };
    refused(await ask({ from, headers }), 403, 'bad_origin');
  }
  const program = { Origin: undefined, 'Sec-Fetch-Site': undefined };
  assert.equal((await ask({ from, headers: program })).status, 200);
});

test('where TLS ends at a proxy, its word for the scheme counts, and nobody else’s', async () => {
  const headers = { Origin: `https://127.0.0.1:${stack.port}`, 'X-Forwarded-Proto': 'https' };
  assert.equal((await ask({ from: '127.0.0.1', headers })).status, 200);
  refused(await ask({ headers }), 403, 'bad_origin');
});

test('only POST, only JSON, only a little of it', async () => {
  const from = fresh();
  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS'])
    assert.equal(
      refused(await ask({ from, method }), 405, 'method_not_allowed').headers.allow,
      'POST',
    );
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', undefined])
    refused(await ask({ from, headers: { 'Content-Type': type } }), 415, 'bad_media_type');
  const large = `{"nickname":"Ann","more":"${'x'.repeat(1024)}"}`;
  assert.match(
    refused(await ask({ from, body: large }), 413, 'body_too_large').json().error.message,
    /1 KiB/,
  );
  const chunked = { 'Transfer-Encoding': 'chunked' };
  refused(await ask({ from, body: large, headers: chunked }), 413, 'body_too_large');
  assert.equal((await ask({ from, headers: chunked })).status, 200);
});

test('who is banned is told until when and why, as soon as the list says so', async (t) => {
  const list = join(stack.dataDir, 'history/bans');
  t.after(() => rmSync(list, { force: true }));
  const from = fresh();
  assert.equal((await ask({ from })).status, 200);
  writeFileSync(list, `ban\t${from}\t32503680000\tspam <b>"again"\n`);
  const { error } = refused(await ask({ from }), 403, 'banned').json();
  assert.equal(error.until, '3000-01-01T00:00:00.000Z');
  assert.equal(error.reason, 'spam <b>"again"');
  assert.equal((await ask()).status, 200);
  writeFileSync(list, `ban\t${from}\t0\t\n`);
  const forEver = refused(await ask({ from }), 403, 'banned').json().error;
  assert.deepEqual([forEver.until, forEver.reason], [null, '']);
  writeFileSync(list, 'ban\n');
  refused(await ask({ from }), 403, 'banned');
  assert.match(stack.log('token'), /bans.*\b1\b.*the list before stays in force/);
  rmSync(list);
  assert.equal((await ask({ from })).status, 200);
});

test('an address has so many tokens at once, and another is not held up', async () => {
  const from = fresh();
  const began = Date.now();
  let given = 0;
  let answer = await ask({ from });
  for (; answer.status === 200; answer = await ask({ from })) given++;
  const { headers } = refused(answer, 429, 'too_many');
  assert.ok(given >= BURST, `${given}`);
  assert.ok(given <= BURST + Math.ceil((Date.now() - began) / EACH_MS), `${given}`);
  assert.ok(Number(headers['retry-after']) >= 1);
  assert.equal((await ask()).status, 200);
});

test('nginx itself stops who asks hundreds of times a second', async () => {
  const from = fresh();
  /** @type {import('../lib/http.js').Answer[]} */
  const answers = [];
  // Fewer than are stopped on any path: 500 at once.
  const stopped = () => answers.find(({ status }) => status === 429);
  while (!stopped() && answers.length < 480) {
    const some = Array.from({ length: 20 }, () => ask({ from, body: 'no JSON' }));
    answers.push(...(await Promise.all(some)));
  }
  const last = stopped();
  assert.ok(last, 'none was stopped');
  refused(last, 429, 'too_many_requests');
  assert.ok(answers.filter(({ status }) => status === 400).length >= 200);
  assert.equal((await ask()).status, 200);
});

test('the private key is readable by its user alone', { skip: process.getuid?.() !== 0 }, () => {
  const [key, pub] = ['key', 'pub'].map((end) => join(stack.dataDir, `etc/token.${end}`));
  assert.equal(statSync(key).mode & 0o7777, 0o400);
  // chat.fcgi's user shares a group with token.fcgi's, the web server's, and nothing else.
  const read = ['--reuid=nobody', `--regid=${statSync(key).gid}`, '--clear-groups', 'cat'];
  assert.equal(spawnSync('setpriv', [...read, pub]).status, 0);
  const { status, stderr } = spawnSync('setpriv', [...read, key], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /Permission denied/);
});

test('with a key that others can read it does not start, and says what to do', async () => {
  const key = join(stack.dataDir, 'etc/token.key');
  await stack.stop('token');
  refused(await ask(), 503, 'token_down');
  chmodSync(key, 0o440);
  try {
    await stack.start('token');
    await until(() => /token\.key: .*chmod 0400/.test(stack.log('token')), undefined, 'it says so');
    const asked = ask();
    assert.equal(await Promise.race([asked, sleep(1500, 'nothing')]), 'nothing');
    chmodSync(key, 0o400);
    assert.equal((await asked).status, 200, 'the next responder answers what waits');
  } finally {
    chmodSync(key, 0o400);
  }
});

test('in mode open there are no tokens, and nothing runs for them', async (t) => {
  const open = await startStack({ start: ['api', 'nginx'] });
  t.after(() => open.close());
  assert.ok(!existsSync(join(open.dataDir, 'services/token')));
  for (const method of ['POST', 'GET'])
    refused(await ask({ method, port: open.port }), 404, 'not_found');
  assert.equal(open.log('nginx'), '');
});

/**
 * A site whose nginx has users: three server blocks more, which name the user by a password, by
 * what another server answers (auth_request), and not at all.
 */
async function startSite() {
  const site = await startStack({
    ...{ identity: 'site', urlPrefix: '/team', start: ['api', 'token', 'nginx'] },
  });
  const [password, request, users] = [await freePort(), await freePort(), await freePort()];
  const file = join(site.dataDir, 'etc/users');
  const hashed = spawnSync('openssl', ['passwd', '-apr1', 'secret'], { encoding: 'utf8' }).stdout;
  writeFileSync(file, ['ann', 'Ann Smith'].map((name) => `${name}:${hashed}`).join(''));
  const part = `include ${site.dataDir}/etc/nginx-server.conf;`;
  const conf = join(site.dataDir, 'etc/nginx.conf');
  const servers = `
    server {
      listen 127.0.0.1:${password};
      auth_basic "Chat";
      auth_basic_user_file ${file};
      set $mqtt_chat_user $remote_user;
      ${part}
    }
    server {
      listen 127.0.0.1:${request};
      auth_request /who;
      auth_request_set $mqtt_chat_user $upstream_http_x_user;
      location = /who { internal; proxy_pass http://127.0.0.1:${users}; }
      ${part}
    }
    server {
      listen 127.0.0.1:${users};
      add_header X-User $cookie_session;
      return 204;
    }
  }`;
  await site.stop('nginx');
  writeFileSync(conf, readFileSync(conf, 'utf8').replace(/}\s*$/, servers));
  await site.start('nginx');
  return { site, password, request };
}

/** @param {string} user whose password is right */
const basic = (user, password = 'secret') =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

test('the site’s users get tokens under their names there, and nobody else does', async (t) => {
  const { site, password, request } = await startSite();
  t.after(() => site.close());
  const path = '/team/api/token';
  /** @param {number} port @param {Record<string, string>} [headers] */
  const from = (port, headers) => ask({ port, path, headers });

  await t.test('by a password', async () => {
    const answer = await from(password, { Authorization: basic('ann') });
    assert.equal(answer.status, 200, answer.body);
    const { mode, user, nickname, role, token, connectBy, until: end } = answer.json();
    assert.deepEqual([mode, user, nickname, role], ['site', '@ann', 'ann', 'user']);
    const said = opened(token, site);
    assert.deepEqual([said.sub, said.nick, said.role], ['@ann', 'ann', 'user']);
    assert.equal(Date.parse(end) - Date.parse(connectBy), (3600 - 60) * 1000);
    assert.equal((await from(password, { Authorization: basic('ann', 'x') })).status, 401);
    assert.equal((await from(password)).status, 401);
  });

  await t.test('by a request to whoever knows', async () => {
    const { user } = (await from(request, { Cookie: 'session=bob' })).json();
    assert.equal(user, '@bob');
    refused(await from(request), 401, 'not_signed_in');
  });

  await t.test('not by saying so', async () => {
    refused(await from(site.port), 401, 'not_signed_in');
    const claims = {
      ...{ Authorization: basic('admin'), 'Mqtt-Chat-User': 'admin', MQTT_CHAT_USER: 'admin' },
      ...{ 'X-User': 'admin', 'X-Remote-User': 'admin', Cookie: 'session=admin' },
    };
    refused(await from(site.port, claims), 401, 'not_signed_in');
  });

  await t.test('not under a name that could be taken for something else', async () => {
    const answer = await from(password, { Authorization: basic('Ann Smith') });
    refused(answer, 403, 'bad_user');
    assert.match(site.log('token'), /the site's user 'Ann Smith' gets no token/);
  });

  await t.test('not while they are banned', async () => {
    writeFileSync(join(site.dataDir, 'history/bans'), 'ban\t@ann\t0\tenough\n');
    const answer = await from(password, { Authorization: basic('ann') });
    assert.equal(refused(answer, 403, 'banned').json().error.reason, 'enough');
    assert.equal((await from(request, { Cookie: 'session=bob' })).status, 200);
  });
});
