// A process that writes until its disk takes no more, and says what it saw then. Run by lmdb.test.ts under a limit on the
// size of files: node --import tsx disk-full-child.ts DIRECTORY

import { openLmdbStore } from './lmdb.ts'

const store = await openLmdbStore({ directory: process.argv[2] ?? '' })
let acknowledged = 0
const outcome = await fill()
const later = await write().then(String, String)
const readable = store.count('pods')
const head = Array.from({ length: acknowledged + 2 }, (_, i) => store.head('pods', `a/${i}`)).filter(Boolean).length
await store.close()
console.log(JSON.stringify({ acknowledged, outcome, later, readable, head }))

async function fill(): Promise<string> {
  for (;;) {
    try {
      await write()
    } catch (error) {
      return String(error)
    }
    acknowledged++
  }
}

function write() {
  const encode = () => Buffer.alloc(100_000, 'x')
  return store.write({ collection: 'pods', key: `a/${acknowledged}`, expect: 0, encode })
}
