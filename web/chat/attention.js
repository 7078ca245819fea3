// What a hidden page does about new messages: counts them in its title and icon, and, if that was
// asked for, makes a sound and shows a notification. What is read in another tab counts no more, and of
// the hidden tabs of a browser one alone makes itself heard.

import { drawCount } from './favicon.js';
import { mentions } from './mentions.js';
import { preferences } from './preferences.js';
import { unread } from './room.js';
import { texts } from './texts.js';

/** @typedef {{nickname: string, text: string}} News */
/** @typedef {import('./store.js').Store} Store */

const SOUND_EVERY_MS = 2000;
/** Another tab on whose screen a message is has told that it is seen by then. */
const READ_ELSEWHERE_MS = 700;
const BODY_MAX = 200;

/** @type {AudioContext | undefined} */
let audio;

/** Two soft notes, made here: there is no file to load. */
function chime() {
  audio ??= new AudioContext();
  for (const [delay, pitch] of [
    [0, 660],
    [0.12, 880],
  ]) {
    const at = audio.currentTime + delay;
    const tone = new OscillatorNode(audio, { frequency: pitch });
    const volume = new GainNode(audio, { gain: 0.08 });
    volume.gain.setValueAtTime(0.08, at);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.3);
  }
}

/**
 * @param {string} title
 * @param {NotificationOptions} options
 * @param {() => void} onClick
 */
function showNotification(title, options, onClick) {
  try {
    const notification = new Notification(title, options);
    notification.addEventListener('click', () => {
      window.focus();
      notification.close();
      onClick();
    });
  } catch {
    // Phones show them through the service worker only.
    navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, options));
  }
}

/**
 * Whether a message is worth a notification.
 * @param {import('./preferences.js').Preferences['notify']} wish
 * @param {string} text
 * @param {string} nickname
 */
export function isWorthNotification(wish, text, nickname) {
  return wish === 'all' || (wish === 'mentions' && mentions(text, nickname));
}

/**
 * One of the hidden tabs has the word, until it is shown or closed; then another. Where the browser has
 * no locks, over http alone, each has it.
 */
function createWord() {
  let has = !navigator.locks;
  let give = () => {};
  return {
    has: () => has,
    take() {
      const wish = new AbortController();
      const held = () =>
        new Promise((resolve) => {
          has = true;
          give = () => resolve(null);
        });
      give = () => wish.abort();
      navigator.locks?.request('mqtt-chat', { signal: wish.signal }, held).catch(() => {});
    },
    give() {
      has = !navigator.locks;
      give();
    },
  };
}

/**
 * How many messages came while nobody saw the page, by room. No more are unseen in a room than it says
 * itself, once it has counted them or another tab has seen some.
 * @param {Store} store
 * @param {() => void} onChange
 */
function createMissed(store, onChange) {
  /** @type {Map<string, {count: number, seen: number}>} */
  const missed = new Map();
  store.subscribe(({ rooms }) => {
    for (const [name, { count, seen }] of missed) {
      const room = rooms.get(name);
      if (!room || room.seen <= seen) continue;
      const left = Math.min(count, unread(room));
      if (left > 0) missed.set(name, { count: left, seen: room.seen });
      else missed.delete(name);
      onChange();
    }
  });
  return {
    clear: () => missed.clear(),
    /** @param {string} name */
    has: (name) => missed.has(name),
    /** @param {string} name */
    add(name) {
      const seen = store.get().rooms.get(name)?.seen ?? 0;
      const before = missed.get(name) ?? { count: 0, seen };
      missed.set(name, { ...before, count: before.count + 1 });
    },
    count: () => Array.from(missed.values(), ({ count }) => count).reduce((a, b) => a + b, 0),
  };
}

/** @param {News} message @param {string} room @param {string} nickname ours @param {() => void} open */
function notify({ nickname: from, text }, room, nickname, open) {
  const wish = preferences().notify;
  if (globalThis.Notification?.permission !== 'granted') return;
  if (!isWorthNotification(wish, text, nickname)) return;
  const body = text.slice(0, BODY_MAX);
  const options = { body, tag: `chat-${room}`, icon: 'icon-192.png', data: { room } };
  showNotification(texts.notificationTitle(from, room), options, open);
}

/**
 * @param {object} parts
 * @param {Store} parts.store
 * @param {(room: string) => void} parts.open shows a room
 */
export function createAttention({ store, open }) {
  const missed = createMissed(store, show);
  const word = createWord();
  let title = document.title;
  let soundAt = 0;

  function show() {
    const count = missed.count();
    document.title = count > 0 ? texts.titleUnread(count, title) : title;
    drawCount(count);
  }

  function turn() {
    if (document.hidden) {
      word.take();
      return;
    }
    word.give();
    missed.clear();
    show();
  }
  document.addEventListener('visibilitychange', turn);
  turn();

  /** @param {News} message @param {string} room @param {string} nickname */
  function tell(message, room, nickname) {
    if (!document.hidden || !word.has() || !missed.has(room)) return;
    notify(message, room, nickname, () => open(room));
    const now = Date.now();
    if (preferences().sound === 'off' || now - soundAt < SOUND_EVERY_MS) return;
    soundAt = now;
    chime();
  }

  return {
    /** @param {string} next without the count */
    setTitle(next) {
      if (next === title) return;
      title = next;
      show();
    },

    /**
     * A message of somebody else has come.
     * @param {News} message
     * @param {string} room
     * @param {string} nickname ours
     */
    onMessage(message, room, nickname) {
      if (!document.hidden) return;
      missed.add(room);
      show();
      setTimeout(tell, READ_ELSEWHERE_MS, message, room, nickname);
    },
  };
}
