// The list of keyboard shortcuts, and of what can be written after a slash.

import { createDialog } from './dialog.js';
import { make } from './dom.js';
import { texts } from './texts.js';
import { withKeys } from './translate.js';

const modifier = /^Mac|^iP/.test(navigator.platform) ? '⌘' : 'Ctrl';

/** @type {[string, string][]} */
const LIST = [
  ['`Enter`', texts.keySend],
  ['`Shift`+`Enter`', texts.keyLine],
  ['`↑`', texts.keyRecall],
  ['`/me` `/nick` `/help`', texts.keyCommands],
  ['`Alt`+`↑` `Alt`+`↓`', texts.keyRooms],
  ['`w`', texts.keyWrite],
  [`\`/\` \`${modifier}\`+\`K\``, texts.keySearch],
  ['`End`', texts.keyNewest],
  ['`,`', texts.keySettings],
  ['`?`', texts.keyShortcuts],
  ['`Esc`', texts.keyClose],
];

export function createShortcutsDialog() {
  const rows = LIST.map(([keys, text]) =>
    make('div', '', make('dt', '', ...withKeys(keys)), make('dd', '', text)),
  );
  return createDialog('shortcuts', texts.shortcuts, make('dl', 'shortcuts', ...rows));
}
