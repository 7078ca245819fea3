// The page asks for native timers: a worker made from a blob is what its policy forbids.
exports.setInterval = setInterval;
exports.clearInterval = clearInterval;
