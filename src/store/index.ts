// What the store offers to other folders and to outsiders.

export { UnreadableRecord } from './encryption/encrypted-journal.ts'
export { createEncryption, type Encryption } from './encryption/encryption.ts'
export { UnknownFormat } from './format.ts'
export { type LmdbStoreOptions, openLmdbStore } from './lmdb.ts'
export { DamagedRecords } from './lmdb-journal.ts'
export { LockHeld } from './lock.ts'
export { createMemoryStore, MemoryDisk, type MemoryStoreOptions } from './memory.ts'
export * from './store.ts'
