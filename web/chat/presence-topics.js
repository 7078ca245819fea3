// Where one says that one is here: the connection needs it before extras.js has come.

/** @param {string} room @param {string} id */
export const presenceTopic = (room, id) => `chat/${room}/presence/${id}`;

/** @param {string} room */
export const presenceTopics = (room) => [presenceTopic(room, '+'), `chat/${room}/typing`];

/**
 * What the broker says when a connection that was made in this room ends.
 * @param {string} room
 * @param {string} presenceId
 */
export function willFor(room, presenceId) {
  return {
    topic: presenceTopic(room, presenceId),
    payload: '',
    qos: /** @type {const} */ (1),
    retain: true,
  };
}
