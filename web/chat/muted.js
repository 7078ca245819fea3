// The rooms that this browser keeps quiet: no number, no mark in the title, no sound, no notification.

import { readItem, writeItem } from './storage.js';

const KEY = 'chat.muted';
/** Of more, those that were muted last. */
const MUTED_MAX = 500;

/** @param {string} stored @returns {Set<string>} */
function parse(stored) {
  try {
    const names = JSON.parse(stored);
    return new Set(Array.isArray(names) ? names.slice(-MUTED_MAX) : []);
  } catch {
    return new Set();
  }
}

let muted = parse(readItem(KEY));

/** @type {() => void} */
let tell = () => {};

/** @param {string} room */
export const isMuted = (room) => muted.has(room);

/** @param {string} room @param {boolean} mute */
export function setMuted(room, mute) {
  muted = parse(readItem(KEY));
  if (mute) muted.add(room);
  else muted.delete(room);
  writeItem(KEY, JSON.stringify([...muted].slice(-MUTED_MAX)));
  tell();
}

/** @param {() => void} listener called when others are muted, in another tab too */
export function onMuted(listener) {
  tell = listener;
  addEventListener('storage', ({ key, newValue }) => {
    if (key !== KEY) return;
    muted = parse(newValue ?? '');
    tell();
  });
}
