// Puts the catalogue's words into what index.html says in English: `data-text` names the text of an
// element, `data-label` its accessible name. What stands in backticks is a key.

import { make, setText } from './dom.js';
import { directionOf } from './language.js';
import { language, texts } from './texts.js';

/** @param {string | undefined} key */
function textOf(key) {
  const text = new Map(Object.entries(texts)).get(key ?? '');
  if (typeof text !== 'string') throw new Error(`the catalogue has no text "${key}"`);
  return text;
}

/** @param {string} text */
export function withKeys(text) {
  return text.split('`').map((part, i) => (i % 2 === 1 ? make('kbd', '', part) : part));
}

export function translate(root = document.documentElement) {
  Object.assign(document.documentElement, { lang: language, dir: directionOf(language) });
  for (const element of root.querySelectorAll('[data-text], [data-label]')) {
    if (!(element instanceof HTMLElement)) continue;
    const { text, label } = element.dataset;
    if (label) element.ariaLabel = textOf(label);
    if (!text) continue;
    if (textOf(text).includes('`')) element.replaceChildren(...withKeys(textOf(text)));
    else setText(element, textOf(text));
  }
}
