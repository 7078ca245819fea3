// The browsers that the tests in this folder run in: Chromium, or with MQTT_CHAT_BROWSER=firefox Debian's
// Firefox. What one of them cannot do is named here or where `inChromium` stands, with the reason.
import { existsSync } from 'node:fs';
import { chromium, firefox } from 'playwright-core';

/** @typedef {import('playwright-core').Browser} PlaywrightBrowser */
/** @typedef {import('playwright-core').BrowserContextOptions} ContextOptions */
/** @typedef {Record<string, string | number | boolean>} Prefs */

const engine = process.env.MQTT_CHAT_BROWSER || 'chromium';
if (engine !== 'chromium' && engine !== 'firefox') {
  throw new Error(`MQTT_CHAT_BROWSER is chromium or firefox, not ${engine}`);
}

/**
 * Some tests ask Chromium's own tools: what a message costs, compositions of an input method, whether the page
 * can be installed, a page without JavaScript. With Firefox, playwright has none of them.
 */
export const inChromium = engine === 'chromium';

const executablePath = inChromium
  ? process.env.MQTT_CHAT_CHROMIUM || '/usr/bin/chromium'
  : process.env.MQTT_CHAT_FIREFOX || '/usr/bin/firefox-esr';

/** Why the tests cannot run here, or false. Without permission to skip they run, and fail. */
export const skip =
  !existsSync(executablePath) && process.env.MQTT_CHAT_ALLOW_SKIP === '1'
    ? `${executablePath} is missing (apt-get install ${inChromium ? 'chromium' : 'firefox-esr'})`
    : false;

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Without a screen Firefox takes itself for a phone: it has a mouse. */
const MOUSE = { 'ui.primaryPointerCapabilities': 6, 'ui.allPointerCapabilities': 6 };

/**
 * What playwright asks of Chromium for each context, Firefox is told when it starts.
 * @param {ContextOptions} options
 * @returns {Prefs}
 */
function prefsFor({ colorScheme, forcedColors, reducedMotion, hasTouch, bypassCSP }) {
  return {
    ...(hasTouch ? {} : MOUSE),
    'layout.css.prefers-color-scheme.content-override': colorScheme === 'dark' ? 0 : 1,
    'browser.display.document_color_use': forcedColors === 'active' ? 2 : 1,
    'ui.prefersReducedMotion': reducedMotion === 'reduce' ? 1 : 0,
    'security.csp.enable': !bypassCSP,
  };
}

/** The processes of an engine: one of Chromium, of Firefox one for each set of preferences. */
export class Engine {
  /** @type {Map<string, Promise<PlaywrightBrowser>>} */
  #running = new Map();

  /** @param {ContextOptions} options of the context that it is for */
  launch(options) {
    const prefs = inChromium ? {} : prefsFor(options);
    const key = JSON.stringify(prefs);
    const running = this.#running.get(key) ?? start(prefs);
    this.#running.set(key, running);
    return running;
  }

  async close() {
    for (const browser of this.#running.values()) await (await browser).close();
  }
}

/** @param {Prefs} prefs */
function start(prefs) {
  if (inChromium) return chromium.launch({ executablePath, args: ARGS });
  return firefox.launch({ channel: 'moz-firefox', executablePath, firefoxUserPrefs: prefs });
}
