// MQTT.js makes one for topic aliases that it sends. The page sends none, so none is ever filled.
exports.LRUCache = class {};
