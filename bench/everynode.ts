// The contestant `self`: `node bin/everynode.js up …` as a process of its own, looked at from outside.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Client, createClient, Unreachable } from '../src/client/client.ts'
import { httpSend } from '../src/client/http.ts'
import { connectionOf, readKubeconfig } from '../src/client/kubeconfig.ts'
import { anonymousBytes, cpuNs } from './machine.ts'

export const repository = fileURLToPath(new URL('..', import.meta.url))

export interface Everynode {
  readonly client: Client
  /** By `performance.now()`: when the process was started, and when /readyz first said ok. */
  readonly startedMs: number
  readonly readyMs: number
  anonymousBytes(): number
  cpuNs(): number
  stop(): Promise<void>
}

const waits = { pollMs: 2, upMs: 60_000, stopMs: 30_000 } as const

/** Resolves when the API server is ready. `directory`: for its data and its kubeconfig. */
export async function startEverynode(directory: string, flags: readonly string[]): Promise<Everynode> {
  const kubeconfig = join(directory, 'kubeconfig')
  const where = ['--data', join(directory, 'data'), '--kubeconfig', kubeconfig]
  const startedMs = performance.now()
  const child = spawn(process.execPath, [join(repository, 'bin/everynode.js'), 'up', ...where, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = outputOf(child)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  // An error in the scenario must not leave a cluster behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async () => {
    child.kill('SIGTERM')
    const force = setTimeout(kill, waits.stopMs)
    await ended
    clearTimeout(force)
    process.removeListener('exit', kill)
  }

  try {
    const alive = () => {
      if (child.exitCode !== null) throw new Error(`everynode up ended with ${child.exitCode}:\n${output()}`)
      return true
    }
    await until(`everynode up writes ${kubeconfig}`, () => alive() && existsSync(kubeconfig))
    const http = httpSend(connectionOf(readKubeconfig(readFileSync(kubeconfig, 'utf8')), 'everynode'))
    const client = createClient({ send: http.send, userAgent: 'everynode-bench/1' })
    await until('/readyz says ok', async () => alive() && (await isReady(client)))
    const pid = child.pid!
    return {
      client,
      startedMs,
      readyMs: performance.now(),
      anonymousBytes: () => anonymousBytes(pid) ?? Number.NaN,
      cpuNs: () => cpuNs(pid) ?? Number.NaN,
      async stop() {
        await http.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** After a restart the kubeconfig is there before the server is. */
async function isReady(client: Client): Promise<boolean> {
  try {
    return (await client.raw({ method: 'GET', path: '/readyz' })).status === 200
  } catch (error) {
    if (error instanceof Unreachable) return false
    throw error
  }
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + waits.upMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${waits.upMs} ms: ${what}`)
    await sleep(waits.pollMs)
  }
}

function outputOf(child: ChildProcess): () => string {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-10_000)
    })
  }
  return () => output
}
