import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readKubeconfig } from '../../client/kubeconfig.ts'
import { lockPath } from '../../store/lmdb.ts'
import { place, startOfProcess } from '../../store/process-identity.ts'
import { type DataDirectory, openDataDirectory, withAnnounced } from '../host/data-directory.ts'
import { addContext } from '../host/kubeconfig-file.ts'
import { down } from './down.ts'

let home: string
let data: DataDirectory
let child: ChildProcess | undefined
let said = ''
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'everynode-down-'))
  data = await openDataDirectory(join(home, 'data'))
  said = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += text
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  child?.kill('SIGKILL')
  rmSync(home, { recursive: true, force: true })
})

test('--purge takes out every context it was announced under, and no other', async () => {
  const kubeconfigs = [join(home, 'one'), join(home, 'two')]
  const entry = { server: 'https://127.0.0.1:6443', ca: 'ours' }
  let { announced } = data.settings
  for (const kubeconfig of kubeconfigs) {
    for (const context of ['first', 'second', 'taken']) {
      await addContext(kubeconfig, { ...entry, name: context, ...(context === 'taken' ? { ca: 'of another' } : {}) })
      announced = withAnnounced(announced, { kubeconfig, context })
    }
  }
  await data.save({ ...data.settings, announced: announced ?? [] })
  await addContext(data.kubeconfig, { ...entry, name: 'second' })

  await down({ data: data.path, purge: true })
  for (const path of kubeconfigs) {
    expect([...readKubeconfig(readFileSync(path, 'utf8')).contexts.keys()]).toEqual(['taken'])
  }
  expect(said).toContain(`deleted ${data.path} and contexts first, second, first, second\n`)
})

test('--purge waits for the end of the process, which writes after it has given the lock back', async () => {
  const lock = lockPath(data.store)
  mkdirSync(data.store, { recursive: true })
  const script = `
    const { mkdirSync, rmSync, writeFileSync } = require('node:fs')
    process.on('SIGTERM', () => {
      rmSync(process.argv[1])
      setTimeout(() => {
        mkdirSync(process.argv[2], { recursive: true })
        writeFileSync(process.argv[2] + '/everynode.log', 'the last line')
        process.exit()
      }, 300)
    })
    setInterval(() => {}, 1000)
    console.log('ready')`
  child = spawn(process.execPath, ['-e', script, lock, data.path])
  await new Promise((resolve) => child?.stdout?.once('data', resolve))
  const holder = { pid: child.pid, started: startOfProcess(child.pid!), place: place(), token: 'its' }
  writeFileSync(lock, JSON.stringify(holder))

  await down({ data: data.path, purge: true })
  expect(startOfProcess(child.pid!)).toBeUndefined()
  expect(existsSync(data.path)).toBe(false)
  expect(said).toContain(`stopped the cluster in ${data.path} (process ${child.pid})\n`)
})
