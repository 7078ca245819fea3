// Says who is here and who is typing, and hears it of others. Presence is a retained message for the
// room that is open; the broker clears it by the will if the connection ends. A connection has one
// will, for the room in which it was made: in another room presence expires unless it is said again.

import { NOBODY, nextSilence, noteMessage, notePresence, noteTyping } from './company.js';
import { parsePerson } from './payload.js';

/** @typedef {import('./company.js').Company} Company */
/** @typedef {{qos: 0 | 1, retain?: boolean, expiryS?: number}} How */
/** @typedef {(topic: string, payload: string, how: How) => unknown} Publish nothing while offline */

const TYPING_EVERY_MS = 3000;
const EXPIRY_S = 600;
const AGAIN_MS = 240_000;

/** @param {string} room @param {string} id */
const presenceTopic = (room, id) => `chat/${room}/presence/${id}`;

/** @param {string} room */
export const companyTopics = (room) => [presenceTopic(room, '+'), `chat/${room}/typing`];

/**
 * What the broker says when a connection that was made in this room ends.
 * @param {string} room
 * @param {string} connectionId
 */
export function willFor(room, connectionId) {
  return {
    topic: presenceTopic(room, connectionId),
    payload: '',
    qos: /** @type {const} */ (1),
    retain: true,
  };
}

/**
 * @param {object} parts
 * @param {string} parts.connectionId the MQTT client id, which no other page has
 * @param {string} parts.clientId that of this browser
 * @param {Publish} parts.publish
 * @param {(company: Company) => void} parts.onChange
 * @param {import('./clock.js').Clock} parts.clock
 */
export function createPresence({ connectionId, clientId, publish, onChange, clock }) {
  let company = NOBODY;
  let here = { room: '', nickname: '' };
  let willRoom = '';
  let online = false;
  let typedAt = Number.NEGATIVE_INFINITY;
  let callOff = () => {};
  let silence = () => {};

  /** @param {Company} next */
  function set(next) {
    if (next === company) return;
    company = next;
    onChange(company);
    silence();
    const at = nextSilence(company);
    if (at < Number.POSITIVE_INFINITY) silence = clock.after(at - clock.now() + 1, hush);
  }

  function hush() {
    const typists = company.typists.filter(({ until }) => until > clock.now());
    set({ ...company, typists });
  }

  function announce() {
    callOff();
    const { room, nickname } = here;
    if (!online || room === '' || nickname === '') return;
    const willed = room === willRoom;
    const how = { qos: /** @type {const} */ (1), retain: true };
    const payload = JSON.stringify({ nickname });
    publish(
      presenceTopic(room, connectionId),
      payload,
      willed ? how : { ...how, expiryS: EXPIRY_S },
    );
    if (!willed) callOff = clock.after(AGAIN_MS, announce);
  }

  /** @param {string} room */
  function leave(room) {
    if (online && room) publish(presenceTopic(room, connectionId), '', { qos: 1, retain: true });
  }

  return {
    /** @param {string} room @param {string} nickname '' for one who only reads */
    enter(room, nickname) {
      if (room === here.room && nickname === here.nickname) return;
      if (room !== here.room) {
        leave(here.room);
        typedAt = Number.NEGATIVE_INFINITY;
        set(NOBODY);
      }
      here = { room, nickname };
      announce();
    },

    /** @param {boolean} now @param {string} room for which the connection has its will */
    link(now, room = '') {
      online = now;
      willRoom = room;
      if (!now) set(NOBODY);
      else announce();
    },

    /**
     * @param {string} topic
     * @param {Uint8Array} payload
     * @returns {boolean} whether it was for here
     */
    hear(topic, payload) {
      const [, room, kind, id] = topic.split('/');
      if (kind !== 'presence' && kind !== 'typing') return false;
      if (room !== here.room) return true;
      const person = parsePerson(payload);
      if (kind === 'presence') set(notePresence(company, id ?? '', person));
      else if (person) set(noteTyping(company, person, clock.now()));
      return true;
    },

    /** @param {string | null} sender */
    heardMessage(sender) {
      set(noteMessage(company, sender));
    },

    /** Something was typed, and is not empty. */
    typed() {
      const { room, nickname } = here;
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
