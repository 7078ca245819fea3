// What MQTT.js and readable-stream expect of node and a browser lacks (esbuild's `inject`).
// biome-ignore lint/style/useNodejsImportProtocol: it is the package of that name, not node's module
export { Buffer } from 'buffer';

export const process = {
  env: {},
  versions: {},
  browser: true,
  /**
   * @param {(...args: unknown[]) => void} callback
   * @param {...unknown} args
   */
  nextTick(callback, ...args) {
    queueMicrotask(() => callback(...args));
  },
};
