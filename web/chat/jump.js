// The form that leads to a day in the history.

import { byId } from './dom.js';

/** @param {{jump: (time: Date) => void}} actions */
export function createJump({ jump }) {
  const form = byId('jump', HTMLFormElement);
  const field = byId('jump-date', HTMLInputElement);
  form.addEventListener('toggle', (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === 'open') field.focus();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const [year, month, day] = field.value.split('-').map(Number);
    form.hidePopover();
    jump(new Date(year, month - 1, day));
  });
}
