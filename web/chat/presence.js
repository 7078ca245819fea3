// Says who is here and who is typing, and hears it of others. Presence is a retained message for the
// room that is open; the broker clears it by the will if the connection ends. A connection has one
// will, for the room in which it was made: in another room presence expires unless it is said again.

import { parsePerson } from './payload.js';
import { NOBODY, nextTypingEnd, withoutTyping, withPresence, withTyping } from './people.js';

/** @typedef {import('./people.js').People} People */
/** @typedef {{qos: 0 | 1, retain?: boolean, expiryS?: number}} PublishOptions */
/** @typedef {(topic: string, payload: string, options: PublishOptions) => unknown} Publish nothing while offline */

const TYPING_EVERY_MS = 3000;
const EXPIRY_S = 600;
const AGAIN_MS = 240_000;

/** @param {string} room @param {string} id */
const presenceTopic = (room, id) => `chat/${room}/presence/${id}`;

/** @param {string} room */
export const presenceTopics = (room) => [presenceTopic(room, '+'), `chat/${room}/typing`];

/**
 * What the broker says when a connection that was made in this room ends.
 * @param {string} room
 * @param {string} presenceId
 */
export function willFor(room, presenceId) {
  return {
    topic: presenceTopic(room, presenceId),
    payload: '',
    qos: /** @type {const} */ (1),
    retain: true,
  };
}

/**
 * @param {object} parts
 * @param {string} parts.presenceId of this page, random; everybody sees it, so not the MQTT client id
 * @param {string} parts.clientId that of this browser
 * @param {Publish} parts.publish
 * @param {(people: People) => void} parts.onChange
 * @param {import('./clock.js').Clock} parts.clock
 */
export function createPresence({ presenceId, clientId, publish, onChange, clock }) {
  let people = NOBODY;
  let me = { room: '', nickname: '' };
  let willRoom = '';
  let online = false;
  let typedAt = Number.NEGATIVE_INFINITY;
  let cancelRenewal = () => {};
  let cancelExpiry = () => {};

  /** @param {People} next */
  function setPeople(next) {
    if (next === people) return;
    people = next;
    onChange(people);
    cancelExpiry();
    const at = nextTypingEnd(people);
    if (at === Number.POSITIVE_INFINITY) return;
    cancelExpiry = clock.after(at - clock.now() + 1, dropExpired);
  }

  function dropExpired() {
    const typists = people.typists.filter(({ until }) => until > clock.now());
    setPeople({ ...people, typists });
  }

  function publishPresence() {
    cancelRenewal();
    const { room, nickname } = me;
    if (!online || room === '' || nickname === '') return;
    const hasWill = room === willRoom;
    /** @type {PublishOptions} */
    const options = { qos: 1, retain: true };
    if (!hasWill) options.expiryS = EXPIRY_S;
    publish(presenceTopic(room, presenceId), JSON.stringify({ nickname }), options);
    if (!hasWill) cancelRenewal = clock.after(AGAIN_MS, publishPresence);
  }

  /** @param {string} room */
  function clearPresence(room) {
    if (online && room) publish(presenceTopic(room, presenceId), '', { qos: 1, retain: true });
  }

  return {
    /** @param {string} room @param {string} nickname '' for one who only reads */
    enter(room, nickname) {
      if (room === me.room && nickname === me.nickname) return;
      if (room !== me.room) {
        clearPresence(me.room);
        typedAt = Number.NEGATIVE_INFINITY;
        setPeople(NOBODY);
      }
      me = { room, nickname };
      publishPresence();
    },

    /** @param {boolean} next @param {string} room for which the connection has its will */
    setOnline(next, room = '') {
      online = next;
      willRoom = room;
      if (!next) setPeople(NOBODY);
      else publishPresence();
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
      if (kind === 'presence') setPeople(withPresence(people, id ?? '', person));
      else if (person) setPeople(withTyping(people, person, clock.now()));
      return true;
    },

    /** @param {string | null} sender */
    endTyping(sender) {
      setPeople(withoutTyping(people, sender));
    },

    /** Something was typed, and is not empty. */
    typed() {
      const { room, nickname } = me;
      if (!online || nickname === '' || clock.now() - typedAt < TYPING_EVERY_MS) return;
      typedAt = clock.now();
      publish(`chat/${room}/typing`, JSON.stringify({ nickname, clientId }), { qos: 0 });
    },

    /** The message was sent: the next letter is of another one. */
    sent() {
      typedAt = Number.NEGATIVE_INFINITY;
    },
  };
}

/** @typedef {ReturnType<typeof createPresence>} Presence */
