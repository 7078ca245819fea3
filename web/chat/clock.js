// Time and chance, as the modules that need them are given them. Tests give others.

export const clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  /**
   * @param {number} ms
   * @param {() => void} callback
   * @returns {() => void} calls it off
   */
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** @typedef {typeof clock} Clock */
