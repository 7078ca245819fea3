/** `mqtt-chat room`: what it takes, says and refuses, and that a copy of the history has the topics. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin } from '../lib/admin.js';
import { startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack({ start: ['broker', 'logger'] });
});
after(() => stack?.close());

/** @param {string[]} args */
function room(...args) {
  const { status, stdout, stderr } = admin(stack, ['room', ...args]);
  return { status, stdout, stderr };
}

/** @param {string[]} args */
function well(...args) {
  const { status, stdout, stderr } = room(...args);
  assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
}

test('a topic is set, shown, replaced and taken away', () => {
  assert.equal(well('topic', 'lab'), '');
  assert.equal(well('topic', 'lab', ' Soldering ', 'on  Fridays ☕ '), '');
  assert.equal(well('topic', 'lab'), 'Soldering  on  Fridays ☕\n');
  well('topic', 'lab', '中'.repeat(200));
  assert.equal(well('topic', 'lab'), `${'中'.repeat(200)}\n`);
  well('topic', 'lab', '--clear');
  assert.equal(well('topic', 'lab'), '');
  well('topic', 'lab', '--', '--help');
  assert.equal(well('topic', 'lab'), '--help\n');
  well('topic', 'lab', '');
  assert.equal(well('topic', 'lab'), '');
});

test('what can be no topic or no room is refused, with what it has to be', () => {
  const bad = {
    long: 'x'.repeat(201),
    'two lines': 'one\ntwo',
    'a tab': 'one\ttwo',
    'a control of C1': 'one\u0085two',
    'a line separator': 'one\u2028two',
    'an override': 'one\u202etwo',
    'an isolate': 'one\u2067two',
    invisible: '\u200b\u2060',
  };
  for (const [what, text] of Object.entries(bad)) {
    const { status, stderr } = room('topic', 'lab', text);
    assert.equal(status, 64, what);
    assert.match(stderr, /^mqtt-chat: a topic is one line of at most 200 characters.*\n$/, what);
  }
  for (const name of ['Lab', 'a/b', '', '+', 'x'.repeat(65)])
    assert.equal(room('topic', name, 'Text').status, 64, name);
  assert.match(room('topic', 'Lab').stderr, /^mqtt-chat: ROOM: .*\n$/);
  assert.match(room('topic').stderr, /needs ROOM/);
  assert.match(room('topic', 'lab', '--clear', 'Text').stderr, /give no TEXT/);
  assert.match(room('topics', 'lab').stderr, /topic or list, not 'topics'/);
  assert.match(room('list', 'lab').stderr, /takes nothing more/);
  assert.equal(room().status, 64);
  assert.equal(stack.sql("SELECT * FROM topics WHERE topic <> ''").length, 0);
  assert.equal(room('topic', 'lab', 'x', '--database=/nonexistent/chat.db').status, 1);
});

test('the rooms are listed, and a prune, a backup and a restore keep the topics', async () => {
  for (const name of ['lab', 'kitchen'])
    assert.equal(admin(stack, ['send', `--room=${name}`, 'Hi']).status, 0);
  well('topic', 'lab', 'Soldering');
  well('topic', 'empty', 'Nobody is here');
  assert.equal(well('list'), 'kitchen\t1\t\nlab\t1\tSoldering\n');
  const copy = join(stack.dataDir, 'copy.db');
  assert.equal(admin(stack, ['backup', copy]).status, 0);
  assert.equal(admin(stack, ['prune', '--room=lab', '--yes']).status, 0);
  assert.equal(well('topic', 'lab'), 'Soldering\n');
  well('topic', 'lab', 'After the backup');
  await stack.stop('logger');
  assert.equal(admin(stack, ['restore', '--yes', copy]).status, 0);
  await stack.start('logger');
  assert.equal(well('topic', 'lab'), 'Soldering\n');
  const client = await stack.client();
  /** @type {Map<string, string>} */
  const topics = new Map();
  client.on('message', (topic, payload) => topics.set(topic, payload.toString()));
  await client.subscribeAsync('chat/+/topic');
  await until(() => topics.get('chat/lab/topic') === 'Soldering');
});
