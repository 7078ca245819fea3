/**
 * `mqtt-chat check` on an installation that is well, and on the same with each of these faults: it
 * names the fault, says how to mend it, and is content again when it is mended.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin, check } from '../lib/admin.js';
import { startStack, until } from '../lib/stack.js';

/** @type {import('../lib/stack.js').Stack} */
let stack;
/** @type {string} */
let etc;
before(async () => {
  stack = await startStack();
  etc = join(stack.dataDir, 'etc');
  for (let i = 0; i < 50; i++) {
    const text = `Message ${i}`;
    assert.equal(admin(stack, ['send', '--room=lab', text]).status, 0);
  }
  assert.equal(admin(stack, ['reindex', '--yes']).status, 0);
});
after(() => stack?.close());

const findings = () => check(stack).filter(({ state }) => state === 'fault' || state === 'warning');

/** @param {string} sql */
const harm = (sql) =>
  execFileSync('sqlite3', [stack.database], { input: `PRAGMA writable_schema = on; ${sql}` });

/**
 * @param {string} name of a file
 * @param {(text: string) => string} change
 * @returns {() => void} what puts it back
 */
function edited(name, change) {
  const path = join(etc, name);
  const old = readFileSync(path, 'utf8');
  const text = change(old);
  assert.notEqual(text, old, `${name} is as it was`);
  writeFileSync(path, text);
  return () => writeFileSync(path, old);
}

/** @param {string} settings of a listener in the broker's configuration, which somebody opened */
async function openListener(settings) {
  const server = createServer().listen(0, '0.0.0.0');
  await until(() => server.listening);
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const file = join(etc, 'broker.d/own.conf');
  writeFileSync(file, `listener ${port}\n${settings}`);
  return async () => {
    rmSync(file);
    server.close();
  };
}

/** @param {string} path @param {number} mode */
function withMode(path, mode) {
  const old = statSync(path).mode & 0o7777;
  chmodSync(path, mode);
  return () => chmodSync(path, old);
}

/**
 * Puts a copy of the database aside, and harms it; the logger has to rest meanwhile.
 * @param {() => void} spoil
 */
async function spoiled(spoil) {
  const good = `${stack.database}.good`;
  await stack.stop('logger');
  harm('PRAGMA wal_checkpoint(TRUNCATE);');
  execFileSync('cp', ['-p', stack.database, good]);
  spoil();
  return async () => {
    for (const suffix of ['-wal', '-shm']) rmSync(stack.database + suffix, { force: true });
    renameSync(good, stack.database);
    await stack.start('logger');
  };
}

test('an installation that is well has no findings', () => {
  assert.deepEqual(findings(), []);
  assert.equal(new Set(check(stack).map(({ area }) => area)).size, 8);
});

/**
 * @type {Record<string, [RegExp, RegExp, () => (void | Promise<void>) | (() => void | Promise<void>)
 *   | Promise<() => void | Promise<void>>]>}
 */
const faults = {
  'the logger does not run': [
    /^it does not run/,
    /systemctl start mqtt-chat-logger/,
    async () => {
      await stack.stop('logger');
      return () => stack.start('logger');
    },
  ],
  'the broker does not run': [
    /^broker at .*socket\/broker: (Connection refused|No such file)/,
    /systemctl start mqtt-chat-broker/,
    async () => {
      await stack.stop('broker');
      return () => stack.start('broker');
    },
  ],
  'another program has the port of the broker': [
    /^port \d+, which the broker needs, is another program's/,
    /\/etc\/mqtt-chat\/ports/,
    async () => {
      await stack.stop('broker');
      const server = createServer().listen(stack.mqttPort, '127.0.0.1');
      await until(() => server.listening);
      return async () => {
        await new Promise((resolve) => server.close(resolve));
        await stack.start('broker');
      };
    },
  ],
  'the password is another': [
    /not authori[sz]ed/i,
    /password-file/,
    () => edited('logger.password', () => 'wrong\n'),
  ],
  'the API does not run': [
    /socket\/api: /,
    /systemctl start mqtt-chat-api/,
    async () => {
      await stack.stop('api');
      return () => stack.start('api');
    },
  ],
  'everybody may use the API socket': [
    /may be used by every user/,
    /-M 0660/,
    () => withMode(join(stack.dataDir, 'socket/api'), 0o666),
  ],
  'everybody may read the history': [
    /chat\.db may be read or written by others/,
    /^chmod 0640/,
    () => withMode(stack.database, 0o644),
  ],
  'everybody may read the password': [
    /logger\.password may be read/,
    /^chmod 0640/,
    () => withMode(join(etc, 'logger.password'), 0o644),
  ],
  'the group may read the client id': [
    /client-id may be read/,
    /^chmod 0600/,
    () => withMode(`${stack.database}.client-id`, 0o640),
  ],
  'a page of the file is overwritten': [
    /the file is damaged: \*\*\*|malformed/,
    /mqtt-chat salvage FILE/,
    () =>
      spoiled(() => {
        const [{ page }] = stack.sql(
          "SELECT rootpage AS page FROM sqlite_schema WHERE name = 'messages_room'",
        );
        writeSync(
          openSync(stack.database, 'r+'),
          Buffer.alloc(4096, 90),
          0,
          4096,
          (Number(page) - 1) * 4096,
        );
      }),
  ],
  'the database is not in WAL mode': [
    /it is not in WAL mode/,
    /restart the logger/,
    () => spoiled(() => harm('PRAGMA journal_mode = DELETE;')),
  ],
  'an index is missing': [
    /the index `messages_msg_id` is missing/,
    /schema\.sql/,
    () => spoiled(() => harm('DROP INDEX messages_msg_id;')),
  ],
  'the database is of a later version': [
    /its schema is version 99/,
    /install a newer mqtt-chat/,
    () => spoiled(() => harm('PRAGMA user_version = 99;')),
  ],
  'the database is of another program': [
    /not a database of mqtt-chat/,
    /set `database` to another file/,
    () => spoiled(() => harm('PRAGMA application_id = 7;')),
  ],
  'the rooms are counted wrong': [
    /the table `rooms` counts 1 rooms wrong/,
    /counts anew/,
    () => spoiled(() => harm('UPDATE rooms SET messages = messages + 1;')),
  ],
  'the index of the search lacks messages': [
    /the index of the search lacks \d+ of/,
    /mqtt-chat reindex/,
    () => spoiled(() => harm("INSERT INTO search (search) VALUES ('delete-all');")),
  ],
  'the index of the search is ahead of the messages': [
    /claims to be at \d+, beyond the last message/,
    /mqtt-chat reindex/,
    () => spoiled(() => harm('UPDATE search_state SET indexed_id = 1000000;')),
  ],
  'there is no database': [
    /there is none/,
    /start the logger/,
    () => spoiled(() => renameSync(stack.database, `${stack.database}.away`)),
  ],
  'a message was rejected': [
    /messages were rejected during the last day/,
    /SELECT \* FROM rejected/,
    async () => {
      admin(stack, ['send', ' ']);
      return () => {
        execFileSync('sqlite3', [stack.database, 'DELETE FROM rejected']);
      };
    },
  ],
  'the broker forgets what is sent while the logger is away': [
    /per_listener_settings is true/,
    /take that line out/,
    () => edited('broker.conf', (text) => `per_listener_settings true\n${text}`),
  ],
  'anybody may publish receipts': [
    /lets anybody publish receipts/,
    /mqtt-chat\.acl/,
    () => edited('mqtt-chat.acl', (text) => `topic readwrite chat/#\n${text}`),
  ],
  'everybody with a name may publish receipts': [
    /lets anybody publish receipts/,
    /mqtt-chat\.acl/,
    () => edited('mqtt-chat.acl', (text) => `${text}\npattern write chat/+/stored\n`),
  ],
  'everybody may write topics': [
    /lets anybody publish receipts or topics/,
    /mqtt-chat\.acl/,
    () => edited('mqtt-chat.acl', (text) => `${text}\npattern readwrite chat/+/topic\n`),
  ],
  'who is called like a room may forge its rejections': [
    /lets anybody publish receipts/,
    /mqtt-chat\.acl/,
    () => edited('mqtt-chat.acl', (text) => `${text}\npattern readwrite chat/%u/rejected\n`),
  ],
  'a listener is open to other machines': [
    /port \d+ can be reached from other machines: who/,
    /bind_interface lo/,
    () => openListener(''),
  ],
  'the listener for browsers is open to other machines': [
    /the WebSocket port \d+ can be reached/,
    /socket_domain ipv4/,
    () => openListener('protocol websockets\n'),
  ],
  'no site includes the chat': [
    /no server block includes the chat/,
    /include snippets\/mqtt-chat\.conf/,
    () => edited('nginx.conf', (text) => text.replace(/include .*nginx-server\.conf;/, '')),
  ],
  'the part of the http block is not included': [
    /the part of the http block is not included/,
    /libexec\/mqtt-chat\/arrange/,
    () => edited('nginx.conf', (text) => text.replace(/include .*nginx-http\.conf;/, '')),
  ],
  'Origin is not checked': [
    /Origin is not checked/,
    /as it comes with mqtt-chat/,
    () =>
      edited('nginx-server.conf', (text) =>
        text.replace('if ($mqtt_chat_same_origin = 0)', 'if ($mqtt_chat_same_origin = 2)'),
      ),
  ],
  'nothing limits the WebSockets of an address': [
    /nothing limits how many WebSockets/,
    /limit_conn mqtt_chat_sockets 50;/,
    () => edited('nginx-sockets.conf', () => ''),
  ],
  'one address can take all connections of nginx': [
    /^1 address, with the 512 WebSockets that each may hold, can take all 1024/,
    /worker_connections/,
    () => edited('nginx-sockets.conf', (text) => text.replace(' 50;', ' 512;')),
  ],
  'three addresses can take all connections of nginx': [
    /^3 addresses, with the 200 WebSockets/,
    /nginx-sockets\.conf/,
    () => edited('nginx-sockets.conf', (text) => text.replace(' 50;', ' 200;')),
  ],
  'a comma too many in site.json': [
    /site\.json is no JSON object/,
    /no comma behind the last member/,
    () => edited('site.json', () => '{"title": "Chat",}'),
  ],
  'site.json is a list': [
    /site\.json is no JSON object/,
    /double quotes/,
    () => edited('site.json', () => '["Chat"]'),
  ],
  'an empty site.json': [
    /site\.json is no JSON object/,
    /double quotes/,
    () => edited('site.json', () => ''),
  ],
  'a member of site.json that the page does not know': [
    /the page knows no "colour"/,
    /title, welcome, room or language/,
    () => edited('site.json', () => '{"title": "Chat", "colour": "red"}'),
  ],
  'a member of site.json that is no text': [
    /"welcome" is no text/,
    /double quotes/,
    () => edited('site.json', () => '{"welcome": null}'),
  ],
  'a room in site.json that is none': [
    /"Lab" is no room/,
    /begins with a letter or a digit/,
    () => edited('site.json', () => '{"room": "Lab"}'),
  ],
  'a language in site.json that the page does not speak': [
    /the page does not speak "sv"/,
    /en, fi, de or ar/,
    () => edited('site.json', () => '{"language": "sv"}'),
  ],
  'site.json may be written by everybody': [
    /site\.json may be read or written by others/,
    /chmod 0?640/,
    () => {
      chmodSync(join(etc, 'site.json'), 0o642);
      return () => chmodSync(join(etc, 'site.json'), 0o640);
    },
  ],
  'a location without its slash': [
    /ends in \/chat without a slash/,
    /location \^~ \/chat\//,
    () =>
      edited('nginx-server.conf', (text) => `${text}\nlocation /chat {\n  alias /srv/chat/;\n}\n`),
  ],
  'an address has just too few connections': [
    /^3 addresses, with the 171 WebSockets/,
    /worker_connections/,
    () => edited('nginx-sockets.conf', (text) => text.replace(' 50;', ' 171;')),
  ],
  'the broker may not read who may do what': [
    /^acl_file .*none\.acl: No such file or directory$/,
    /put it back/,
    () =>
      edited('broker.conf', (text) => text.replace(/^(acl_file .*)mqtt-chat\.acl$/m, '$1none.acl')),
  ],
  'who has no name may publish receipts of one room': [
    /lets anybody publish receipts/,
    /mqtt-chat\.acl/,
    () => edited('mqtt-chat.acl', (text) => `topic write chat/messages/stored\n${text}`),
  ],
  'who chooses its id like a room may publish receipts': [
    /lets anybody publish receipts/,
    /mqtt-chat\.acl/,
    () => edited('mqtt-chat.acl', (text) => `${text}\npattern chat/%c/+\n`),
  ],
  'others may write into the folder': [
    /history may be read or written by others \(mode 0777\)/,
    /^chmod 0775 /,
    () => withMode(join(stack.dataDir, 'history'), 0o777),
  ],
  'the newest message is from the future': [
    /the newest message is from the future/,
    /set the clock/,
    () => spoiled(() => harm('UPDATE messages SET ts = ts + 172800000 WHERE id = 50;')),
  ],
  'the broker forgot the queue two days ago': [
    /^the broker forgot its queue 2 d ago/,
    /mqtt-chat-broker can be written/,
    () =>
      spoiled(() => harm(`UPDATE logger_note SET session_lost_at = ${Date.now() - 172_900_000};`)),
  ],
};

const { bavail, blocks } = statfsSync(tmpdir());
if (bavail < 0.85 * blocks)
  faults['most of the disk is to be free'] = [
    /MB are left in .*history: new messages are refused below \d+ MB \(min-free = 90 percent\)/,
    /let go of old messages: mqtt-chat prune/,
    () => edited('mqtt-chat.conf', (text) => `${text}\nmin-free = 90\n`),
  ];

for (const [name, [what, remedy, plant]] of Object.entries(faults)) {
  test(name, async () => {
    const mend = await plant();
    try {
      const found = findings().filter((finding) => what.test(finding.what));
      assert.equal(found.length, 1, JSON.stringify(check(stack)));
      assert.match(found[0].remedy ?? '', remedy);
    } finally {
      await mend?.();
    }
    await until(() => findings().length === 0, 10_000, 'it is mended');
  });
}

test('what harms nobody is no finding', () => {
  for (const mend of [
    edited('mqtt-chat.acl', (text) => {
      const general = 'topic read chat/#\ntopic deny chat/+/stored\ntopic readwrite home/#\n';
      return `${general}${text}\nuser ann\ntopic readwrite chat/#\n`;
    }),
    edited('mqtt-chat.acl', (text) => `${text}\npattern read chat/%u/stored\npattern chat/%c\n`),
    edited('broker.conf', (text) => `per_listener_settings false\n# listener 1\n${text}`),
    edited('nginx-sockets.conf', (text) => text.replace(' 50;', ' 170;')), // 4 addresses
    edited('nginx-server.conf', (text) => {
      const others = ['= /chat', '/chat/', '/chatter', '/chats '];
      return `${text}\n${others.map((place) => `location ${place} {\n}\n`).join('')}`;
    }),
  ]) {
    assert.deepEqual(findings(), []);
    mend();
  }
});

test('a person gets a line for each finding, and how many they are', async () => {
  const etc = ['broker', 'nginx'].map(
    (part) => `--${part}-config=${join(stack.dataDir, 'etc', part)}.conf`,
  );
  const well = admin(stack, ['check', ...etc]);
  assert.equal(well.status, 0);
  assert.match(well.stdout, /^ok {7}database .* is sound and of schema \d+$/m);
  assert.match(well.stdout, /^ok {7}logger {3}it runs and stores$/m);
  assert.match(well.stdout, /^ok {7}files {4}owners and modes are as they should be$/m);
  assert.match(well.stdout, /^ok {7}broker {3}it answers, and knows the logger's name$/m);
  assert.match(well.stdout, /^ok {7}broker {3}\S+\/broker\.conf is safe$/m);
  assert.match(well.stdout, /^ok {7}nginx {4}\S+\/nginx\.conf has both parts, whole$/m);
  assert.match(well.stdout, /^ok {7}api {6}it takes requests$/m);
  assert.match(well.stdout, /^0 faults, 0 warnings$/m);

  const harmed = admin(stack, ['check', ...etc, '--api-socket=/none']);
  assert.equal(harmed.status, 1);
  assert.match(
    harmed.stdout,
    /^FAULT {4}api {6}\/none: No such file or directory\n {18}-> start it/m,
  );
  assert.match(harmed.stdout, /^1 fault, 0 warnings$/m);

  const elsewhere = admin(stack, ['check', '--broker-config=/none', '--nginx-config=/none']);
  assert.equal(elsewhere.status, 0);
  for (const part of ['broker', 'nginx '])
    assert.match(
      elsewhere.stdout,
      new RegExp(`^skipped  ${part} {3}/none: No such file or directory$`, 'm'),
    );
});

test('the mode of the settings and the broker without its plugin do not fit', async () => {
  const guests = await startStack({ identity: 'guest', start: ['broker'] });
  try {
    const said = () => check(guests).filter(({ area }) => area === 'identity');
    assert.deepEqual(
      said().map(({ state }) => state),
      ['ok'],
    );
    const config = join(guests.dataDir, 'etc/mqtt-chat.conf');
    const settings = readFileSync(config, 'utf8');
    writeFileSync(config, settings.replace('identity = guest', 'identity = open'));
    assert.match(said()[0].what, /the mode is open, and the broker lets in nobody/);
    writeFileSync(config, settings);
    await guests.stop('broker');
    const broker = join(guests.dataDir, 'etc/broker.conf');
    const guarded = readFileSync(broker, 'utf8');
    writeFileSync(broker, guarded.replace(/^(plugin|check_retain).*\n/gm, ''));
    await guests.start('broker');
    const [{ state, what, remedy }] = said();
    assert.equal(state, 'fault');
    assert.match(what, /the mode is guest, and the broker lets in who has no token/);
    assert.match(String(remedy), /systemctl restart mqtt-chat-broker/);
  } finally {
    await guests.close();
  }
});
