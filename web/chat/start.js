// Runs before anything is painted, in every browser that knows `const`: gives the page its looks, and
// sees whether it starts. What to do where it does not stands in index.html, for that must need no
// script. `data-start`: missing, nothing has run; old, this browser lacks what the page needs; lost, a
// script did not come or failed; wait, and once main.js has put all together, done.

(() => {
  const root = document.documentElement;

  /** What preferences.js stores, unchecked: the style sheet knows the values that there are. */
  const stored = () => {
    try {
      return Object(JSON.parse(localStorage.getItem('chat.preferences') || ''));
    } catch (_) {
      return {};
    }
  };
  const { theme, size, density, language } = stored();
  Object.assign(root.dataset, { theme, size, density });
  // The first that the page knows (language.js): a page that turns around would be seen to.
  const wanted = language && language !== 'system' ? [language] : navigator.languages || [];
  if (/^ar\b/.test(wanted.filter((name) => /^(en|fi|de|ar)\b/.test(name))[0])) root.dir = 'rtl';

  // The newest of what it cannot do without: Chrome 123, Firefox 125, Safari 17.5.
  const fits =
    window.CSS &&
    CSS.supports('color', 'light-dark(red, red)') &&
    'popover' in HTMLElement.prototype &&
    'Segmenter' in Intl;
  root.dataset.start = fits ? 'wait' : 'old';

  /** @param {Event} event of a script that did not come, or of ours that failed; not of an extension's */
  const lose = (event) => {
    const ours = event instanceof ErrorEvent ? event.filename.indexOf(location.origin) === 0 : true;
    const script = event.target === window || event.target instanceof HTMLScriptElement;
    if (ours && script && root.dataset.start === 'wait') root.dataset.start = 'lost';
  };
  addEventListener('error', lose, true);
  addEventListener('unhandledrejection', lose);

  // What extras.js opens may be clicked before it has come: it clicks again.
  addEventListener('click', ({ target }) => {
    const button = target instanceof Element && target.closest('[id^=open-],.more');
    if (button) button.classList.add('clicked');
  });
})();
