// What `undici` is in the bundle: the client alone. The whole package brings fetch, caches, mocks and WebSockets as well,
// which nobody here uses: a megabyte to read at every start, and 8 MB of memory in every agent.
const Dispatcher = require('undici/lib/dispatcher/dispatcher.js')

Object.assign(Dispatcher.prototype, require('undici/lib/api/index.js'))
module.exports.Agent = require('undici/lib/dispatcher/agent.js')
