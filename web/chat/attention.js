// What a hidden page does about new messages: counts them in its title and icon, and, if that was
// asked for, makes a sound and shows a notification.

import { drawCount } from './favicon.js';
import { mentions } from './mentions.js';
import { preferences } from './preferences.js';
import { texts } from './texts.js';

/** @typedef {{nickname: string, text: string}} News */

const SOUND_EVERY_MS = 2000;
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
 * @param {object} parts
 * @param {(room: string) => void} parts.open shows a room
 */
export function createAttention({ open }) {
  let count = 0;
  let title = document.title;
  let soundAt = 0;

  function show() {
    document.title = count > 0 ? texts.titleUnread(count, title) : title;
    drawCount(count);
  }

  /** @param {News} message @param {string} room @param {string} nickname */
  function notify({ nickname: from, text }, room, nickname) {
    const wish = preferences().notify;
    if (globalThis.Notification?.permission !== 'granted') return;
    if (!isWorthNotification(wish, text, nickname)) return;
    const options = { body: text.slice(0, BODY_MAX), tag: `chat-${room}`, icon: 'icon-192.png' };
    showNotification(texts.notificationTitle(from, room), options, () => open(room));
  }

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    count = 0;
    show();
  });

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
      count += 1;
      show();
      notify(message, room, nickname);
      const now = Date.now();
      if (preferences().sound === 'off' || now - soundAt < SOUND_EVERY_MS) return;
      soundAt = now;
      chime();
    },
  };
}
