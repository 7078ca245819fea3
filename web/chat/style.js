// The style sheets of what is loaded later.

import { make } from './dom.js';

/** @type {Map<string, Promise<unknown>>} */
const loaded = new Map();

/** Until a style sheet holds; without it the chat is less neat, and works. @param {string} href */
export function loadStyle(href) {
  const before = loaded.get(href);
  if (before) return before;
  const link = make('link', '');
  const done = new Promise((resolve) => {
    link.onload = resolve;
    link.onerror = resolve;
  });
  loaded.set(href, done);
  link.rel = 'stylesheet';
  link.href = href;
  document.head.append(link);
  return done;
}
