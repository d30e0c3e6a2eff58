import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UnknownFormat } from './format.ts'
import { openLmdbStore } from './lmdb.ts'
import { DamagedRecords } from './lmdb-journal.ts'
import { LockHeld } from './lock.ts'
import { historyLimits } from './store.ts'
import { storeSuite } from './store-suite.ts'
import { text, write } from './store-under-test.ts'

const temporary = () => mkdtempSync(join(tmpdir(), 'everynode-store-'))

storeSuite('lmdb', {
  runs: 8,
  async open(events) {
    const directory = temporary()
    const open = () => openLmdbStore({ directory, lazyFlushMs: 5, history: { ...historyLimits, events } })
    let store = await open()
    return {
      store,
      async reopen() {
        await store.close()
        store = await open()
        return store
      },
      async dispose() {
        await store.close()
        rmSync(directory, { recursive: true })
      },
    }
  },
})

describe('lmdb: its directory', () => {
  let directory: string
  beforeEach(() => {
    directory = temporary()
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  test('a second process is told who has it, and the first goes on', async () => {
    const store = await openLmdbStore({ directory })
    const script = `import { openLmdbStore } from ${JSON.stringify(new URL('./lmdb.ts', import.meta.url).pathname)}
      openLmdbStore({ directory: process.argv[1] }).then(() => process.exit(0), (e) => { console.log(String(e)); process.exit(3) })`
    const second = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, directory])
    expect([second.status, second.stdout.toString()]).toEqual([
      3,
      `LockHeld: ${directory}/lock: process ${process.pid} is using it\n`,
    ])
    expect((await write(store, 'pods', 'a/x', 'v')).revision).toBe(2)
    await store.close()
    expect(readdirSync(directory).sort()).toEqual(['data.mdb', 'format.json', 'lock.mdb'])
  })

  test('the same process cannot open it twice either', async () => {
    const store = await openLmdbStore({ directory })
    await expect(openLmdbStore({ directory })).rejects.toThrow(LockHeld)
    await store.close()
    await (await openLmdbStore({ directory })).close()
  })

  test('ST8 when the disk takes no more: the writes are refused, what was acknowledged stays readable and comes back', async () => {
    const child = fileURLToPath(new URL('./disk-full-child.ts', import.meta.url))
    const command = 'ulimit -f 2048; exec "$0" --import tsx "$1" "$2"'
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, child, directory])
    expect([status, status === 0 ? '' : stderr.toString()]).toEqual([0, ''])
    const { acknowledged, outcome, later, readable, head } = JSON.parse(stdout.toString())
    expect(outcome).toMatch(/^StoreUnavailable: the store takes no more writes: /)
    expect(later).toBe(outcome)
    expect([readable, head]).toEqual([acknowledged, acknowledged])
    const store = await openLmdbStore({ directory })
    expect(store.count('pods')).toBe(acknowledged)
    expect((await write(store, 'pods', 'a/again', 'v')).revision).toBeGreaterThan(acknowledged + 1)
    await store.close()
  })

  test('a directory of a newer program is refused, and left as it is', async () => {
    await (await openLmdbStore({ directory })).close()
    writeFileSync(join(directory, 'format.json'), '{"store":"everynode","format":99}')
    const opening = openLmdbStore({ directory })
    await expect(opening).rejects.toThrow(UnknownFormat)
    await expect(opening).rejects.toThrow('says format 99, this program knows 1: a newer everynode wrote it')
    expect(readdirSync(directory)).not.toContain('lock')
  })

  test('a database that is not ours is refused', async () => {
    writeFileSync(join(directory, 'data.mdb'), 'something else')
    await expect(openLmdbStore({ directory })).rejects.toThrow('there is a database in it that everynode did not make')
  })

  const spoiled: [how: string, spoil: (data: Buffer) => Buffer, complaint: RegExp][] = [
    ['overwritten', () => Buffer.alloc(8192, 'x'), /data\.mdb cannot be opened: it is not a database/],
    ['emptied to zeros', (data) => Buffer.alloc(data.length), /data\.mdb cannot be opened: it is not a database/],
    ['cut after its first page', (data) => data.subarray(0, 4096), /data\.mdb is damaged: MDB_/],
    ['cut short by a quarter', (data) => data.subarray(0, data.length * 0.75), /data\.mdb is damaged: MDB_/],
  ]
  for (const [how, spoil, complaint] of spoiled) {
    test(`ST5 a file that was ${how} is refused, and does not end the process`, async () => {
      const store = await openLmdbStore({ directory })
      await Promise.all(Array.from({ length: 500 }, (_, i) => write(store, 'pods', `a/${i}`, 'x'.repeat(1000))))
      await store.close()
      const file = join(directory, 'data.mdb')
      writeFileSync(file, spoil(readFileSync(file)))
      const opening = openLmdbStore({ directory })
      await expect(opening).rejects.toThrow(complaint)
      await expect(opening).rejects.toThrow(DamagedRecords)
      expect(readdirSync(directory)).not.toContain('lock')
    })
  }

  test('ST5 a flipped bit in a record: refused with its name; with salvage, set aside', async () => {
    const store = await openLmdbStore({ directory })
    for (const name of ['a/x', 'a/y', 'a/z']) await write(store, 'pods', name, `the bytes of ${name}`)
    await store.close()
    const file = join(directory, 'data.mdb')
    const data = readFileSync(file)
    // Old pages hold copies of the record too: spoil all of them.
    let spoiled = 0
    for (let at = data.indexOf('bytes of a/y'); at >= 0; at = data.indexOf('bytes of a/y', at + 1)) {
      data[at]! ^= 1
      spoiled++
    }
    expect(spoiled).toBeGreaterThan(0)
    writeFileSync(file, data)

    const opening = openLmdbStore({ directory })
    await expect(opening).rejects.toThrow(DamagedRecords)
    await expect(opening).rejects.toThrow('1 of 3 records are not what was written (pods a/y)')
    const salvaged = await openLmdbStore({ directory, salvage: true })
    const listing = salvaged.list('pods')
    expect(listing === 'compacted' ? listing : listing.records.map(text)).toEqual([
      'the bytes of a/x@2',
      'the bytes of a/z@4',
    ])
    expect(salvaged.revision).toBe(4)
    await salvaged.close()
    await (await openLmdbStore({ directory })).close()
  })
})
