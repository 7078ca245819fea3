// Starts the service worker, where there can be one: over https and on localhost.

/**
 * The page's policy lets no script be loaded from an address made of a string; a service worker
 * counts as one. This policy, which the server's headers name, gives one address whatever it is asked.
 */
function workerUrl() {
  const factory = /** @type {any} */ (globalThis).trustedTypes;
  const policy = factory?.createPolicy('mqtt-chat', { createScriptURL: () => 'sw.js' });
  return policy?.createScriptURL('') ?? 'sw.js';
}

/** @param {() => URL} newestPage of the history, in the room that is open */
export function startOffline(newestPage) {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  // Asked for so that the worker keeps it; if that fails, there is an older one.
  const refresh = () => {
    if (workers.controller) fetch(newestPage(), { cache: 'no-cache' }).catch(() => {});
  };
  workers.addEventListener('controllerchange', refresh);
  document.addEventListener('visibilitychange', () => document.hidden && refresh());
  workers.register(workerUrl()).catch((error) => console.warn('no service worker:', error));
}
