// Who is here and who is typing: what is said to the broker, and what is made of what others say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePerson } from '../../web/chat/payload.js';
import * as people from '../../web/chat/people.js';
import { createPresence } from '../../web/chat/presence.js';
import { presenceTopics, willFor } from '../../web/chat/presence-topics.js';
import { fakeClock } from './fake-clock.js';

const bytes = (/** @type {unknown} */ value) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** How presence is said. */
const KEPT = { qos: 1, retain: true, expiryS: 600 };

function harness() {
  const clock = fakeClock();
  /** @type {[string, string, import('../../web/chat/presence.js').PublishOptions][]} */
  const published = [];
  let seen = people.nobody();
  let changes = 0;
  const self = { presenceId: 'page-1', clientId: 'me', guarded: false };
  const presence = createPresence({
    self: () => ({ ...self }),
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
    self,
    here() {
      const all = people.presentPeople(seen, () => '');
      return all.map(({ nickname }) => nickname).sort(new Intl.Collator('en').compare);
    },
    changes: () => changes,
    typing: () => people.typingNames(seen, clock.now(), (id) => id === 'me'),
  };
}

test('presence is said retained, for a while, and again after each connection', () => {
  const { presence, said } = harness();
  presence.enter('lab', 'Aino');
  assert.deepEqual(said(), [], 'offline nothing is said');
  const aino = [
    'chat/lab/presence/page-1',
    '{"nickname":"Aino"}',
    { qos: 1, retain: true, expiryS: 600 },
  ];
  presence.setOnline(true);
  assert.deepEqual(said(), [aino]);
  presence.setOnline(false);
  presence.setOnline(true);
  assert.deepEqual(said(), [aino]);
  assert.deepEqual(willFor('lab', 'page-1'), {
    topic: 'chat/lab/presence/page-1',
    payload: '',
    qos: 1,
    retain: true,
  });
  assert.deepEqual(presenceTopics('lab'), ['chat/lab/presence/+', 'chat/lab/typing']);
});

test('who switches rooms leaves the old one; in each, presence is said again before it expires', async () => {
  const { presence, said, clock } = harness();
  presence.enter('lab', 'Aino');
  presence.setOnline(true);
  said();
  const lab = ['chat/lab/presence/page-1', '{"nickname":"Aino"}', KEPT];
  await clock.pass(599_000);
  assert.deepEqual(said(), [lab, lab]);
  presence.enter('tea', 'Aino');
  assert.deepEqual(said(), [
    ['chat/lab/presence/page-1', '', { qos: 1, retain: true }],
    ['chat/tea/presence/page-1', '{"nickname":"Aino"}', KEPT],
  ]);
  await clock.pass(599_000);
  assert.equal(said().length, 2);
  presence.setOnline(false);
  await clock.pass(3_600_000);
  assert.deepEqual(said(), []);
});

test('one that is silent for long is dropped and cleared; one that is said again stays', async () => {
  const { presence, said, here, clock } = harness();
  presence.enter('lab', '');
  presence.setOnline(true);
  for (const id of ['ghost', 'alive'])
    presence.receive(`chat/lab/presence/${id}`, bytes({ nickname: id }));
  for (let passed = 240; passed <= 960; passed += 240) {
    await clock.pass(240_000);
    presence.receive('chat/lab/presence/alive', bytes({ nickname: 'alive' }));
    if (passed === 480) assert.deepEqual(here(), ['alive', 'ghost']);
  }
  assert.deepEqual(here(), ['alive']);
  assert.deepEqual(said(), [['chat/lab/presence/ghost', '', { qos: 1, retain: true }]]);
});

test('a page whose own presence is cleared says it again, soon and once, and clears itself never', async () => {
  const { presence, said, clock } = harness();
  presence.enter('lab', 'Aino');
  presence.setOnline(true);
  presence.receive('chat/lab/presence/page-1', bytes({ nickname: 'Aino' }));
  said();
  for (let i = 0; i < 9; i++) presence.receive('chat/lab/presence/page-1', bytes(''));
  assert.deepEqual(said(), []);
  await clock.pass(1000);
  assert.deepEqual(said(), [['chat/lab/presence/page-1', '{"nickname":"Aino"}', KEPT]]);
  await clock.pass(1_200_000);
  assert.ok(said().every(([, payload]) => payload !== ''));
});

test('among more than can be named nobody says that he types', () => {
  const { presence, said } = harness();
  presence.enter('lab', 'Aino');
  presence.setOnline(true);
  for (let i = 0; i <= people.NAMED_MAX; i++) {
    presence.receive(`chat/lab/presence/p${i}`, bytes({ nickname: `n${i}` }));
  }
  said();
  presence.typed();
  assert.deepEqual(said(), []);
  presence.receive('chat/lab/presence/p0', bytes(''));
  presence.typed();
  assert.equal(said().length, 1);
});

test('a reader without a name is not said to be here', () => {
  const { presence, said } = harness();
  presence.enter('lab', '');
  presence.setOnline(true);
  presence.typed();
  assert.deepEqual(said(), []);
  presence.enter('lab', 'Aino');
  assert.equal(said().length, 1);
});

test('typing is said at most every 3 s, and at once for the next message', async () => {
  const { presence, said, clock } = harness();
  presence.enter('lab', 'Aino');
  presence.setOnline(true);
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
  let state = people.nobody();
  for (let i = 0; i < people.PRESENT_MAX + 50; i++) {
    people.setPresence(state, `id-${i}`, { nickname: `n${i}`, clientId: null }, 0);
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
  const state = people.nobody();
  for (const length of [65, 64]) {
    people.setPresence(state, 'i'.repeat(length), { nickname: 'Bo', clientId: null }, 0);
  }
  assert.deepEqual([...state.present.keys()], ['i'.repeat(64)]);
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

test('where the broker vouches for ids, presence says under which one', () => {
  const { presence, said, self } = harness();
  presence.enter('lab', 'Aino');
  Object.assign(self, { presenceId: 'p2', clientId: '~k3', guarded: true });
  presence.setOnline(true);
  const [[topic, payload]] = said();
  assert.deepEqual(
    [topic, payload],
    ['chat/lab/presence/p2', '{"nickname":"Aino","clientId":"~k3"}'],
  );
});

test('a guest and one who has signed in are two, whatever they are called', () => {
  const state = people.nobody();
  const kind = (/** @type {people.Person} */ { clientId }) => clientId?.[0] ?? '';
  for (const [i, clientId] of ['@ann', '@ann', '~a', '~b', null].entries()) {
    people.setPresence(state, `p${i}`, { nickname: 'Ann', clientId }, 0);
  }
  const ids = people.presentPeople(state, kind).map(({ clientId }) => clientId);
  assert.deepEqual(ids, ['@ann', '~b', null]);
  assert.equal(people.presentPeople(state, () => '').length, 1);
});
