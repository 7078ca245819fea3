// A browser opens a file that is dropped on a page, and the chat is gone. Files cannot be sent, so this
// says that, and stays.

import { notice } from './notice.js';
import { texts } from './texts.js';

/** Text that is dropped or pasted into a field is the browser's to put there. @param {Event} event */
const isInField = ({ target }) => target instanceof Element && target.closest('input, textarea');

/** @param {DataTransfer | null} data */
const hasFiles = (data) => Boolean(data?.types.includes('Files'));

/** @param {DragEvent} event */
function onDrag(event) {
  const files = hasFiles(event.dataTransfer);
  if (isInField(event) && !files) return;
  event.preventDefault();
  if (event.type === 'drop' && files) notice(texts.noFiles);
}

export function refuseFiles() {
  for (const name of /** @type {const} */ (['dragover', 'drop'])) addEventListener(name, onDrag);
  addEventListener('paste', ({ clipboardData }) => {
    const text = clipboardData?.types.some((type) => type.startsWith('text/'));
    if (hasFiles(clipboardData) && !text) notice(texts.noFiles);
  });
}
