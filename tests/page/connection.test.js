// Connecting, and connecting again: versions, waits, dead lines. MQTT.js is played by a fake.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { backoff } from '../../web/chat/backoff.js';
import { createConnection } from '../../web/chat/connection.js';
import { fakeClock, settle } from './fake-clock.js';

class FakeClient extends EventEmitter {
  stream = new EventEmitter();
  ended = false;
  pings = 0;
  /** @type {((error: Error | null) => void)[]} */
  publishing = [];

  /** @param {import('mqtt').IClientOptions} options */
  constructor(options) {
    super();
    this.options = options;
  }

  connect() {}

  end() {
    this.ended = true;
    this.emit('close');
  }

  sendPing() {
    this.pings += 1;
  }

  /** @param {string[]} topics @param {object} _options @param {(e: Error | null) => void} done */
  subscribe(topics, _options, done) {
    this.topics = topics;
    this.subscribed = done;
  }

  /** @param {string} _t @param {string} _p @param {object} _o @param {(e: Error | null) => void} done */
  publish(_t, _p, _o, done) {
    this.publishing.push(done);
  }

  /** What a broker that accepts everything does. */
  accept() {
    this.stream.emit('connect');
    this.emit('connect');
    this.subscribed?.(null);
  }
}

async function setUp() {
  const clock = fakeClock();
  /** @type {FakeClient[]} */
  const clients = [];
  /** @type {string[]} */
  const phases = [];
  /** @type {import('../../web/chat/store.js').ConnectionState['cause'][]} */
  const causes = [];
  let line = '';
  let answer = /** @type {(typeof causes)[number]} */ ('');
  /** @type {string[]} */
  const messages = [];
  /** @type {string[]} */
  const used = [];
  let loadable = true;
  /** @type {boolean[]} whether each login was asked for after a refusal */
  const logins = [];
  const site = {
    /** @type {Partial<import('../../web/chat/connection.js').Login>} of who has a password */
    login: {},
    /** @type {import('../../web/chat/connection.js').NoLogin | null} */
    noLogin: null,
  };
  const connection = createConnection({
    retained: () => ({ topics: [], will: undefined }),
    load: async () => {
      if (!loadable) throw new Error('not loaded');
      return (_url, options) => {
        const client = new FakeClient(options);
        clients.push(client);
        return /** @type {any} */ (client);
      };
    },
    url: 'ws://x/mqtt',
    async logIn(refused) {
      logins.push(refused);
      if (site.noLogin) throw site.noLogin;
      return { clientId: `page-${logins.length}`, ...site.login };
    },
    onLogin: ({ username = 'nobody' }) => used.push(username),
    topics: ['chat/messages', 'chat/messages/stored'],
    askWhy: async () => answer,
    onState: (state) => {
      if (state.phase !== phases.at(-1)) phases.push(state.phase);
      causes.push(state.cause);
      line = state.line ?? '';
    },
    onMessage: (topic) => messages.push(topic),
    clock,
  });
  connection.start();
  await settle();
  return {
    clock,
    clients,
    phases,
    messages,
    connection,
    logins,
    used,
    site,
    cause: () => causes.at(-1),
    line: () => line,
    last: () => /** @type {FakeClient} */ (clients.at(-1)),
    /** @param {boolean} can */
    setLoadable(can) {
      loadable = can;
    },
    /** @param {import('../../web/chat/store.js').ConnectionState['cause']} why */
    setAnswer(why) {
      answer = why;
    },
  };
}

/** @param {number} code */
const refusal = (code) => Object.assign(new Error(`refused ${code}`), { code });

test('it is online when the subscription is confirmed, not before', async () => {
  const { phases, last } = await setUp();
  last().stream.emit('connect');
  last().emit('connect');
  assert.deepEqual(phases, ['connecting']);
  last().subscribed?.(null);
  assert.deepEqual(phases, ['connecting', 'online']);
  assert.deepEqual(last().topics, ['chat/messages', 'chat/messages/stored']);
});

test('it speaks MQTT 5 in a clean session, and leaves reconnecting to itself', async () => {
  const { protocolVersion, clean, reconnectPeriod, timerVariant } = (await setUp()).last().options;
  assert.deepEqual([protocolVersion, clean, reconnectPeriod, timerVariant], [5, true, 0, 'native']);
});

for (const code of [0x01, 0x84]) {
  test(`a broker that refuses version 5 with code ${code} is asked in 3.1.1, at once`, async () => {
    const { clock, clients, last } = await setUp();
    last().stream.emit('connect');
    last().emit('error', refusal(code));
    await clock.pass(0);
    assert.equal(clients.length, 2);
    assert.equal(last().options.protocolVersion, 4);
    last().accept();
    last().emit('close');
    await clock.pass(30_000);
    assert.equal(last().options.protocolVersion, 4);
  });
}

test('a broker that hangs up on version 5 is asked in 3.1.1', async () => {
  const { clock, last } = await setUp();
  last().stream.emit('connect');
  last().emit('close');
  await clock.pass(1000);
  assert.equal(last().options.protocolVersion, 4);
});

for (const why of /** @type {const} */ (['full', 'socket'])) {
  test(`a page that is refused learns why (${why}), and says so until it is let in`, async () => {
    const { clock, last, cause, setAnswer } = await setUp();
    setAnswer(why);
    last().emit('close');
    await settle();
    assert.equal(cause(), why);
    await clock.pass(1000);
    assert.equal(cause(), why, 'while it tries again, too');
    last().accept();
    assert.equal(cause(), '');
    last().emit('close');
    await settle();
    assert.equal(cause(), '', 'a connection that was lost was not refused');
  });
}

test('a broker that is not there says nothing on versions', async () => {
  const { clock, last } = await setUp();
  last().emit('close');
  await clock.pass(1000);
  assert.equal(last().options.protocolVersion, 5);
});

test('waits double from one second to thirty, and start anew after a good connection', async () => {
  const { clock, last } = await setUp();
  const waits = [];
  for (let i = 0; i < 7; i++) {
    last().emit('close');
    waits.push(clock.wait());
    await clock.pass(clock.wait());
  }
  assert.deepEqual(waits, [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
  last().accept();
  await clock.pass(5000);
  last().emit('close');
  assert.equal(clock.wait(), 22_500);
  await clock.pass(clock.wait());
  last().accept();
  await clock.pass(11_000);
  last().emit('close');
  assert.equal(clock.wait(), 750);
});

test('a wait is never under half nor over the whole, and at most thirty seconds', () => {
  assert.deepEqual([backoff(1, 0), backoff(1, 1)], [500, 1000]);
  assert.deepEqual([backoff(50, 0), backoff(50, 1)], [15_000, 30_000]);
});

test('an error and the close that follows it are one failure', async () => {
  const { clock, phases, last } = await setUp();
  last().accept();
  const client = last();
  client.emit('error', new Error('x'));
  client.emit('close');
  assert.deepEqual(phases, ['connecting', 'online', 'offline']);
  assert.ok(client.ended);
  assert.equal(clock.wait(), 750);
});

test('a refused subscription is a failure', async () => {
  const { phases, last } = await setUp();
  last().emit('connect');
  last().subscribed?.(refusal(0x87));
  assert.equal(phases.at(-1), 'offline');
});

test('a module that cannot be loaded is a failure, and is tried again', async () => {
  const { clock, clients, phases, connection, last, cause, setLoadable } = await setUp();
  setLoadable(false);
  last().emit('close');
  connection.check();
  await settle();
  assert.equal(phases.at(-1), 'offline');
  assert.equal(cause(), 'script');
  setLoadable(true);
  await clock.pass(30_000);
  assert.equal(clients.length, 2);
  last().emit('close');
  assert.equal(cause(), '', 'it came');
});

test('a line that is silent after a ping is dead', async () => {
  const { clock, phases, last } = await setUp();
  last().accept();
  await clock.pass(25_000);
  assert.equal(last().pings, 1);
  await clock.pass(3000);
  assert.equal(phases.at(-1), 'online');
  await clock.pass(1000);
  assert.equal(phases.at(-1), 'offline');
});

test('a line that answers lives', async () => {
  const { clock, phases, last } = await setUp();
  last().accept();
  for (let i = 0; i < 20; i++) {
    await clock.pass(5000);
    last().emit('packetreceive');
  }
  assert.equal(phases.at(-1), 'online');
  assert.ok(last().pings >= 2);
});

test('told that something changed, it connects now, or asks for a sign of life', async () => {
  const { clock, clients, connection, phases, last } = await setUp();
  last().emit('close');
  connection.check();
  await settle();
  assert.equal(clients.length, 2);
  connection.check();
  await settle();
  assert.equal(clients.length, 2);
  last().accept();
  connection.check();
  assert.equal(last().pings, 1);
  await clock.pass(4000);
  assert.equal(phases.at(-1), 'offline');
});

test('retained copies, and what an old connection still brings, are not messages', async () => {
  const { clock, messages, last } = await setUp();
  const old = last();
  old.accept();
  old.emit('message', 'a', new Uint8Array(), { retain: false });
  old.emit('message', 'retained', new Uint8Array(), { retain: true });
  old.emit('close');
  await clock.pass(1000);
  old.emit('message', 'late', new Uint8Array(), { retain: false });
  assert.deepEqual(messages, ['a']);
});

test('of the broker’s answers to a message only a final refusal counts', async () => {
  const { connection, last } = await setUp();
  last().accept();
  /** @param {Error | null} error */
  const answer = async (error) => {
    const result = connection.publish('chat/messages', '{}');
    last().publishing.at(-1)?.(error);
    return result;
  };
  assert.equal(await answer(null), '');
  assert.equal(await answer(new Error('Connection closed')), '');
  assert.equal(await answer(refusal(0x97)), '');
  assert.equal(await answer(refusal(0x95)), 'message too large');
});

for (const code of [0x04, 0x05, 0x86, 0x87]) {
  test(`refused with code ${code}, it asks who it is and comes with a password, at once`, async () => {
    const { clock, clients, logins, site, last, phases, used } = await setUp();
    site.login = { username: '@ann', password: 'token' };
    last().stream.emit('connect');
    last().emit('error', refusal(code));
    await clock.pass(0);
    assert.deepEqual([clients.length, logins, used], [2, [false, true], ['nobody', '@ann']]);
    const { username, password, clientId, protocolVersion } = last().options;
    assert.deepEqual(
      [username, password, clientId, protocolVersion],
      ['@ann', 'token', 'page-2', 5],
    );
    last().accept();
    assert.equal(phases.at(-1), 'online');
  });
}

test('who has no password to give, or a wrong one, is not asked for it again at once', async () => {
  for (const login of [{}, { username: '@ann', password: 'old' }]) {
    const { clock, clients, site, last } = await setUp();
    site.login = login;
    for (let i = 0; i < 2; i++) {
      last().stream.emit('connect');
      last().emit('error', refusal(0x87));
      await clock.pass(0);
    }
    assert.equal(clients.length, 2);
    assert.equal(last().options.protocolVersion, 5);
    assert.ok(clock.wait() > 0);
  }
});

test('each connection asks for a login of its own', async () => {
  const { clock, last, site } = await setUp();
  site.login = { username: '~a', password: 'token' };
  const ids = [];
  for (let i = 0; i < 3; i++) {
    last().emit('close');
    await clock.pass(30_000);
    ids.push(last().options.clientId);
    last().accept();
  }
  assert.deepEqual(ids, ['page-2', 'page-3', 'page-4']);
});

test('where there is no login it says why, and waits as long as it was told', async () => {
  const { clock, clients, site, last, cause, line } = await setUp();
  site.noLogin = { why: 'token', line: 'You are banned.', waitMs: 60_000 };
  last().emit('close');
  await clock.pass(750);
  assert.deepEqual([cause(), line(), clock.wait()], ['token', 'You are banned.', 60_000]);
  site.noLogin = { why: '' };
  await clock.pass(60_000);
  assert.deepEqual([cause(), line(), clients.length], ['', '', 1], 'it is offline as ever');
  site.noLogin = null;
  await clock.pass(30_000);
  assert.equal(clients.length, 2);
});

test('before its time is over it logs in anew, and ends the old connection only then', async () => {
  const { clock, clients, site, last, phases } = await setUp();
  site.login = { username: '@ann', password: 'token', goodMs: 10_000 };
  last().emit('close');
  await clock.pass(1000);
  const old = last();
  old.accept();
  site.noLogin = { why: '' };
  await clock.pass(11_000);
  assert.deepEqual([clients.length, old.ended, phases.at(-1)], [2, false, 'online']);
  site.noLogin = null;
  await clock.pass(12_000);
  old.emit('packetreceive');
  await clock.pass(18_000);
  assert.deepEqual([clients.length, old.ended, phases.at(-1)], [3, true, 'connecting']);
  last().accept();
  assert.equal(phases.at(-1), 'online');
});

test('made anew while it is asking who it is, it comes once', async () => {
  const { clock, clients, connection, last, used } = await setUp();
  last().accept();
  connection.restart();
  connection.restart();
  await clock.pass(0);
  assert.equal(clients.length, 2);
  assert.equal(used.length, 2);
  last().accept();
  await clock.pass(3000);
  assert.equal(clients.length, 2);
});
