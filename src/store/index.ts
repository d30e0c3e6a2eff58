// What the store offers to other folders and to outsiders.

export { createMemoryStore, MemoryDisk, type MemoryStoreOptions } from './memory.ts'
export * from './store.ts'
