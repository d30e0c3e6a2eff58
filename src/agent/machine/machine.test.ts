import { expect, test } from 'vitest'
import { VirtualClock } from '../../base/clock.ts'
import type { NodeFacts, Pressure } from '../node-status.ts'
import { newNode } from '../node-status.ts'
import { factsOf, type NodeSettings } from './facts.ts'
import { lookMs, Machine } from './machine.ts'
import { observePressure, pressureMs, pressuresOf } from './pressure.ts'
import { type Readings, readMachine } from './readings.ts'

const GiB = 1024 ** 3

const readings: Readings = {
  cpus: 8,
  memoryKiB: 16 * 1024 * 1024,
  memoryAvailableKiB: 12 * 1024 * 1024,
  diskBytes: 100 * GiB,
  diskAvailableBytes: 50 * GiB,
  inodes: 1_000_000,
  inodesFree: 900_000,
  maxPids: 4_194_304,
  pids: 300,
  kernelVersion: '6.1.0',
  osImage: 'Debian GNU/Linux 12 (bookworm)',
  bootID: 'b',
  machineID: 'm',
  systemUUID: 's',
  arch: 'x64',
  platform: 'linux',
}

const settings: NodeSettings = {
  nodeName: 'a',
  nodeIP: '10.0.0.2',
  runtimeVersion: 'process://0.1.0',
  labels: { zone: 'b' },
  maxPods: 110,
}

test('a machine as its Node tells it, as a kubelet would', () => {
  const { status, metadata, spec } = newNode('a', factsOf(readings, settings), 0)
  expect(status?.capacity).toEqual({ cpu: '8', memory: '16777216Ki', 'ephemeral-storage': '104857600Ki', pods: '110' })
  // memory.available<100Mi, nodefs.available<10%.
  expect(status?.allocatable).toEqual({
    cpu: '8',
    memory: '16674816Ki',
    'ephemeral-storage': '96636764160',
    pods: '110',
  })
  expect(status?.nodeInfo).toMatchObject({ architecture: 'amd64', containerRuntimeVersion: 'process://0.1.0' })
  expect(status?.addresses).toEqual([
    { type: 'InternalIP', address: '10.0.0.2' },
    { type: 'Hostname', address: 'a' },
  ])
  expect(metadata.labels).toEqual({
    zone: 'b',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': 'a',
    'kubernetes.io/os': 'linux',
  })
  expect(spec).toEqual({})
  expect(status).not.toHaveProperty('daemonEndpoints')
})

const shortages: [what: string, change: Partial<Readings>, Pressure[]][] = [
  ['nothing', {}, []],
  ['memory at the threshold', { memoryAvailableKiB: 100 * 1024 }, []],
  ['memory', { memoryAvailableKiB: 100 * 1024 - 1 }, ['MemoryPressure']],
  ['disk at the threshold', { diskAvailableBytes: 10 * GiB }, []],
  ['disk', { diskAvailableBytes: 10 * GiB - 1 }, ['DiskPressure']],
  ['inodes', { inodesFree: 49_999 }, ['DiskPressure']],
  ['a file system without inodes', { inodes: 0, inodesFree: 0 }, []],
  ['a disk that cannot be read', { diskBytes: 0, diskAvailableBytes: 0 }, []],
  ['processes', { pids: 4_194_000 }, ['PIDPressure']],
  ['limits that cannot be read', { maxPids: 0, pids: 0 }, []],
  [
    'everything',
    { memoryAvailableKiB: 0, inodesFree: 0, pids: 4_194_304 },
    ['MemoryPressure', 'DiskPressure', 'PIDPressure'],
  ],
]

test.each(shortages)('short of: %s', (_what, change, expected) => {
  expect(pressuresOf(observePressure({ ...readings, ...change }, {}, 0), 0)).toEqual(expected)
})

test('a shortage is believed for five minutes after it was last seen', () => {
  const seen = observePressure({ ...readings, memoryAvailableKiB: 0 }, {}, 1000)
  const later = observePressure(readings, seen, 2000)
  expect(pressuresOf(later, 1000 + pressureMs - 1)).toEqual(['MemoryPressure'])
  expect(pressuresOf(later, 1000 + pressureMs)).toEqual([])
})

test('what changes is told, what does not is not', async () => {
  const clock = new VirtualClock()
  let now = readings
  const machine = await Machine.open({ settings, clock, read: async () => now })
  const told: NodeFacts[] = []
  const stopping = new AbortController()
  const following = machine.follow(() => told.push(machine.facts), stopping.signal)
  const look = async () => {
    clock.advance(lookMs)
    await new Promise((resolve) => setImmediate(resolve))
  }
  now = { ...readings, memoryAvailableKiB: 11 * 1024 * 1024, pids: 301 }
  await look()
  expect(told).toEqual([])
  now = { ...readings, memoryAvailableKiB: 1 }
  await look()
  machine.listensOn(10250)
  expect(told.map(({ pressures, kubeletPort }) => [pressures, kubeletPort])).toEqual([
    [['MemoryPressure'], undefined],
    [['MemoryPressure'], 10250],
  ])
  expect(newNode('a', machine.facts, 0).status?.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: 10250 } })
  expect(newNode('a', machine.facts, 0).status?.conditions?.[0]).toMatchObject({
    type: 'MemoryPressure',
    status: 'True',
    reason: 'KubeletHasInsufficientMemory',
  })
  stopping.abort()
  await following
})

test('this machine can be read', async () => {
  const read = await readMachine('/')
  expect(read.cpus).toBeGreaterThan(0)
  expect(read.memoryKiB).toBeGreaterThan(read.memoryAvailableKiB)
  expect(read.diskBytes).toBeGreaterThan(read.diskAvailableBytes)
  expect([read.kernelVersion, read.osImage]).not.toContain('')
  if (process.platform === 'linux') {
    expect(read.bootID).toMatch(/^[0-9a-f-]{36}$/)
    expect(read.maxPids).toBeGreaterThan(read.pids)
    expect(read.pids).toBeGreaterThan(0)
  }
})
