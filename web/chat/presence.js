// Says who is here and who is typing, and hears it of others. Presence is a retained message for the
// room that is open; the broker clears it by the will if the connection ends. A will may not come: it
// is for the room in which the connection was made, and a broker that was down has none left. So every
// presence expires unless it is said again. A broker older than MQTT 5 knows no expiry; then the pages
// that hear nothing more of one clear it, and one that is still here and hears that it was cleared,
// says again that it is.

import { parsePerson } from './payload.js';
import * as list from './people.js';
import { presenceTopic } from './presence-topics.js';

/** @typedef {import('./people.js').People} People */
/** @typedef {{qos: 0 | 1, retain?: boolean, expiryS?: number}} PublishOptions */
/** @typedef {(topic: string, payload: string, options: PublishOptions) => unknown} Publish nothing while offline */

const TYPING_EVERY_MS = 3000;
/** A page that hears nothing for half of this is no longer connected, so none is taken for gone that is here. */
const EXPIRY_S = 600;
/** Of those who are here, so often at least. A hidden page's timer may be a minute late. */
const RENEWAL = 0.4;
/** So often while a presence holds a page looks for those that are silent: counted, since clocks are set. */
const ROUNDS = 10;
/** A page may see its own presence cleared, by the will of its last connection or by a stranger. */
const AGAIN_MS = 1000;

/**
 * @param {object} parts
 * @param {() => {presenceId: string, clientId: string, guarded: boolean}} parts.self presenceId: of this
 *   page, random; everybody sees it, so not the MQTT client id. clientId: that of this browser; guarded:
 *   it is known to be this one's
 * @param {Publish} parts.publish
 * @param {(people: People) => void} parts.onChange
 * @param {import('./clock.js').Clock} parts.clock
 * @param {number} [parts.expiryS] how long a presence holds unless it is said again
 */
export function createPresence(parts) {
  const { self, publish, onChange, clock, expiryS = EXPIRY_S } = parts;
  let people = list.nobody();
  let me = { room: '', nickname: '' };
  let online = false;
  let round = 0;
  let typedAt = Number.NEGATIVE_INFINITY;
  let cancelRenewal = () => {};
  let cancelTypingEnd = () => {};
  let cancelLook = () => {};

  /** @param {People} next */
  function setPeople(next) {
    if (next === people) return;
    people = next;
    onChange(people);
    cancelTypingEnd();
    const at = list.nextTypingEnd(people);
    if (at === Number.POSITIVE_INFINITY) return;
    cancelTypingEnd = clock.after(at - clock.now() + 1, dropTypists);
  }

  function dropTypists() {
    const typists = people.typists.filter(({ until }) => until > clock.now());
    setPeople({ ...people, typists });
  }

  /** Not all pages at the same time: what one has cleared the others need not. */
  function lookAgain() {
    cancelLook();
    const wait = ((expiryS * 1000) / ROUNDS) * (1 + 0.2 * clock.random());
    if (online) cancelLook = clock.after(wait, dropSilent);
  }

  function dropSilent() {
    round += 1;
    const silent = list.silentSince(people, round - ROUNDS);
    const gone = silent.filter((id) => id !== self().presenceId);
    for (const id of gone) {
      people.present.delete(id);
      publish(presenceTopic(me.room, id), '', { qos: 1, retain: true });
    }
    if (gone.length > 0) onChange(people);
    lookAgain();
  }

  function publishPresence() {
    cancelRenewal();
    const { room, nickname } = me;
    if (!online || room === '' || nickname === '') return;
    const options = { qos: /** @type {const} */ (1), retain: true, expiryS };
    const { presenceId, clientId, guarded } = self();
    const person = guarded ? { nickname, clientId } : { nickname };
    publish(presenceTopic(room, presenceId), JSON.stringify(person), options);
    cancelRenewal = clock.after(expiryS * 1000 * RENEWAL, publishPresence);
  }

  /** @param {string} id @param {ReturnType<typeof parsePerson>} person */
  function hear(id, person) {
    list.setPresence(people, id, person, round);
    onChange(people);
    if (id !== self().presenceId || person || me.nickname === '') return;
    cancelRenewal();
    cancelRenewal = clock.after(AGAIN_MS, publishPresence);
  }

  /** @param {string} room */
  function clearPresence(room) {
    if (!online || !room) return;
    publish(presenceTopic(room, self().presenceId), '', { qos: 1, retain: true });
  }

  return {
    /** @param {string} room @param {string} nickname '' for one who only reads */
    enter(room, nickname) {
      if (room === me.room && nickname === me.nickname) return;
      if (room !== me.room) {
        clearPresence(me.room);
        typedAt = Number.NEGATIVE_INFINITY;
        setPeople(list.nobody());
      }
      me = { room, nickname };
      publishPresence();
    },

    /** @param {boolean} next */
    setOnline(next) {
      online = next;
      if (!next) setPeople(list.nobody());
      else publishPresence();
      lookAgain();
    },

    /**
     * @param {string} topic
     * @param {Uint8Array} payload
     * @returns {boolean} whether it was for here
     */
    receive(topic, payload) {
      const [, room, kind, id] = topic.split('/');
      if (kind !== 'presence' && kind !== 'typing') return false;
      if (room !== me.room) return true;
      const person = parsePerson(payload);
      if (kind === 'presence') hear(id ?? '', person);
      else if (person) setPeople(list.withTyping(people, person, clock.now()));
      return true;
    },

    /** @param {string | null} sender */
    endTyping(sender) {
      setPeople(list.withoutTyping(people, sender));
    },

    /** Something was typed, and is not empty. */
    typed() {
      const { room, nickname } = me;
      if (!online || nickname === '' || list.isCrowd(people)) return;
      if (clock.now() - typedAt < TYPING_EVERY_MS) return;
      typedAt = clock.now();
      publish(`chat/${room}/typing`, JSON.stringify({ nickname, clientId: self().clientId }), {
        qos: 0,
      });
    },

    /** The message was sent: the next letter is of another one. */
    sent() {
      typedAt = Number.NEGATIVE_INFINITY;
    },
  };
}

/** @typedef {ReturnType<typeof createPresence>} Presence */
