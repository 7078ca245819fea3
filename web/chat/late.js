// Parts of the page that are loaded when they are wanted.

/**
 * A module that is loaded at the first call. A call that fails leaves it to the next one; since a
 * browser may remember that a module could not be loaded, each retry has an address of its own.
 * @template T
 * @param {string} file of the module
 * @param {() => Promise<T>} [load] imports it; the build finds it by that
 * @returns {() => Promise<T>}
 */
export function late(file, load) {
  let failures = 0;
  return async () => {
    const address = failures === 0 ? `./${file}` : `./${file}?again=${failures}`;
    try {
      return await (failures === 0 && load ? load() : import(address));
    } catch (error) {
      failures += 1;
      throw error;
    }
  };
}
