/** What an administrator does every day: look, say, follow, find, take along, put back. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin, adminStarted, check } from '../lib/admin.js';
import { build, startStack, until } from '../lib/stack.js';

const ESC = '\u001b';

/** @type {import('../lib/stack.js').Stack} */
let stack;
before(async () => {
  stack = await startStack();
});
after(() => stack?.close());

/** @param {string[]} args */
function well(...args) {
  const run = admin(stack, args);
  assert.equal(run.status, 0, `${args.join(' ')}: ${run.stderr}`);
  return run.stdout;
}

test('what is sent is stored when the command ends, and its exit status tells', async () => {
  assert.match(well('send', '--nickname=Root', 'Back', 'at', 'nine'), /^stored as \d+\n$/);
  const [last] = await stack.history('limit=1');
  assert.deepEqual([last.nickname, last.text], ['Root', 'Back at nine']);

  const client = await stack.client();
  await client.publishAsync('chat/messages', ' ', { qos: 1 });
  await until(() => stack.sql('SELECT * FROM rejected').length === 1);
  const one = well('status');
  assert.match(one, /^history +1 message in 1 room, /m);
  assert.match(one, /^rejected +1 is kept/m);
  const etc = join(stack.dataDir, 'etc');
  const configs = [`--broker-config=${etc}/broker.conf`, `--nginx-config=${etc}/nginx.conf`];
  assert.match(well('check', ...configs), /^0 faults, 1 warning$/m);

  assert.match(well('prune', '--nickname=Root', '--dry-run'), /^1 message would be deleted$/m);
  assert.match(well('backup', join(stack.dataDir, 'one.db')), /: 1 message, .*, verified$/m);

  const empty = admin(stack, ['send', ' ']);
  assert.equal(empty.status, 1);
  assert.match(empty.stderr, /rejected: text must be a string of 1 to 4000 characters/);

  await stack.stop('logger');
  const unheard = admin(stack, ['send', '--timeout=1', 'Anybody?']);
  assert.equal(unheard.status, 1);
  assert.match(unheard.stderr, /no receipt/);
  await stack.start('logger');
  await until(() => /^history +2 messages in 1 room, /m.test(well('status')));
});

test('who looks in takes leave of the broker', async (t) => {
  let said = Buffer.alloc(0);
  const between = createServer((client) => {
    const broker = connect({ path: stack.brokerSocket });
    client.on('data', (bytes) => {
      said = Buffer.concat([said, bytes]);
    });
    client.pipe(broker).pipe(client);
  });
  t.after(() => between.close());
  await once(between.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (between.address());
  const there = ['--broker=127.0.0.1', `--port=${port}`];
  const { ended } = adminStarted(stack, ['send', ...there, 'Goodbye']);
  assert.equal(await ended, 0);
  await until(() => said.subarray(-2).toString('hex') === 'e000', 5000, 'DISCONNECT');
});

test('status tells of each part, and a script gets figures', async () => {
  const { stdout, status } = admin(stack, ['status', '--json']);
  const figures = JSON.parse(stdout);
  assert.equal(status, 0, stdout);
  assert.equal(figures.ok, true);
  assert.match(figures.broker, /^mosquitto version 2/);
  assert.equal(figures.messages, stack.sql('SELECT count(*) AS n FROM messages')[0].n);
  assert.ok(!well('status').includes(ESC), 'no colours without a terminal');

  await stack.stop('logger');
  const down = admin(stack, ['status']);
  assert.equal(down.status, 1);
  assert.match(down.stdout, /^logger +does not run$/m);
  await stack.start('logger');
});

test('tail follows a room, and no message can write to the terminal', async () => {
  const tail = adminStarted(stack, ['tail', '--room=night', '--lines=0']);
  const client = await stack.client();
  const hostile = `${ESC}]0;owned\u0007${ESC}[2J`;
  const say = (/** @type {string} */ text) =>
    client.publishAsync('chat/night', JSON.stringify({ nickname: 'Eve', text }), { qos: 1 });
  await until(async () => {
    await say(`Boo ${hostile}`);
    return tail.output().includes('Eve');
  });
  assert.match(tail.output(), /Eve: Boo \\x1b\]0;owned\\x07/);
  assert.ok(!tail.output().includes(ESC));
  tail.child.kill();
  await tail.ended;
});

test('search finds what the API finds', async () => {
  well('send', '--room=lab', 'The Mökki door is open');
  const [hit] = well('search', '--json', 'mokki', 'door')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const answer = await fetch(`${stack.root}/api/search?q=mokki+door`);
  assert.equal(hit.id, (await answer.json())[0].id);
  assert.match(well('search', 'in:lab', 'door'), /#lab .*The Mökki door is open/);
  assert.equal(admin(stack, ['search', '--', '-only']).status, 64);
});

test('export gives what the API exports', async () => {
  for (const format of ['ndjson', 'csv']) {
    const answer = await fetch(`${stack.root}/api/export?format=${format}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.deepEqual(Buffer.from(well('export', `--format=${format}`)), bytes);
  }
  const file = join(stack.dataDir, 'lab.ndjson');
  well('export', '--room=lab', file);
  assert.equal(readFileSync(file, 'utf8').trim().split('\n').length, 1);
  const again = admin(stack, ['export', file]);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /say --yes/);
});

test('a backup comes back, and no id is given twice', async () => {
  const file = join(stack.dataDir, 'backup.db');
  const kept = stack.sql('SELECT * FROM messages');
  assert.match(well('backup', file), /verified/);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  well('send', 'This will be gone');
  const [gone] = await stack.history('limit=1');

  const running = admin(stack, ['restore', '--yes', file]);
  assert.equal(running.status, 1);
  assert.match(running.stderr, /the logger is running/);
  await stack.stop('logger');
  assert.match(admin(stack, ['restore', file]).stderr, /say --yes/);
  well('restore', '--yes', file);
  await stack.start('logger');
  assert.deepEqual(stack.sql('SELECT * FROM messages'), kept);
  assert.ok(
    readdirSync(join(stack.dataDir, 'history')).some((name) => name.includes('.replaced-')),
  );

  well('send', 'Later');
  const [later] = await stack.history('limit=1');
  assert.equal(later.text, 'Later');
  assert.ok(later.id > gone.id, 'an id that a page may have seen was given again');
  assert.deepEqual(
    check(stack).filter(({ state }) => state === 'fault'),
    [],
  );
});

test('what is no backup is not restored', async () => {
  const file = join(stack.dataDir, 'broken.db');
  const good = readFileSync(join(stack.dataDir, 'backup.db'));
  writeFileSync(
    file,
    Buffer.concat([good.subarray(0, 8192), Buffer.alloc(good.length - 8192, 90)]),
  );
  const unsound = join(stack.dataDir, 'unsound.db'); // it can be read from end to end
  copyFileSync(join(stack.dataDir, 'backup.db'), unsound);
  spawnSync('sqlite3', [unsound, 'UPDATE rooms SET messages = messages + 1']);
  const before = stack.sql('SELECT count(*) AS n FROM messages');
  await stack.stop('logger');
  for (const bad of [file, unsound, join(stack.dataDir, 'etc/mqtt-chat.conf'), '/nonexistent.db']) {
    const run = admin(stack, ['restore', '--yes', bad]);
    assert.equal(run.status, 1, bad);
    assert.match(run.stderr, /nothing was changed/, bad);
  }
  await stack.start('logger');
  assert.deepEqual(stack.sql('SELECT count(*) AS n FROM messages'), before);
  assert.ok(!existsSync(`${stack.database}.restoring`));
});

test('reindex makes the search whole again', async () => {
  const found = () => well('search', '--json', 'door').trim().split('\n').filter(Boolean).length;
  well('reindex', '--yes');
  assert.equal(found(), 1);
  assert.deepEqual(
    check(stack).filter(({ area, state }) => area === 'database' && state === 'fault'),
    [],
  );
});

test('the configuration may stand anywhere on the line, or in the environment', () => {
  const config = join(stack.dataDir, 'etc/mqtt-chat.conf');
  const run = (/** @type {string[]} */ args, env = {}) =>
    spawnSync(join(build, 'src/mqtt-chat'), args, {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
  for (const args of [
    ['--config', config, 'status'],
    ['-c', config, 'status'],
    ['status', `--config=${config}`],
    [`--config=${config}`, '--threads=2', 'status', '--json'],
  ])
    assert.equal(run(args).status, 0, args.join(' '));
  assert.equal(run(['status'], { MQTT_CHAT_CONFIG: config }).status, 0);
  const named = run(['--config=/none', 'status'], { MQTT_CHAT_CONFIG: config });
  assert.equal(named.status, 78, 'what the command line says wins');
  assert.match(
    run(['status', '--api-socket=/none'], { MQTT_CHAT_CONFIG: config }).stdout,
    /^api +\/none: No such/m,
  );
});

test('where the output has no room, the system says why', () => {
  for (const args of ['help', 'status', 'search door', 'tail --once', 'completion zsh']) {
    const run = spawnSync(
      'sh',
      ['-c', `exec "$0" ${args} > /dev/full`, join(build, 'src/mqtt-chat')],
      {
        encoding: 'utf8',
        env: { ...process.env, MQTT_CHAT_CONFIG: join(stack.dataDir, 'etc/mqtt-chat.conf') },
      },
    );
    assert.equal(run.status, 1, args);
    assert.match(run.stderr, /cannot write the output: No space left on device\n$/, args);
  }
});

test('each option is read where it stands, and what is wrong is named', () => {
  const run = (/** @type {string[]} */ ...args) =>
    spawnSync(join(build, 'src/mqtt-chat'), args, { encoding: 'utf8' });
  for (const option of ['--version', '-V']) {
    const { status, stdout } = run(option, 'status');
    assert.deepEqual(
      [status, /^mqtt-chat \(mqtt-chat \d[^)]*\)\n$/.test(stdout)],
      [0, true],
      stdout,
    );
  }
  assert.equal(run('-h').stdout, run('--help').stdout);
  assert.equal(run('tail', '-h').stdout, run('help', 'tail').stdout);
  assert.match(
    run('tail', '--help').stdout,
    /^Usage: mqtt-chat tail \[OPTION\]\.\.\.\nThis will follow/,
  );
  assert.match(
    run('send', '--help').stdout,
    /^Usage: mqtt-chat send \[OPTION\]\.\.\. TEXT\.\.\.\n/,
  );
  assert.match(
    run('completion', '--help').stdout,
    /^Usage: mqtt-chat completion bash\|zsh\|fish\n/,
  );
  const none = run();
  assert.deepEqual([none.status, none.stdout], [64, run('--help').stdout]);

  const config = `--config=${join(stack.dataDir, 'etc/mqtt-chat.conf')}`;
  const many = (/** @type {number} */ n) => Array.from({ length: n }, () => '--threads=2');
  assert.equal(run(config, ...many(31), 'tail', '--once').status, 0);
  assert.equal(run(config, ...many(40), 'tail', '--once').status, 1);
  for (const [args, said] of /** @type {[string[], string][]} */ ([
    [['-x', 'status'], "unknown option '-x'; see mqtt-chat --help"],
    [['--nonsense', 'status'], "unknown option '--nonsense'; see mqtt-chat --help"],
    [['--versoin'], "unknown option '--versoin': did you mean --version?"],
    [['-c'], "no value for option '-c'; see mqtt-chat --help"],
    [['--config'], "no value for option '--config'; see mqtt-chat --help"],
    [['tail', '--once', '-xh'], "unknown option '-xh'; see mqtt-chat tail --help"],
    [['tail', '--once', '-V'], "unknown option '-V'; see mqtt-chat tail --help"],
    [['tail', 'word', '--once', '-x'], "unknown option '-x'; see mqtt-chat tail --help"],
    [['tail', 'word', '--nonsense'], "unknown option '--nonsense'; see mqtt-chat tail --help"],
    [['tail', '--once', '--lines'], "no value for option '--lines'; see mqtt-chat tail --help"],
    [['tail', '--once=x'], "unknown option '--once=x': did you mean --once?"],
    [['help', 'tail', 'send'], "unexpected argument 'send'; see mqtt-chat help --help"],
    [['backup'], 'backup needs FILE; see mqtt-chat backup --help'],
  ])) {
    const { status, stdout, stderr } = run(...args);
    assert.deepEqual([status, stdout, stderr], [64, '', `mqtt-chat: ${said}\n`], args.join(' '));
  }
});

test('what others may not read, others may not read where it is written either', () => {
  const file = join(stack.dataDir, 'mode.csv');
  well('export', file);
  assert.equal(statSync(file).mode & 0o777, 0o640);
});

test('help tells of all commands, and of one, each option on a line', () => {
  const run = (/** @type {string[]} */ ...args) =>
    spawnSync(join(build, 'src/mqtt-chat'), args, { encoding: 'utf8' });
  const all = run('help');
  assert.equal(all.status, 0);
  assert.equal(all.stdout, run('--help').stdout);
  /** @type {string[]} */
  const names = all.stdout.split('\n\n')[1].match(/(?<=^ {2})[a-z]+/gm) ?? [];
  for (const name of ['status', 'import', 'help']) assert.ok(names.includes(name), name);
  for (const name of names) {
    const one = run('help', name);
    assert.equal(one.status, 0, name);
    assert.equal(one.stdout, run(name, '--help').stdout);
    assert.match(one.stdout, new RegExp(`^Usage: mqtt-chat ${name}`));
    for (const line of one.stdout.split('\n').filter((text) => text.startsWith('  --')))
      assert.match(line, /^ {2}--[a-z-]+(=\S+)? +\S/);
  }
});

test('a command line that is wrong gets one clear line', () => {
  for (const [args, said] of /** @type {[string[], RegExp][]} */ ([
    [['dance'], /there is no command 'dance'; see mqtt-chat --help/],
    [['statsu'], /there is no command 'statsu': did you mean status\?/],
    [['help', 'improt'], /there is no command 'improt': did you mean import\?/],
    [['tail', '--colour=x'], /unknown option '--colour=x'; see mqtt-chat tail --help/],
    [['tail', '--rome=x'], /unknown option '--rome=x': did you mean --room\?/],
    [['tail', '--databse=x'], /unknown option '--databse=x': did you mean --database\?/],
    [['tail', '--room'], /no value for option '--room'/],
    [['tail', '--room=No'], /--room: the room's name must be/],
    [['send', '--room=_ops', 'x'], /--room: the room's name .* begin with _ or - are reserved/],
    [['tail', '--lines=many'], /--lines must be a whole number from 0 to 200, not 'many'/],
    [['tail', 'x'], /unexpected argument 'x'/],
    [['send'], /send needs TEXT/],
    [['prune', '--yes'], /say which messages/],
    [['prune', '--before=soon'], /--before is a date/],
    [['prune', '--days=0', '--yes'], /--days=0 would select every message.* --before=20/],
    [['import', '--format=xml'], /--format=ndjson, csv or mariadb/],
    [['export', '--format=xml'], /--format is ndjson or csv, not 'xml'/],
    [['status', '--port=0'], /--port must be a whole number/],
  ])) {
    const run = admin(stack, args);
    assert.equal(run.status, 64, args.join(' '));
    assert.match(run.stderr, said);
    assert.equal(run.stderr.trim().split('\n').length, 1);
  }
});
