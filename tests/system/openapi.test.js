/** The document of the API is valid, and every answer is what it says, errors and all. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { begin, fill } from '../lib/bulk.js';
import { http } from '../lib/http.js';
import { startStack, top, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** @type {any} */
const contract = JSON.parse(readFileSync(join(top, 'src/api/openapi.json'), 'utf8'));
const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(closed(contract), 'contract');

before(async () => {
  stack = await startStack();
  const client = await stack.client();
  for (let n = 1; n <= 30; n++)
    await client.publishAsync(
      `chat/${n % 3 ? 'messages' : 'lab'}`,
      n % 2
        ? `plain "${n}", größer 😀`
        : JSON.stringify({ nickname: 'Ann', text: `word ${n}`, clientId: 'c', msgId: `m${n}` }),
      { qos: 1 },
    );
  await until(async () => (await stack.history('limit=200')).length === 20);
});
after(() => stack?.close());

/**
 * The same where an answer may have no member that the document does not name.
 * @param {any} node
 * @returns {any}
 */
function closed(node) {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  for (const key of ['items', 'schema'])
    if (copy[key]?.$ref || copy[key]?.allOf) copy[key].unevaluatedProperties = false;
  return copy;
}

/** @param {any} object @returns {any} */
function follow(object) {
  if (!object?.$ref) return object;
  const path = object.$ref.slice(2).split('/');
  return path.reduce((/** @type {any} */ at, /** @type {string} */ step) => at[step], contract);
}

/** @param {string} text */
const pointer = (text) => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

/**
 * Fails unless the answer is one that `place` in the document describes.
 * @param {import('../lib/http.js').Answer} answer
 * @param {any} response
 * @param {string} place
 */
function assertDescribed(answer, response, place) {
  for (const [name, header] of Object.entries(response.headers ?? {})) {
    const { required, schema } = follow(header);
    const value = answer.headers[name.toLowerCase()];
    assert.ok(value !== undefined || !required, `${place}: no ${name}`);
    if (value === undefined) continue;
    const typed = schema.type === 'integer' ? Number(value) : value;
    assert.ok(ajv.validate(schema, typed), `${place}: ${name}: ${value}`);
  }
  if (!response.content) return;
  const type = String(answer.headers['content-type']).split(';')[0];
  assert.ok(response.content[type], `${place}: ${type}`);
  if (answer.body === '') return; // HEAD
  const json = type === 'application/json';
  const schema = `contract#${place}/content/${pointer(type)}/schema`;
  assert.ok(
    ajv.validate(schema, json ? answer.json() : answer.body),
    `${place}: ${ajv.errorsText()}: ${answer.body.slice(0, 300)}`,
  );
}

/**
 * Asks, and fails unless the answer has that status and is as the document says.
 * @param {string} target below /api
 * @param {number} status
 * @param {{code?: string, method?: string, headers?: Record<string, string>, body?: string}} [how]
 * @param {import('../lib/stack.js').Stack} [at]
 */
async function expectAnswer(target, status, { code, ...options } = {}, at = stack) {
  const answer = await http(at.port, `/api${target}`, options);
  assert.equal(answer.status, status, `${target}: ${answer.body.slice(0, 300)}`);
  const path = target.split('?')[0];
  const found = contract.paths[path]?.get.responses[status];
  assert.ok(found, `${status} of ${path} is not in the document`);
  const place = found.$ref?.slice(1) ?? `/paths/${pointer(path)}/get/responses/${status}`;
  assertDescribed(answer, follow(found), place);
  if (code) assert.equal(answer.json().error.code, code, target);
  return answer;
}

const paths = Object.keys(contract.paths);

/** @param {string} path */
const plain = (path) => (path === '/search' ? `${path}?q=word` : path);

/** @param {string} path */
const isKept = (path) => contract.paths[path].get.responses['304'] !== undefined;

test('the document is valid OpenAPI 3.1, and what is served', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(contract));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, '3.1');
  assert.deepEqual((await http(stack.port, '/api/openapi.json')).json(), contract);
});

test('every route answers 200 as described, to GET and to HEAD', async () => {
  for (const path of paths) {
    const answer = await expectAnswer(plain(path), 200);
    const head = await expectAnswer(plain(path), 200, { method: 'HEAD' });
    assert.equal(head.body, '');
    assert.equal(head.headers['content-type'], answer.headers['content-type']);
  }
  const all = await stack.history('limit=200');
  const middle = all[10].id;
  for (const query of [
    'limit=200',
    'limit=3',
    `before=${middle}&limit=5`,
    `after=${middle}`,
    `around=${middle}&limit=1`,
    'since=10m',
    'since=2026-11-23T17:41:05Z&limit=2',
    'room=nobody',
    'after=0&limit=1',
  ])
    await expectAnswer(`/messages?${query}`, 200);
});

test('an exported line is a message', async () => {
  const { body } = await expectAnswer('/export?room=lab', 200);
  const lines = body.trimEnd().split('\n');
  assert.equal(lines.length, 10);
  for (const line of lines)
    assert.ok(ajv.validate('contract#/components/schemas/Message', JSON.parse(line)), line);
  await expectAnswer('/export?format=csv', 200);
});

test('what a client has already is 304', async () => {
  for (const path of paths.filter(isKept)) {
    const { headers } = await expectAnswer(plain(path), 200);
    const again = await expectAnswer(plain(path), 304, {
      headers: { 'If-None-Match': String(headers.etag) },
    });
    assert.equal(again.body, '');
  }
});

test('each error of a parameter is 400 with its code', async () => {
  for (const [target, code] of [
    ['/messages?limit=0', 'bad_limit'],
    ['/messages?limit=201', 'bad_limit'],
    ['/messages?room=A', 'bad_room'],
    ['/messages?before=x', 'bad_before'],
    ['/messages?after=-1', 'bad_after'],
    ['/messages?around=9007199254740992', 'bad_around'],
    ['/messages?since=now', 'bad_since'],
    ['/messages?since=10m&before=5', 'contradictory_parameters'],
    ['/messages?since=10m&since=5m', 'repeated_parameter'],
    ['/export?format=xml', 'bad_format'],
    ['/export?room=A', 'bad_room'],
  ])
    await expectAnswer(target, 400, { code });
  for (const path of paths) {
    await expectAnswer(`${path}?nothing=1`, 400, { code: 'unknown_parameter' });
    const [parameter] = contract.paths[path].get.parameters ?? [];
    if (!parameter) continue;
    const { name } = follow(parameter);
    await expectAnswer(`${path}?${name}=lab&${name}=lab`, 400, { code: 'repeated_parameter' });
  }
});

test('search answers as described', async () => {
  const { body } = await expectAnswer('/search?q=word&limit=3', 200);
  assert.equal(JSON.parse(body).length, 3);
  await expectAnswer('/search?q=word&room=nobody', 200);
  await expectAnswer('/search?q=', 400, { code: 'bad_query' });
  await expectAnswer('/search', 400, { code: 'bad_query' });
  await expectAnswer(`/search?q=${'x'.repeat(1001)}`, 400, { code: 'bad_query' });
  await expectAnswer('/search?q=in:lab%20word&room=messages', 400, {
    code: 'contradictory_parameters',
  });
  await expectAnswer('/search?q=word&before=x', 400, { code: 'bad_before' });
});

test('what is not there is 404, another method 405, a body 413', async () => {
  const missing = await http(stack.port, '/api/nothing');
  assert.equal(missing.status, 404);
  assertDescribed(
    missing,
    contract.components.responses.NotFound,
    '/components/responses/NotFound',
  );
  for (const path of paths) {
    await expectAnswer(plain(path), 405, { method: 'DELETE', code: 'method_not_allowed' });
    await expectAnswer(plain(path), 413, {
      method: 'POST',
      body: 'x'.repeat(5000),
      code: 'body_too_large',
    });
  }
});

test('too many exports are 503', async () => {
  fill(stack, 'big', 20_000, 1900);
  const two = [
    await begin(stack.port, '/api/export'),
    await begin(stack.port, '/api/export?room=big'),
  ];
  await expectAnswer('/export', 503, { code: 'too_many_exports' });
  for (const one of two) one.destroy();
});

test('a database that somebody has for himself is 503', async () => {
  // In WAL mode nobody gets it while somebody else has it open.
  await stack.kill('logger');
  await stack.kill('api');
  const shell = spawn('sqlite3', [stack.database], { stdio: ['pipe', 'pipe', 'inherit'] });
  shell.stdin.write('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; SELECT 1;\n');
  try {
    await once(shell.stdout, 'data');
    await stack.start('api');
    await Promise.all(
      ['/messages', '/rooms', '/export', '/health'].map((path) =>
        expectAnswer(path, 503, { code: 'database_busy' }),
      ),
    );
    assert.match((await expectAnswer('/metrics', 200)).body, /^mqtt_chat_database_up 0$/m);
  } finally {
    shell.stdin.end();
    await once(shell, 'exit');
  }
  await stack.start('logger');
  await until(async () => (await http(stack.port, '/api/messages')).status === 200);
});

test('a logger that is silent is 503', async () => {
  await stack.kill('logger');
  spawnSync('sqlite3', [stack.database, 'UPDATE logger_note SET alive_at = 1']);
  await expectAnswer('/health', 503, { code: 'logger_silent' });
  await stack.start('logger');
});

test('without a responder every route is 503', async () => {
  await stack.kill('api');
  for (const path of paths) await expectAnswer(plain(path), 503, { code: 'api_down' });
  await stack.start('api');
});

test('a database that is missing, of another version, damaged or closed to us is 503', async () => {
  const bare = await startStack({ start: ['api', 'nginx'] });
  const needing = paths.filter((path) => !['/metrics', '/openapi.json'].includes(path));
  /** @param {string} code */
  const expectAll = async (code) => {
    for (const path of needing) await expectAnswer(plain(path), 503, { code }, bare);
    await expectAnswer('/metrics', 200, {}, bare);
    await expectAnswer('/openapi.json', 200, {}, bare);
  };
  /** @param {() => void} make */
  const replace = (make) => {
    rmSync(bare.database, { force: true });
    make();
    const { uid, gid } = statSync(dirname(bare.database));
    chownSync(bare.database, uid, gid);
  };
  try {
    await expectAll('database_missing');
    replace(() =>
      spawnSync('sqlite3', [
        bare.database,
        'PRAGMA application_id = 1297171272; PRAGMA user_version = 999',
      ]),
    );
    await expectAll('database_version');
    replace(() => writeFileSync(bare.database, 'this is no database, '.repeat(100)));
    await expectAll('database_corrupt');
    chmodSync(bare.database, 0);
    const served = readFileSync(`/proc/${bare.pid('api')}/status`, 'utf8');
    if (!/^Uid:\s+0\s/m.test(served)) await expectAll('database_denied');
  } finally {
    await bare.close();
  }
});
