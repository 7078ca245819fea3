/**
 * Requests that nobody in his right mind sends, through nginx and straight at the responder's
 * socket: none is answered with a 5xx other than a 503 that says why, and afterwards the next one
 * is answered as ever.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as fcgi from '../lib/fastcgi.js';
import { http } from '../lib/http.js';
import { asShipped, startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
let socket = '';

before(async () => {
  stack = await startStack();
  socket = join(stack.dataDir, 'socket/api');
  const client = await stack.client();
  await client.publishAsync('chat/messages', 'Hi', { qos: 1 });
  await until(async () => (await stack.history()).length === 1);
});
after(() => stack?.close());

/** multiwatch's child. */
function responder() {
  const pid = stack.pid('api');
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
}

/** The next request is answered as ever. @param {string} afterWhat */
async function recovers(afterWhat) {
  await until(
    async () => (await http(stack.port, '/api/messages')).status === 200,
    undefined,
    `an answer after ${afterWhat}`,
  );
}

/**
 * What nginx answers to bytes, until it closes or we have waited long enough.
 * @param {string | Buffer} bytes
 * @returns {Promise<string>}
 */
function raw(bytes, ms = 10_000) {
  return new Promise((resolve) => {
    let text = '';
    const client = connect({ port: stack.port, host: '127.0.0.1', allowHalfOpen: true });
    client.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    client.on('error', () => {});
    client.once('end', () => client.destroy());
    const timer = setTimeout(() => client.destroy(), ms);
    client.once('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    client.write(bytes);
  });
}

/** @param {string} target @param {string} [method] @param {string} [headers] */
const line = (target, method = 'GET', headers = '') =>
  `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1:${stack.port}\r\n${headers}`;
const last = 'Connection: close\r\n\r\n';

/** The statuses in what came back, each of them allowed, and a 503 with its reason. */
function assertAnswers(/** @type {string} */ text, /** @type {string} */ what) {
  const statuses = [...text.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => status);
  for (const status of statuses)
    assert.ok(status < '500' || (status === '503' && /"code":/.test(text)), `${what}: ${status}`);
  return statuses;
}

/** @type {[string, () => string | Buffer][]} requests that get one answer */
const requests = [
  ...['', 'a=', '=', '&&&&', '%', '%zz', '%00', 'limit=%00', 'room=%c3%28', 'room=%ff'].map(
    (query) =>
      /** @type {[string, () => string]} */ ([
        `?${query}`,
        () => line(`/api/messages?${query}`) + last,
      ]),
  ),
  ...['"', '*', 'AND', 'NEAR(', ';--', "' OR 1=1", '(((((', 'a:b:c', '^', '{', '\\', '-', '%'].map(
    (words) =>
      /** @type {[string, () => string]} */ ([
        `q=${words}`,
        () => line(`/api/search?q=${encodeURIComponent(words)}`) + last,
      ]),
  ),
  ['q of 10,000 characters', () => line(`/api/search?q=${'x'.repeat(10_000)}`) + last],
  ['q of 7,000 characters', () => line(`/api/search?q=${'%e4%b8%ad'.repeat(777)}`) + last],
  ['q of 2,000 words', () => line(`/api/search?q=${'a+'.repeat(2000)}`) + last],
  ['1,000 parameters', () => line(`/api/messages?${'a=b&'.repeat(1000)}`) + last],
  ['1,000 times limit', () => line(`/api/messages?${'limit=1&'.repeat(1000)}`) + last],
  [
    'raw bytes in the query',
    () => Buffer.from(line('/api/messages?room=\xff\xfe') + last, 'latin1'),
  ],
  ['%00 in the path', () => line('/api/mess%00ages') + last],
  ['.. in the path', () => line('/api/../api/messages') + last],
  ['%2e%2e in the path', () => line('/api/%2e%2e/%2e%2e/etc/passwd') + last],
  ['// in the path', () => line('//api//messages') + last],
  ['a path of 7,000 bytes', () => line(`/api/${'x'.repeat(7000)}`) + last],
  [
    'a long If-None-Match',
    () => line('/api/messages', 'GET', `If-None-Match: ${'"x",'.repeat(1500)}\r\n`) + last,
  ],
  [
    'a header of 40,000 bytes',
    () => line('/api/messages', 'GET', `X: ${'x'.repeat(40_000)}\r\n`) + last,
  ],
  ['200 headers', () => line('/api/messages', 'GET', 'X-A: b\r\n'.repeat(200)) + last],
  ['a body without a length', () => `${line('/api/messages', 'POST')}${last}${'x'.repeat(3000)}`],
  ['a negative length', () => line('/api/messages', 'POST', 'Content-Length: -1\r\n') + last],
  [
    'a chunk of a broken length',
    () => `${line('/api/messages', 'GET', 'Transfer-Encoding: chunked\r\n')}${last}zz\r\n`,
  ],
  ...['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', 'get', 'X'].map(
    (method) =>
      /** @type {[string, () => string]} */ ([method, () => line('/api/messages', method) + last]),
  ),
  ['HTTP/1.0', () => 'GET /api/messages HTTP/1.0\r\n\r\n'],
  ['no host', () => 'GET /api/messages HTTP/1.1\r\n\r\n'],
  ['no HTTP', () => Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
];

test('hostile requests through nginx are answered, and with no 5xx', async () => {
  for (const [what, bytes] of requests)
    assert.equal(assertAnswers(await raw(bytes()), what).length, 1, what);
  for (const bytes of [
    'GET /api/messages\r\n', // as HTTP/0.9 was: an answer without a head
    `${line('/api/messages', 'GET', 'Content-Length: 900\r\n')}${last}a body that does not come`,
    line('/api/messages', 'GET', 'X: half a head'),
  ])
    assertAnswers(await raw(bytes, 500), bytes);
  await recovers('all of that');
});

test('fifty requests in one go are answered in their order', async () => {
  const all = Array.from({ length: 50 }, (_, n) => line(`/api/messages?limit=${n % 2 ? 1 : 0}`));
  const text = await raw(`${all.join('\r\n')}${last}`);
  const statuses = assertAnswers(text, 'a pipeline');
  assert.deepEqual(
    statuses,
    all.map((_, n) => (n % 2 ? '200' : '400')),
  );
});

const { begin, length, messages, pairs, record, request, PARAMS, STDIN } = fcgi;
const whole = request(messages);
const garbage = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7919) & 255));

/** @type {[string, Buffer][]} */
const wrong = [
  ['nothing', Buffer.alloc(0)],
  ['garbage', garbage],
  ['HTTP', Buffer.from('GET /messages HTTP/1.1\r\n\r\n')],
  ...[1, 7, 8, 15, 16, 20, 30, whole.length - 9, whole.length - 1].map(
    (n) => /** @type {[string, Buffer]} */ ([`the first ${n} bytes`, whole.subarray(0, n)]),
  ),
  ['another version', Buffer.concat([record(1, '\0\x01\0\0\0\0\0\0', { version: 9 }), whole])],
  ['unknown types', Buffer.concat([record(11), record(200), record(255, 'x', { id: 0 })])],
  ['no begin', whole.subarray(16)],
  ['a begin of the wrong length', Buffer.concat([record(1, '\0\x01'), whole.subarray(16)])],
  ['an unknown role', Buffer.concat([begin({ role: 77 }), whole.subarray(16)])],
  ['an authorizer', Buffer.concat([begin({ role: 2 }), whole.subarray(16)])],
  ['id 0', request(messages, { id: 0 })],
  ['two ids', Buffer.concat([begin({ id: 1 }), begin({ id: 2 }), whole.subarray(16)])],
  ['an abort at once', Buffer.concat([begin(), record(fcgi.ABORT)])],
  [
    'an abort of another',
    Buffer.concat([begin(), record(fcgi.ABORT, '', { id: 5 }), whole.subarray(16)]),
  ],
  [
    'a value that ends early',
    Buffer.concat([begin(), record(PARAMS, '\x05\x7fabcde'), record(PARAMS)]),
  ],
  ['a name of 1 GB', Buffer.concat([begin(), record(PARAMS, length(1 << 30)), record(PARAMS)])],
  [
    '20,000 parameters',
    Buffer.concat([
      begin(),
      ...Array(20).fill(record(PARAMS, '\x01\x01ab'.repeat(1000))),
      record(PARAMS),
      record(STDIN),
    ]),
  ],
  ['a query of 60,000 bytes', request({ ...messages, QUERY_STRING: 'x'.repeat(60_000) })],
  [
    'a body of 1 MB',
    Buffer.concat([
      whole.subarray(0, -8),
      ...Array(16).fill(record(STDIN, Buffer.alloc(65_535))),
      record(STDIN),
    ]),
  ],
  ['data instead of a body', Buffer.concat([whole.subarray(0, -8), record(fcgi.DATA, 'x')])],
  [
    'two requests at once',
    Buffer.concat([request(messages, { keep: true }), request(messages, { keep: true })]),
  ],
  ['values that are asked for', record(fcgi.GET_VALUES, pairs({ FCGI_MAX_CONNS: '' }), { id: 0 })],
];

test('whatever comes in on its own socket, the responder goes on', async () => {
  for (const [what, bytes] of wrong) {
    await fcgi.exchange(socket, bytes, { end: true });
    await recovers(what);
  }
});

test('many who send half of it and go, at the same time', async () => {
  await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      fcgi.exchange(socket, wrong[n % wrong.length][1], { end: true }),
    ),
  );
  await recovers('two hundred at once');
});

test('without REQUEST_METHOD it is 400', async () => {
  const { REQUEST_METHOD: _, ...rest } = messages;
  const answer = fcgi.output(await fcgi.exchange(socket, request(rest), { enough: fcgi.ended }));
  assert.match(answer, /^Status: 400 Bad Request\r\n[\s\S]*"code":"bad_request"/);
});

test('two answers for two requests of one go, or the second is not answered; never mixed', async () => {
  const bytes = Buffer.concat([
    request(messages, { keep: true, id: 1 }),
    request(messages, { id: 2 }),
  ]);
  const received = fcgi.records(await fcgi.exchange(socket, bytes, { end: true }));
  const ends = received.filter(({ type }) => type === fcgi.END).map(({ id }) => id);
  assert.equal(ends[0], 1);
  for (const { id } of received.slice(
    0,
    received.findIndex(({ type }) => type === fcgi.END),
  ))
    assert.equal(id, 1);
});

// What ends the process, inside libfcgi: lengths whose sum is negative. The sanitizers would report it.
const deadly = Buffer.concat([
  begin(),
  record(PARAMS, Buffer.concat([length(0x7ffffffe), length(0x7ffffffe)])),
]);

const testDeaths = asShipped ? test : () => {};

testDeaths('it dies fifty times in a row, and is back each time', async () => {
  const started = new Set([responder()]);
  for (let n = 0; n < 50; n++) {
    await fcgi.exchange(socket, deadly, { end: true });
    await recovers(`death ${n + 1}`);
    started.add(responder());
  }
  assert.ok(started.size > 40, `${started.size - 1} deaths`);
  assert.ok(stack.alive('api'));
});
