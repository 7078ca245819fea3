// What the room is about: one line under its name, as the logger keeps it on the broker.

import { byId, setText } from './dom.js';
import { cleanText, codePoints } from './payload.js';
import { isVisible, onlyVisible } from './words.js';

const BYTES_MAX = 1024;
const LENGTH_MAX = 200;

/** @param {Uint8Array} payload plain text, or JSON with a text @returns {string} '' for none */
export function parseTopic(payload) {
  if (payload.length > BYTES_MAX) return '';
  const text = new TextDecoder().decode(payload);
  const line = onlyVisible(cleanText(textOf(text)))
    .replace(/\s+/gu, ' ')
    .trim();
  if (!isVisible(line)) return '';
  return codePoints(line) > LENGTH_MAX ? `${[...line].slice(0, LENGTH_MAX).join('')}…` : line;
}

/** @param {string} payload @returns {string} */
function textOf(payload) {
  if (!payload.startsWith('{')) return payload;
  try {
    const { text } = JSON.parse(payload);
    return typeof text === 'string' ? text : payload;
  } catch {
    return payload;
  }
}

export function createTopic() {
  const line = byId('topic', HTMLButtonElement);
  const whole = byId('topic-whole', HTMLElement);
  let of = '';
  let text = '';

  /** @param {string} room '' for none */
  function render(room) {
    const shown = room === of ? text : '';
    setText(line, shown);
    setText(whole, shown);
    line.title = shown;
    line.hidden = shown === '';
    if (line.hidden) whole.hidePopover();
  }

  return {
    /** @param {string} room @param {Uint8Array} payload */
    receive(room, payload) {
      of = room;
      text = parseTopic(payload);
      render(room);
    },
    render,
  };
}
