// Where one writes, and where one says who one is. Without a nickname the second stands in place of
// the first; reading needs none.

import { byId, setText } from './dom.js';
import { cleanText, codePoints, NICKNAME_MAX, TEXT_MAX, typedNickname } from './payload.js';
import { canStore } from './storage.js';
import { currentRoom, isOwn } from './store.js';
import { texts } from './texts.js';
import { isVisible } from './words.js';

/** From here on the length is shown. */
const COUNT_FROM = TEXT_MAX - 400;

/** @param {KeyboardEvent} event */
function sends(event) {
  // 229 is how browsers without isComposing, and Safari on the closing Enter, mark an input method.
  const composing = event.isComposing || event.keyCode === 229;
  return event.key === 'Enter' && !event.shiftKey && !composing;
}

/** Whether it is for reading with fingers: then the field gets no focus, and no keyboard comes up, unasked. */
const touch = matchMedia('(hover: none)');

/** @param {KeyboardEvent} event */
function recalls(event) {
  const modified = event.shiftKey || event.altKey || event.ctrlKey || event.metaKey;
  return event.key === 'ArrowUp' && !modified && !event.isComposing;
}

/**
 * @param {object} actions
 * @param {(typed: string) => string} actions.onText gives '' or why it cannot be done
 * @param {(draft: string) => void} actions.onDraft
 * @param {() => string} actions.lastText
 */
function createTextForm({ onText, onDraft, lastText }) {
  const form = byId('text-form', HTMLFormElement);
  const field = byId('text', HTMLTextAreaElement);
  const error = byId('text-error', HTMLElement);
  const count = byId('text-count', HTMLElement);

  /** Its place stays as high while it is measured, or the log would scroll. */
  function fit() {
    form.style.minHeight = `${form.offsetHeight}px`;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
    form.style.minHeight = '';
  }

  function check() {
    const length = codePoints(cleanText(field.value));
    const tooLong = length > TEXT_MAX;
    setText(count, length >= COUNT_FROM ? texts.textCount(length, TEXT_MAX) : '');
    count.classList.toggle('over', tooLong);
    setText(error, tooLong ? texts.textLimit(TEXT_MAX, length) : '');
    field.ariaInvalid = String(tooLong);
    return { tooLong };
  }

  function submit() {
    const { tooLong } = check();
    if (tooLong || !isVisible(field.value)) return;
    const problem = onText(field.value);
    if (problem === '') fill('');
    setText(error, problem);
    field.ariaInvalid = String(problem !== '');
  }

  /** @param {string} text */
  function fill(text) {
    if (field.value === text) return;
    field.value = text;
    check();
    fit();
  }

  field.addEventListener('input', () => {
    check();
    fit();
    onDraft(field.value);
  });
  field.addEventListener('keydown', (event) => {
    if (recalls(event) && field.value === '') {
      const text = lastText();
      if (!text) return;
      event.preventDefault();
      fill(text);
      onDraft(text);
    }
    if (!sends(event)) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
    field.focus();
  });
  return { form, field, fill };
}

/** @param {(nickname: string) => void} onName */
function createNameForm(onName) {
  const form = byId('name-form', HTMLFormElement);
  const field = byId('name', HTMLInputElement);
  const error = byId('name-error', HTMLElement);

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const nickname = typedNickname(field.value);
    setText(error, nickname ? '' : texts.nicknameLimit(NICKNAME_MAX));
    field.ariaInvalid = String(!nickname);
    if (nickname) onName(nickname);
  });
  return { form, field };
}

/**
 * @param {object} actions
 * @param {(typed: string) => string} actions.onText gives '' or why it cannot be done
 * @param {(nickname: string) => void} actions.onName
 * @param {(draft: string) => void} actions.onDraft
 */
export function createComposer({ onText, onName, onDraft }) {
  let lastText = '';
  let room = '';
  const writing = createTextForm({ onText, onDraft, lastText: () => lastText });
  const me = byId('me', HTMLButtonElement);
  const hint = byId('name-hint', HTMLElement);
  let nickname = '';
  let named = false;
  /** Whether the nickname is being asked for: null before anything was shown. @type {boolean | null} */
  let asking = null;

  const naming = createNameForm((name) => {
    onName(name);
    show(false);
  });

  /** @param {boolean} ask */
  function show(ask) {
    naming.form.hidden = !ask || named;
    writing.form.hidden = ask;
    me.hidden = ask;
    const { field } = ask ? naming : writing;
    if (ask) {
      naming.field.value = nickname;
      setText(hint, canStore() ? texts.nicknameHint : texts.nicknameHintOnce);
    }
    if (!touch.matches || asking !== null) field.focus({ preventScroll: true });
    asking = ask;
    if (ask) naming.field.select();
  }

  me.addEventListener('click', () => show(true));
  naming.field.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && nickname) show(false);
  });

  return {
    focus: () => (asking ? naming : writing).field.focus(),
    /** @param {import('./store.js').State} state */
    render(state) {
      const { log, draft } = currentRoom(state);
      lastText = log.rows.findLast((row) => isOwn(state, row))?.text ?? '';
      if (room !== state.room) {
        room = state.room;
        writing.fill(draft);
        if (asking === false && !touch.matches) writing.field.focus({ preventScroll: true });
      }
      if (asking !== null && state.nickname === nickname && state.named === named) return;
      ({ nickname, named } = state);
      setText(byId('my-name', HTMLElement), nickname);
      me.disabled = named;
      me.title = named ? nickname : texts.changeName(nickname);
      me.ariaLabel = me.title;
      writing.field.placeholder = texts.writeAs(nickname);
      if (asking !== false || nickname === '') show(nickname === '');
    },
  };
}
