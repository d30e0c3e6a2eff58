import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { holderOf, LockHeld, lockLimits, takeLock } from './lock.ts'
import { place, startOfProcess } from './process-identity.ts'

let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'everynode-lock-'))
  path = join(directory, 'lock')
})
afterEach(() => rmSync(directory, { recursive: true }))

const holder = (fields: object) => {
  const me = { pid: process.pid, started: startOfProcess(process.pid), place: place(), token: 'another' }
  writeFileSync(path, JSON.stringify({ ...me, ...fields }))
}

test('it is there while it is held, gone when it is given back, and nothing else is left', () => {
  const lock = takeLock(path)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid })
  expect(readdirSync(directory)).toEqual(['lock'])
  expect(() => takeLock(path)).toThrow(LockHeld)
  lock.release()
  lock.release()
  expect(readdirSync(directory)).toEqual([])
  takeLock(path).release()
})

test('a process that ends at once, without giving it back, leaves none', () => {
  const script = `import { takeLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).href)}
    takeLock(${JSON.stringify(path)})
    process.exit(3)`
  const ran = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  expect(ran).toMatchObject({ status: 3, stderr: '' })
  expect(readdirSync(directory)).toEqual([])
})

describe('a lock that is found is', () => {
  let other: ChildProcess
  beforeEach(() => {
    other = spawn('sleep', ['60'])
  })
  afterEach(() => {
    other.kill('SIGKILL')
  })
  const gone = () => spawnSync('true').pid
  const away = 'elsewhere pid:[1]'

  const table: [whose: string, fields: () => object, outcome: string][] = [
    [
      'another process that lives',
      () => ({ pid: other.pid, started: startOfProcess(other.pid!) }),
      'process PID is using it',
    ],
    ['a process that is gone', () => ({ pid: gone(), started: 'then' }), 'taken over'],
    ['a process whose pid another one has now', () => ({ pid: other.pid, started: 'long ago' }), 'taken over'],
    ['a process before us with our own pid', () => ({ started: 'long ago' }), 'taken over'],
    ['a process in another container, seen just now', () => ({ pid: 1, place: away }), 'process PID on elsewhere'],
    [
      'a process that cannot be told from a later one',
      () => ({ pid: other.pid, started: 'unknown' }),
      'process PID is using it',
    ],
  ]
  for (const [whose, fields, outcome] of table) {
    test(`that of ${whose}: ${outcome}`, () => {
      const found = { pid: 0, ...fields() }
      holder(found)
      if (outcome === 'taken over') {
        takeLock(path).release()
        expect(readdirSync(directory)).toEqual([])
      } else {
        expect(() => takeLock(path)).toThrow(outcome.replace('PID', String(found.pid)))
        expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject(found)
      }
    })
  }

  test('who holds it can be asked', () => {
    expect(holderOf(path)).toBeUndefined()
    holder({ pid: other.pid, started: startOfProcess(other.pid!) })
    expect(holderOf(path)).toEqual({ pid: other.pid, isHere: true })
    holder({ pid: other.pid, started: 'long ago' })
    expect(holderOf(path)).toBeUndefined()
    holder({ pid: 1, place: away })
    expect(holderOf(path)).toEqual({ pid: 1, isHere: false })
  })

  test('that of a process in another container, silent for long: taken over', () => {
    holder({ pid: 1, place: away })
    const then = new Date(Date.now() - lockLimits.silentMs - 1000)
    utimesSync(path, then, then)
    takeLock(path).release()
  })

  test('a file that a machine lost while going down: taken over', () => {
    writeFileSync(path, '')
    takeLock(path).release()
    expect(readdirSync(directory)).toEqual([])
  })

  test('that of a process that was killed and not waited for: taken over', async () => {
    const parent = spawn(process.execPath, [
      '-e',
      `
      const { spawn } = require('node:child_process')
      const { pid } = spawn('sleep', ['60'])
      console.log(pid, require('node:fs').readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1].split(' ')[19])
      process.kill(pid, 'SIGKILL')
      for (;;) {}`,
    ])
    const line = await new Promise<string>((resolve) => parent.stdout.once('data', (chunk) => resolve(String(chunk))))
    const [pid, ticks] = line.trim().split(' ')
    const boot = startOfProcess(process.pid)!.split('/')[0]
    holder({ pid: Number(pid), started: `${boot}/${ticks}` })
    await expect.poll(() => startOfProcess(Number(pid))).toBeUndefined()
    takeLock(path).release()
    parent.kill('SIGKILL')
  })
})

test('of many processes that find a dead one, one gets the lock, each time', async () => {
  const script = `
    import { takeLock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).pathname)}
    process.stdin.once('data', () => {
      try { takeLock(process.argv[1]); console.log('got it') } catch (error) { console.log(error.name) }
      process.stdin.once('data', () => process.exit(0))
    })
    console.log('ready')`
  const contenders = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, path]),
  )
  const answers = (contender: ChildProcess) =>
    new Promise<string>((resolve) => contender.stdout!.once('data', (chunk) => resolve(String(chunk).trim())))
  try {
    expect(await Promise.all(contenders.map(answers))).toEqual(Array(4).fill('ready'))
    holder({ started: 'long ago' })
    const outcomes = contenders.map(answers)
    for (const contender of contenders) contender.stdin.write('now\n')
    expect((await Promise.all(outcomes)).sort()).toEqual(['LockHeld', 'LockHeld', 'LockHeld', 'got it'])
  } finally {
    for (const contender of contenders) contender.kill('SIGKILL')
  }
})
