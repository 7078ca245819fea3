/** What nginx serves, refuses and says, and who can reach what. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { handshake, http } from '../lib/http.js';
import { groupAlive, services, startStack, top, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack();
});
after(() => stack?.close());

/**
 * @param {string} path
 * @param {Parameters<typeof http>[2]} [options]
 */
const get = (path, options) => http(stack.port, path, options);

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: " +
  "blob:; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors " +
  "'none'; worker-src 'self'; require-trusted-types-for 'script'; trusted-types mqtt-chat";

/**
 * @param {import('../lib/http.js').Answer} answer
 */
function assertPageHeaders({ headers }) {
  assert.equal(headers['content-security-policy'], policy);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  assert.equal(headers['cache-control'], 'no-cache');
  assert.match(String(headers['permissions-policy']), /camera=\(\)/);
}

test('/chat/ is the page, with headers that let nothing foreign in, also on errors', async () => {
  const page = await get('/chat/');
  assert.equal(page.status, 200);
  assert.match(String(page.headers['content-type']), /^text\/html; charset=utf-8$/i);
  assert.equal(page.body, readFileSync(join(top, 'web/chat/index.html'), 'utf8'));
  assertPageHeaders(page);
  const script = await get('/chat/main.js');
  assert.match(String(script.headers['content-type']), /^(text|application)\/javascript/);
  assertPageHeaders(script);
  const manifest = await get('/chat/manifest.webmanifest');
  assert.equal(manifest.headers['content-type'], 'application/manifest+json');
  assertPageHeaders(manifest);
  const missing = await get('/chat/no-such-file');
  assert.equal(missing.status, 404);
  assertPageHeaders(missing);
});

test('a file that has not changed is 304, and large ones travel compressed', async () => {
  const { headers } = await get('/chat/main.js');
  const again = await get('/chat/main.js', { headers: { 'If-None-Match': String(headers.etag) } });
  assert.equal(again.status, 304);
  const small = await get('/chat/main.js', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(small.headers['content-encoding'], 'gzip');
});

test('site.json is what the operator wrote, asked for anew each time, and may be missing', async () => {
  const file = join(stack.dataDir, 'etc/site.json');
  const before = readFileSync(file, 'utf8');
  const first = await get('/chat/site.json');
  assert.equal(first.headers['content-type'], 'application/json');
  assert.deepEqual(first.json(), { title: 'Chat', welcome: '', room: 'messages' });
  assertPageHeaders(first);
  const headers = { 'If-None-Match': String(first.headers.etag) };
  assert.equal((await get('/chat/site.json', { headers })).status, 304);
  writeFileSync(file, '{"title": "Pajan keskustelu ☕"}');
  const changed = await get('/chat/site.json', { headers });
  assert.equal(changed.json().title, 'Pajan keskustelu ☕');
  rmSync(file);
  const missing = await get('/chat/site.json');
  assert.equal(missing.status, 404);
  assertPageHeaders(missing);
  assert.doesNotMatch(stack.log('nginx'), /site\.json/);
  writeFileSync(file, before);
});

test('/ and /chat lead to the page, wherever a port is forwarded to', async () => {
  assert.equal((await get('/')).headers.location, '/chat/');
  const answer = await get('/chat?a=b');
  assert.equal(answer.status, 301);
  assert.equal(
    new URL(String(answer.headers.location), 'http://x.example/team/chat').href,
    'http://x.example/team/chat/?a=b',
  );
});

test('nothing beside the page is served', async () => {
  for (const path of [
    '/chat../chat/index.html',
    '/chat../bundle/build.js',
    '/chat../anything',
    '/chat/../bundle/build.js',
    '/chat/..%2fbundle/build.js',
    '/chat/%2e%2e/bundle/build.js',
    '/index.html',
  ]) {
    const { status } = await get(path);
    assert.ok(status === 404 || status === 400, `${path} is ${status}`);
  }
  assert.equal((await get('/chat../anything')).status, 404);
});

test('a page under a foreign name gets nothing (DNS rebinding)', async () => {
  for (const host of [`evil.example:${stack.port}`, 'evil.example', '10.0.0.1'])
    assert.equal((await get('/chat/', { headers: { Host: host } })).status, 421, host);
  for (const host of [`localhost:${stack.port}`, '127.0.0.1', `[::1]:${stack.port}`])
    assert.equal((await get('/chat/', { headers: { Host: host } })).status, 200, host);
});

test('/mqtt takes a WebSocket from a page of this very scheme, host and port only', async () => {
  const host = `127.0.0.1:${stack.port}`;
  /** @param {Record<string, string>} headers */
  const status = async (headers) => (await handshake(stack.port, '/mqtt', headers)).status;
  assert.equal(await status({ Host: host, Origin: `http://${host}` }), 101);
  const forwarded = { Host: 'localhost:9999', Origin: 'http://localhost:9999' };
  assert.equal(await status(forwarded), 101);
  const cookie = { Cookie: `session=${'x'.repeat(4000)}` };
  assert.equal(await status({ Host: host, Origin: `http://${host}`, ...cookie }), 101);
  for (const origin of [
    'http://evil.example',
    'http://127.0.0.1',
    `http://127.0.0.1:${stack.port + 1}`,
    `http://127.0.0.1:${stack.port}.evil.example`,
    `http://evil.example/${host}`,
    `http://localhost:${stack.port}`,
    'null',
    'file://',
    `https://${host}`,
    `ftp://${host}`,
    `http://${host} http://${host}`,
  ]) {
    assert.equal(await status({ Host: host, Origin: origin }), 403, origin);
  }
});

test('where TLS ends at a proxy that the operator names, the scheme is what that proxy says', async () => {
  const host = `127.0.0.1:${stack.port}`;
  /** @param {string} origin @param {string} scheme @param {string} [from] */
  const status = async (origin, scheme, from) => {
    const headers = { Host: host, Origin: `${origin}://${host}`, 'X-Forwarded-Proto': scheme };
    return (await handshake(stack.port, '/mqtt', headers, from)).status;
  };
  assert.equal(await status('https', 'https'), 101);
  assert.equal(await status('https', 'https,http'), 101);
  assert.equal(await status('http', 'http'), 101);
  assert.equal(await status('http', 'https'), 403);
  assert.equal(await status('https', 'http'), 403);
  assert.equal(await status('https', 'wss'), 403);
  assert.equal(await status('https', 'https', '127.0.0.2'), 403, 'from one that is not named');
  assert.equal(await status('http', 'https', '127.0.0.2'), 101, 'there the header means nothing');
});

test('without an Origin it is no browser, and may connect', async () => {
  assert.equal((await handshake(stack.port, '/mqtt', {})).status, 101);
});

test('a real MQTT client gets through with the right Origin, and not with another', async () => {
  const client = await stack.client({ over: 'web' });
  await client.subscribeAsync('chat/web', { qos: 1 });
  client.end(true);
  await assert.rejects(
    stack.client({ over: 'web', wsOptions: { origin: 'http://evil.example' } }, 500),
    /an MQTT client connects/,
  );
});

/** @param {import('../lib/http.js').Answer} answer @param {number} status @param {string} code */
function assertError({ status: was, headers, json }, status, code) {
  assert.deepEqual([was, json().error.code], [status, code]);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['retry-after'], status === 503 ? '1' : undefined);
}

test('what nginx refuses by itself is JSON, with the right status, and not to be stored', async () => {
  const foreign = { localAddress: '127.0.0.2' };
  const large = { body: 'x'.repeat(5000), headers: { 'Content-Length': '5000' } };
  assertError(await get('/api'), 404, 'not_found');
  assertError(await get('/api/metrics', foreign), 403, 'operator_only');
  for (const path of ['/api/messages', '/api/metrics', '/api/export'])
    assertError(await get(path, large), 413, 'body_too_large');
  const evil = { Origin: 'http://evil.example' };
  assertError(await handshake(stack.port, '/mqtt', evil), 403, 'foreign_origin');
  assertError(await get('/mqtt', { headers: { Origin: stack.origin } }), 426, 'websocket_only');
  assert.equal((await get('/mqtt/limit')).status, 404);
  for (const method of ['HEAD', 'POST', 'FOO'])
    assert.equal((await get('/mqtt', { method, headers: { Origin: stack.origin } })).status, 405);
  assertError(await get('/mqtt', { method: 'PUT' }), 405, 'method_not_allowed');
});

test('a body that breaks off is refused in JSON, preconditions are ignored', async () => {
  /** @param {string} path */
  const broken = async (path) => {
    const socket = connect(stack.port, '127.0.0.1');
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${stack.port}\r\nConnection: close\r\n`;
    const upgrade = `Origin: ${stack.origin}\r\nUpgrade: websocket\r\n`;
    socket.end(`${head}${upgrade}Transfer-Encoding: chunked\r\n\r\nno number\r\n\r\n`);
    let answer = '';
    for await (const piece of socket) answer += piece;
    return answer;
  };
  for (const path of ['/api/messages', '/api/metrics', '/api/export', '/mqtt'])
    assert.match(await broken(path), /^HTTP\/1.1 400 [\s\S]*"bad_request"/, path);
  const conditions = { 'If-Unmodified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT', 'If-Match': '"x"' };
  for (const path of ['/api/messages', '/api/rooms', '/api/export', '/api/openapi.json'])
    assert.equal(
      (await get(path, { headers: { ...conditions, Range: 'bytes=9999999-' } })).status,
      200,
      path,
    );
});

test("programs get the page's errors in JSON, people get a page", async () => {
  const old = 'Mon, 01 Jan 2001 00:00:00 GMT';
  const past = await get('/chat/main.js', { headers: { 'If-Unmodified-Since': old } });
  assertError(past, 412, 'precondition_failed');
  assertError(await get('/chat/', { headers: { 'If-Match': '"x"' } }), 412, 'precondition_failed');
  const beyond = await get('/chat/main.js', { headers: { Range: 'bytes=9999999-' } });
  assert.deepEqual([beyond.status, beyond.json().error.code], [416, 'precondition_failed']);
  assertError(await get('/chat/', { method: 'POST' }), 405, 'method_not_allowed');

  const part = await get('/chat/main.js', { headers: { Range: 'bytes=0-9' } });
  assert.deepEqual([part.status, part.body.length], [206, 10]);
  const { etag } = part.headers;
  assertPageHeaders(part);
  const matching = await get('/chat/', {
    headers: { 'If-Unmodified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT' },
  });
  assert.equal(matching.status, 200);
  assertPageHeaders(matching);
  assert.equal((await get('/chat/main.js', { headers: { 'If-Match': String(etag) } })).status, 200);
  assert.match((await get('/chat/nothing')).body, /^<html>/);
});

test('without the responder the API is 503 in JSON, without the broker /mqtt is', async () => {
  await stack.kill('api');
  for (const path of ['/api/messages', '/api/metrics', '/api/export', '/api/messages.html'])
    assertError(await get(path), 503, 'api_down');
  await stack.start('api');
  await stack.kill('broker');
  const answer = await handshake(stack.port, '/mqtt', { Origin: stack.origin });
  assertError(answer, 503, 'broker_down');
  await stack.start('broker');
});

test('everything listens on loopback only', async () => {
  await until(() => services.every((name) => groupAlive(Number(stack.pid(name)))));
  const listening = spawnSync('ss', ['-ltnH'], { encoding: 'utf8' }).stdout;
  /** @param {number} port */
  const addresses = (port) =>
    [...listening.matchAll(/^\S+ +\d+ +\d+ +(\S+):(\d+) /gm)]
      .filter(([, , held]) => Number(held) === port)
      .map(([, address]) => address);
  for (const port of [stack.port, stack.wsPort])
    assert.deepEqual(addresses(port), ['127.0.0.1'], `port ${port}`);
  const v6 = readFileSync('/proc/net/if_inet6', 'utf8').includes(`${'0'.repeat(31)}1 `);
  const both = v6 ? ['127.0.0.1', '[::1]'] : ['127.0.0.1'];
  assert.deepEqual(addresses(stack.mqttPort).sort(), both, 'native MQTT, on both families');
  const owned = spawnSync('ss', ['-ltnpH'], { encoding: 'utf8' }).stdout;
  const own = owned.split('\n').filter((line) => {
    const pids = [...line.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));
    return pids.includes(Number(stack.pid('broker'))) || pids.includes(Number(stack.pid('nginx')));
  });
  assert.equal(own.length, both.length + 2, 'the broker and nginx have these sockets and no other');
});

test('sockets, history and configuration are closed to other users', () => {
  /** @param {string} path */
  const mode = (path) => statSync(join(stack.dataDir, path)).mode & 0o777;
  assert.equal(mode('socket/api'), 0o660);
  assert.equal(mode('socket/broker'), 0o770);
  assert.equal(mode('socket'), 0o700);
  assert.equal(mode('history'), 0o700);
  assert.equal(mode('broker'), 0o700);
  assert.equal(mode('.'), process.getuid?.() === 0 ? 0o750 : 0o700);
  for (const path of [
    'etc',
    'etc/logger.password',
    'etc/broker.password',
    'log',
    'services/logger',
  ])
    assert.equal(mode(path) & 0o007, 0, path);
});

test('under a site with regex locations and headers of its own, and a prefix, all works', async () => {
  const site = await startStack({ start: ['broker', 'logger', 'api'], urlPrefix: '/team' });
  try {
    const conf = join(site.dataDir, 'etc/nginx.conf');
    const own = `
        add_header Content-Security-Policy "default-src *" always;
        add_header X-Site "yes" always;
        root ${site.dataDir}/log;
        error_page 404 403 503 /error.html;
        fastcgi_intercept_errors on;
        fastcgi_param PATH_INFO wrong;
        location ~ \\.php$ { return 500; }
        location ~* \\.(js|css)$ { expires max; }
        location ~ /api/ { return 500; }
        location = /error.html { return 404 "the site's own\\n"; }
        location / { return 200 "the site"; }
        include`;
    const edited = readFileSync(conf, 'utf8')
      .replace(/location (= )?\/ \{[^}]*\}/g, '')
      .replace(/include (?=\S*nginx-server)/, `${own} `);
    writeFileSync(conf, edited);
    await site.start('nginx');
    assert.equal((await http(site.port, '/')).body, 'the site');
    assertPageHeaders(await http(site.port, '/team/chat/main.js'));
    const own404 = await http(site.port, '/team/chat/x.php');
    assert.deepEqual([own404.status, own404.body], [404, "the site's own\n"]);
    const client = await site.client({ over: 'web' });
    await client.publishAsync('chat/messages', 'hello', { qos: 1 });
    await until(async () => (await site.history()).length === 1);
    const missing = await http(site.port, '/team/api/nothing.php');
    assert.deepEqual([missing.status, missing.json().error.code], [404, 'not_found']);
    await site.kill('api');
    const down = await http(site.port, '/team/api/messages.html');
    assert.equal(down.json().error.code, 'api_down');
    assert.equal(down.headers['content-type'], 'application/json');
  } finally {
    await site.close();
  }
});

const LOGIN = { Authorization: `Basic ${Buffer.from('tester:secret').toString('base64')}` };

/** Serves the chat in more sites: `site0` with the first of these rules, and so on. @param {string[]} rules */
async function addSites(rules) {
  const file = join(stack.dataDir, 'etc/nginx.conf');
  const chat = `listen 127.0.0.1:${stack.port}; include ${stack.dataDir}/etc/nginx-server.conf;`;
  const servers = rules.map((rule, n) => `server { server_name site${n}; ${chat} ${rule} }`);
  const zone = 'limit_req_zone $server_name zone=site:1m rate=1r/m;';
  const text = readFileSync(file, 'utf8').replace(/\}\s*$/, `${zone} ${servers.join('\n')}\n}\n`);
  await stack.stop('nginx');
  writeFileSync(file, text);
  await stack.start('nginx');
}

test("the site's own rules say who may read, and its other rules do not get in the way", async () => {
  const users = join(stack.dataDir, 'etc/users');
  writeFileSync(users, 'tester:{PLAIN}secret\n');
  const password = `auth_basic "chat"; auth_basic_user_file ${users};`;
  const gate = (/** @type {number} */ code) =>
    `auth_request /gate; location = /gate { return ${code}; }`;
  const sites = /** @type {[string, number, number][]} without and with the password */ ([
    [password, 401, 200],
    ['deny all;', 403, 403],
    [gate(403), 403, 403],
    [gate(204), 200, 200],
    [`satisfy any; allow 127.0.0.1; deny all; ${password}`, 200, 200],
    [`satisfy any; deny all; ${password}`, 401, 200],
    [`limit_req zone=site burst=20 nodelay; error_page 401 503 = /else; ${password}`, 401, 200],
    ['if ($uri !~ ^/(chat|mqtt|api)(/|$)) { return 404; }', 200, 200],
    [`rewrite ^/en(/.*)$ $1 last; ${password}`, 401, 200],
  ]);
  await addSites(sites.map(([rules]) => rules));
  for (const [n, [rules, without, withPassword]] of sites.entries()) {
    const prefix = rules.startsWith('rewrite') ? '/en' : '';
    const site = { Host: `site${n}`, Origin: `http://site${n}` };
    const statuses = async (headers = {}) => {
      const options = { headers: { ...site, ...headers } };
      const paths = ['/chat/', '/api/messages'].map((path) => get(prefix + path, options));
      const all = await Promise.all([
        ...paths,
        handshake(stack.port, `${prefix}/mqtt`, options.headers),
      ]);
      return all.map(({ status }) => (status === 101 ? 200 : status));
    };
    assert.deepEqual(await statuses(), Array(3).fill(without), rules);
    assert.deepEqual(await statuses(LOGIN), Array(3).fill(withPassword), rules);
  }
});
