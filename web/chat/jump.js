// The form that leads to a day in the history.

import { byId, setText } from './dom.js';
import { texts } from './texts.js';

/** @param {{jump: (time: Date, none: () => void) => void}} actions none: nothing is that new */
export function createJump({ jump }) {
  const form = byId('jump', HTMLFormElement);
  const field = byId('jump-date', HTMLInputElement);
  const error = byId('jump-error', HTMLElement);
  const clear = () => setText(error, '');
  field.addEventListener('input', clear);
  form.addEventListener('toggle', (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === 'open') field.focus();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const [year, month, day] = field.value.split('-').map(Number);
    form.hidePopover();
    clear();
    jump(new Date(year, month - 1, day), () => {
      form.showPopover();
      setText(error, texts.nothingSince);
    });
  });
}
