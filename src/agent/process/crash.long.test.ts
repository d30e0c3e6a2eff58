// L6: an agent that is killed at any moment of starting and stopping fifty pods. What runs goes on, nothing runs twice,
// and once the pods are gone there is no process, no cgroup, no mount and no record left of them. Its keeper may be
// killed as well.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  givenMaterials,
  keepersIn,
  nodePlace,
  nothingLeft,
  systemClock,
  whyNoSandbox,
} from '../../../test/process-world.ts'
import { silentLog } from '../../base/log.ts'
import { seededRandom } from '../../base/random.ts'

import { readRecords } from './run-records.ts'
import { createProcessRuntime } from './runtime.ts'

const rounds = 20
const pods = 50

test.skipIf(whyNoSandbox() !== undefined)(
  `an agent is killed ${rounds} times while it starts and stops ${pods} pods`,
  { timeout: 240_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'everynode-crash-'))
    mkdirSync(join(directory, 'data'))
    const random = seededRandom(Date.now())
    let kept = 0
    try {
      for (let round = 0; round < rounds; round++) {
        const agent = await started(directory, round)
        await wait(random.float() * 1500)
        const end = new Promise((resolve) => agent.once('exit', resolve))
        if (round % 5 === 4) for (const pid of keepersIn(directory)) process.kill(pid, 'SIGKILL')
        agent.kill('SIGKILL')
        await end
        kept += readRecords(join(directory, 'state', 'process')).length
      }
      // Who comes last finds that all pods are gone from the API.
      const runtime = newRuntime(directory)
      await runtime.removeLeftovers!(new Set())
      expect(runtime.kept()).toEqual([])
      await runtime.close()
      await nothingLeft(directory)
      expect(existsSync(join(directory, 'data', 'twice'))).toBe(false)
      // It has been killed over something.
      expect(kept).toBeGreaterThan(rounds)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
)

function newRuntime(directory: string) {
  const place = nodePlace(directory)
  return createProcessRuntime({
    place,
    materials: givenMaterials,
    clock: systemClock,
    log: silentLog,
    hostIP: () => '',
  })
}

async function started(directory: string, seed: number): Promise<ChildProcess> {
  const program = new URL('../../../test/process-crash-child.ts', import.meta.url).pathname
  const words = ['--import', 'tsx', program, directory, String(pods), String(seed)]
  const agent = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => agent.stdout!.once('data', resolve))
  return agent
}
