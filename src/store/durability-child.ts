// A process that writes to a store until it is killed, and says on stdout what it was promised. Run by the durability
// tests: node --import tsx durability-child.ts DIRECTORY WRITERS STEPS [CRASH-POINT:NUMBER] [--no-flush]

import { writeSync } from 'node:fs'
import { openLmdbStore } from './lmdb.ts'
import type { CrashPoint } from './lmdb-journal.ts'
import type { Store } from './store.ts'

const [directory = '', writers = '', steps = '', crash = ''] = process.argv.slice(2)
const [crashPoint, crashNumber] = crash.split(':')

const store = await openLmdbStore({
  directory,
  at: crashAt(crashPoint, Number(crashNumber)),
  ...(process.argv.includes('--no-flush') ? { mutant: 'no flush' as const } : {}),
})
say('opened', store.revision)
await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => work(store, writer)))
await store.close()
say('closed')

/** Each step makes a record, updates the writer's latest, and deletes the record of the step before. */
async function work(store: Store, writer: number): Promise<void> {
  for (let step = 0; step < Number(steps); step++) {
    await act(store, `w${writer}/${step}`, `${step}`, false)
    await act(store, `w${writer}/latest`, `${step}`, false)
    if (step > 0) await act(store, `w${writer}/${step - 1}`, `${step}`, true)
  }
}

async function act(store: Store, key: string, value: string, gone: boolean): Promise<void> {
  const encode = (revision: number) => {
    say('decided', revision, key, gone ? 'gone' : value)
    return Buffer.from(value)
  }
  const { revision } = await store.write({ collection: 'pods', key, expect: undefined, encode, delete: gone })
  say('acknowledged', revision)
}

/** Written by a call of the system before the next line of the program: a kill cannot lose it. */
function say(...words: (string | number)[]): void {
  writeSync(1, `${words.join(' ')}\n`)
}

function crashAt(point: string | undefined, number: number): (at: CrashPoint) => void {
  let times = 0
  return (at) => {
    if (at === point && ++times === number) process.kill(process.pid, 'SIGKILL')
  }
}
