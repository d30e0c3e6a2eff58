import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLmdbStore } from '../lmdb.ts'
import { historyLimits } from '../store.ts'
import { storeSuite } from '../store-suite.ts'
import { createEncryption } from './encryption.ts'

const encryption = createEncryption({
  apiVersion: 'apiserver.config.k8s.io/v1',
  kind: 'EncryptionConfiguration',
  resources: [
    {
      resources: ['*.*'],
      providers: [{ aescbc: { keys: [{ name: 'a', secret: Buffer.alloc(32, 'a').toString('base64') }] } }],
    },
  ],
})

storeSuite('lmdb, encrypted by aescbc', {
  runs: 3,
  async open(events) {
    const directory = mkdtempSync(join(tmpdir(), 'everynode-store-'))
    const open = () => openLmdbStore({ directory, lazyFlushMs: 5, history: { ...historyLimits, events }, encryption })
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
