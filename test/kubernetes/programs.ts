// Programs that tests start: what they have said, how they are stopped, and that none outlives the tests.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface StartedProgram {
  readonly pid: number
  /** What it has said so far, on both outputs. */
  readonly said: () => string
  readonly exited: Promise<number>
  /** SIGTERM, and its end. */
  stop(): Promise<void>
  kill(): Promise<void>
}

const limits = { saidBytes: 200_000, stopMs: 15_000 } as const

export function startProgram(path: string, flags: readonly string[]): StartedProgram {
  // A group of its own: an interrupt of the terminal is the tests' to hear, and its end the guard's to see to.
  const child = spawn(path, flags, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const { pid = 0 } = child
  if (pid !== 0) tellGuard(`group ${pid}`)
  let said = ''
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-limits.saidBytes)
    })
  }
  const exited = new Promise<number>((resolve) => {
    child.on('close', (code) => resolve(code ?? 128))
    child.on('error', () => resolve(127))
  })
  void exited.then(() => tellGuard(`ended ${pid}`))
  const end = async (signal: NodeJS.Signals) => {
    signalTo(child, signal)
    const late = setTimeout(() => signalTo(child, 'SIGKILL'), limits.stopMs)
    await exited
    clearTimeout(late)
  }
  return { pid, said: () => said, exited, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

function signalTo(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  process.kill(-child.pid, signal)
}

/** A folder that is gone when the tests are. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'everynode-kubernetes-'))
  tellGuard(`home ${home}`)
  return home
}

let guard: ChildProcess | undefined

function tellGuard(line: string): void {
  if (guard === undefined) {
    const path = fileURLToPath(new URL('guard.js', import.meta.url))
    guard = spawn(process.execPath, [path], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    guard.unref()
    guard.stdin?.on('error', () => {})
    ;(guard.stdin as unknown as { unref?(): void }).unref?.()
  }
  guard.stdin?.write(`${line}\n`)
}

/** Ports nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

export async function until(check: () => Promise<boolean>, timeoutMs: number, why: () => string): Promise<void> {
  for (const end = Date.now() + timeoutMs; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    if (await check().catch(() => false)) return
    if (Date.now() > end) throw new Error(why())
  }
}
