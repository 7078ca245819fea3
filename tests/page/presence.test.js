// Who is here and who is typing: what is said to the broker, and what is made of what others say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePerson } from '../../web/chat/payload.js';
import * as people from '../../web/chat/people.js';
import { createPresence, presenceTopics, willFor } from '../../web/chat/presence.js';
import { fakeClock } from './fake-clock.js';

const bytes = (/** @type {unknown} */ value) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

function harness() {
  const clock = fakeClock();
  /** @type {[string, string, import('../../web/chat/presence.js').PublishOptions][]} */
  const published = [];
  let seen = people.NOBODY;
  let changes = 0;
  const presence = createPresence({
    presenceId: 'page-1',
    clientId: 'me',
    publish: (...what) => published.push(what),
    onChange: (next) => {
      seen = next;
      changes += 1;
    },
    clock,
  });
  return {
    clock,
    presence,
    said: () => published.splice(0),
    here: () => people.presentNames(seen, new Intl.Collator('en')),
    changes: () => changes,
    typing: () => people.typingNames(seen, clock.now(), 'me'),
  };
}

test('presence is said in the room of the will, retained, and again after each connection', () => {
  const { presence, said } = harness();
  presence.enter('lab', 'Aino');
  assert.deepEqual(said(), [], 'offline nothing is said');
  const aino = ['chat/lab/presence/page-1', '{"nickname":"Aino"}', { qos: 1, retain: true }];
  presence.setOnline(true, 'lab');
  assert.deepEqual(said(), [aino]);
  presence.setOnline(false);
  presence.setOnline(true, 'lab');
  assert.deepEqual(said(), [aino]);
  assert.deepEqual(willFor('lab', 'page-1'), {
    topic: 'chat/lab/presence/page-1',
    payload: '',
    qos: 1,
    retain: true,
  });
  assert.deepEqual(presenceTopics('lab'), ['chat/lab/presence/+', 'chat/lab/typing']);
});

test('who switches rooms leaves the old one; in one without a will presence expires', async () => {
  const { presence, said, clock } = harness();
  presence.enter('lab', 'Aino');
  presence.setOnline(true, 'lab');
  said();
  presence.enter('tea', 'Aino');
  const tea = ['chat/tea/presence/page-1', '{"nickname":"Aino"}'];
  assert.deepEqual(said(), [
    ['chat/lab/presence/page-1', '', { qos: 1, retain: true }],
    [...tea, { qos: 1, retain: true, expiryS: 600 }],
  ]);
  await clock.pass(599_000);
  assert.equal(said().length, 2, 'said again before it expires');
  presence.enter('lab', 'Aino');
  said();
  await clock.pass(3_600_000);
  assert.deepEqual(said(), [], 'and not where the will does it');
});

test('a reader without a name is not said to be here', () => {
  const { presence, said } = harness();
  presence.enter('lab', '');
  presence.setOnline(true, 'lab');
  presence.typed();
  assert.deepEqual(said(), []);
  presence.enter('lab', 'Aino');
  assert.equal(said().length, 1);
});

test('typing is said at most every 3 s, and at once for the next message', async () => {
  const { presence, said, clock } = harness();
  presence.enter('lab', 'Aino');
  presence.setOnline(true, 'lab');
  said();
  presence.typed();
  presence.typed();
  await clock.pass(2900);
  presence.typed();
  assert.deepEqual(said(), [
    ['chat/lab/typing', '{"nickname":"Aino","clientId":"me"}', { qos: 0 }],
  ]);
  await clock.pass(200);
  presence.typed();
  assert.equal(said().length, 1);
  presence.sent();
  presence.typed();
  assert.equal(said().length, 1);
});

test('a name is here once, however many tabs it has, until the last one goes', () => {
  const { presence, here } = harness();
  presence.enter('lab', 'Aino');
  for (const id of ['a', 'b'])
    presence.receive(`chat/lab/presence/${id}`, bytes({ nickname: 'Bo' }));
  presence.receive('chat/lab/presence/c', bytes({ nickname: 'Åke' }));
  assert.deepEqual(here(), ['Åke', 'Bo']);
  presence.receive('chat/lab/presence/a', bytes(''));
  assert.deepEqual(here(), ['Åke', 'Bo']);
  presence.receive('chat/lab/presence/b', bytes(''));
  assert.deepEqual(here(), ['Åke']);
  presence.setOnline(false);
  assert.deepEqual(here(), [], 'offline nobody knows');
});

test('typing shows for 5 s, ends with the message, and is not shown to oneself', async () => {
  const { presence, typing, changes, clock } = harness();
  presence.enter('lab', 'Aino');
  presence.receive('chat/lab/typing', bytes({ nickname: 'Bo', clientId: 'b' }));
  presence.receive('chat/lab/typing', bytes({ nickname: 'Aino', clientId: 'me' }));
  presence.receive('chat/tea/typing', bytes({ nickname: 'Elsewhere', clientId: 'e' }));
  assert.deepEqual(typing(), ['Bo']);
  await clock.pass(4000);
  presence.receive('chat/lab/typing', bytes({ nickname: 'Cy', clientId: 'c' }));
  await clock.pass(1500);
  assert.deepEqual(typing(), ['Cy']);
  presence.endTyping('c');
  assert.deepEqual(typing(), []);
  presence.receive('chat/lab/typing', bytes({ nickname: 'Bo', clientId: 'b' }));
  const before = changes();
  await clock.pass(4900);
  assert.equal(changes(), before);
  await clock.pass(200);
  assert.equal(changes(), before + 1, 'the view is told when it ends');
  await clock.pass(60_000);
  assert.equal(changes(), before + 1);
});

test('in another room those of the one before are gone, and a new name changes nothing', () => {
  const { presence, here, typing } = harness();
  presence.enter('lab', 'Aino');
  presence.receive('chat/lab/presence/a', bytes({ nickname: 'Bo' }));
  presence.receive('chat/lab/typing', bytes({ nickname: 'Bo', clientId: 'b' }));
  presence.enter('lab', 'Otso');
  assert.deepEqual([here(), typing()], [['Bo'], ['Bo']]);
  presence.enter('tea', 'Otso');
  assert.deepEqual([here(), typing()], [[], []]);
});

test('only presence and typing are taken', () => {
  const { presence } = harness();
  assert.ok(
    !presence.receive('chat/lab', bytes('x')) && !presence.receive('chat/lab/stored', bytes('x')),
  );
  assert.ok(presence.receive('chat/lab/typing', bytes('nonsense')));
});

test('what others say is bounded in number and in length', () => {
  let state = people.NOBODY;
  for (let i = 0; i < people.PRESENT_MAX + 50; i++) {
    state = people.withPresence(state, `id-${i}`, { nickname: `n${i}`, clientId: null });
    state = people.withTyping(state, { nickname: `n${i}`, clientId: `id-${i}` }, 0);
  }
  assert.equal(state.present.size, people.PRESENT_MAX);
  assert.equal(state.typists.length, people.TYPISTS_MAX);
  assert.equal(parsePerson(bytes({ nickname: 'x'.repeat(65) })), null);
  assert.equal(parsePerson(bytes({ nickname: 'x', clientId: 'y'.repeat(65) })), null);
  assert.equal(parsePerson(bytes({ nickname: 'x', more: 'y'.repeat(2000) })), null);
  assert.equal(parsePerson(bytes({ nickname: ' \n' })), null);
});

test('an id of 64 characters is somebody, a longer one is not', () => {
  const bo = { nickname: 'Bo', clientId: null };
  assert.equal(people.withPresence(people.NOBODY, 'i'.repeat(64), bo).present.size, 1);
  assert.equal(people.withPresence(people.NOBODY, 'i'.repeat(65), bo).present.size, 0);
});

test('whatever comes as presence gives a short name or none', () => {
  const value = fc.oneof(
    fc.json(),
    fc.string(),
    fc.json().map((name) => `{"nickname":${name}}`),
  );
  fc.assert(
    fc.property(value, (text) => {
      const person = parsePerson(bytes(text));
      if (person) assert.ok(person.nickname.length > 0 && Array.from(person.nickname).length <= 64);
    }),
  );
});
