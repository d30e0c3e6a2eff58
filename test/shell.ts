// A running cluster and a shell beside it, in which `kubectl` and `everynode` are the real programs: what a person has.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'vitest'
import { httpSend } from '../src/client/http.ts'
import { connectionOf, readKubeconfig } from '../src/client/kubeconfig.ts'
import { watchFromOutside } from './outside-watches.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Shell {
  /** A home of its own: kubeconfig, caches and data lie here, and are gone afterwards. */
  readonly home: string
  /** Runs a line of shell. */
  run(line: string, options?: { readonly input?: string; readonly timeoutMs?: number }): Promise<Ran>
  /** The standard output of a line that must succeed. */
  ok(line: string, input?: string): Promise<string>
  /** Starts a line that goes on; `out` grows. Stopped with the shell at the latest. */
  start(line: string): Background
  /** Tries until `check` holds of the line's output; what was last seen is in the error otherwise. */
  until(line: string, check: (out: string) => boolean, timeoutMs?: number): Promise<string>
  close(): Promise<void>
}

export interface Background {
  readonly out: () => string
  readonly err: () => string
  readonly exited: Promise<number>
  /** Resolves when the output matches. */
  saw(pattern: RegExp, timeoutMs?: number): Promise<void>
  signal(name: NodeJS.Signals): void
}

/** Should the tests themselves be killed, what they started ends by itself. */
const longestBackgroundSeconds = 600

const root = new URL('..', import.meta.url).pathname
/** The kubectl under test: `$EVERYNODE_KUBECTL`, else the one on PATH. */
export const kubectl = process.env.EVERYNODE_KUBECTL ?? which('kubectl')

/** Skips the test where there is no kubectl; in CI there must be one. */
export function needsKubectl(context: TestContext): void {
  if (kubectl !== undefined) return
  if (process.env.CI === 'true') throw new Error('no kubectl on PATH, and CI=true')
  context.skip('no kubectl on PATH')
}

export function openShell(): Shell {
  const home = mkdtempSync(join(tmpdir(), 'everynode-test-'))
  const tools = join(home, 'tools')
  mkdirSync(tools)
  program(join(tools, 'everynode'), `exec "${process.execPath}" "${root}bin/everynode.js" "$@"`)
  if (kubectl !== undefined) program(join(tools, 'kubectl'), `exec "${kubectl}" "$@"`)
  const env = {
    PATH: `${tools}${delimiter}${process.env.PATH}`,
    HOME: home,
    KUBECONFIG: join(home, 'kubeconfig'),
    EVERYNODE_DATA: join(home, 'data'),
    LANG: 'C.UTF-8',
  }
  const backgrounds: { child: ChildProcess; exited: Promise<number> }[] = []

  const run: Shell['run'] = (line, { input, timeoutMs = 30_000 } = {}) =>
    new Promise((resolve) => {
      const child = spawn('bash', ['-c', line], { cwd: root, env, detached: true })
      const [out, err] = [gather(child.stdout), gather(child.stderr)]
      const timer = setTimeout(() => kill(child, 'SIGKILL'), timeoutMs)
      // A program that ends without reading its input is no failure of the test.
      child.stdin.on('error', () => {})
      child.stdin.end(input ?? '')
      child.on('close', (code, signal) => {
        clearTimeout(timer)
        const late = signal === 'SIGKILL' ? `\n(killed after ${timeoutMs} ms)` : ''
        resolve({ code: code ?? 128, out: out(), err: err() + late })
      })
    })

  const ok: Shell['ok'] = async (line, input) => {
    const ran = await run(line, input === undefined ? {} : { input })
    if (ran.code !== 0) throw new Error(`$ ${line}\n${ran.out}${ran.err}(exit code ${ran.code})`)
    return ran.out
  }

  return {
    home,
    run,
    ok,
    start(line) {
      const child = spawn('bash', ['-c', `exec timeout ${longestBackgroundSeconds} ${line}`], {
        cwd: root,
        env,
        detached: true,
      })
      const [out, err] = [gather(child.stdout), gather(child.stderr)]
      const exited = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 128)))
      backgrounds.push({ child, exited })
      return {
        out,
        err,
        exited,
        // What cannot be passed on by the program around ours, the whole group gets.
        signal: (name) => (unheard.has(name) ? kill(child, name) : child.kill(name)),
        saw: (pattern, timeoutMs = 20_000) =>
          waitFor(
            () => pattern.test(out()),
            timeoutMs,
            () => `$ ${line}\nwaited for ${pattern}, saw:\n${out()}${err()}`,
          ),
      }
    },
    async until(line, check, timeoutMs = 20_000) {
      let last: Ran = { code: 0, out: '', err: '' }
      for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
        last = await run(line)
        if (last.code === 0 && check(last.out)) return last.out
        await pause(100)
      }
      throw new Error(`$ ${line}\nnever came to what was expected; at the end:\n${last.out}${last.err}`)
    },
    async close() {
      for (const { child } of backgrounds) child.kill('SIGTERM')
      const patience = setTimeout(() => {
        for (const { child } of backgrounds) kill(child, 'SIGKILL')
      }, 10_000)
      await Promise.all(backgrounds.map(({ exited }) => exited))
      clearTimeout(patience)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** A shell with a cluster of so many nodes that has come up, and whose watches are looked at when it closes. */
export async function openCluster(
  flags = '--nodes 3',
  timeoutMs = 30_000,
  /** False where the time it takes is what is looked at. */
  watched = true,
): Promise<Shell & { readonly up: Background }> {
  const shell = openShell()
  const up = shell.start(`everynode up ${flags}`)
  try {
    await Promise.race([
      up.saw(/^next /m, timeoutMs),
      up.exited.then((code) => {
        throw new Error(`everynode up ended with ${code}:\n${up.out()}${up.err()}`)
      }),
    ])
  } catch (error) {
    await shell.close()
    throw error
  }
  if (!watched) return { ...shell, up }
  const http = httpSend(connectionOf(readKubeconfig(readFileSync(join(shell.home, 'kubeconfig'), 'utf8'))))
  const watches = await watchFromOutside(http.send)
  return {
    ...shell,
    up,
    async close() {
      const problems = await watches.problems()
      watches.close()
      await http.close()
      await shell.close()
      if (problems.length > 0) throw new Error(problems.join('\n'))
    },
  }
}

function program(path: string, body: string): void {
  writeFileSync(path, `#!/bin/sh\n${body}\n`)
  chmodSync(path, 0o755)
}

export function which(name: string): string | undefined {
  try {
    return (
      execFileSync('sh', ['-c', `command -v ${name}`])
        .toString()
        .trim() || undefined
    )
  } catch {
    return undefined
  }
}

const unheard: ReadonlySet<NodeJS.Signals> = new Set(['SIGKILL', 'SIGSTOP', 'SIGCONT'])

/** The whole process group: what a shell line started must not outlive it. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // Gone already.
  }
}

function gather(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}

async function waitFor(check: () => boolean, timeoutMs: number, why: () => string): Promise<void> {
  for (const end = Date.now() + timeoutMs; !check(); await pause(20)) {
    if (Date.now() > end) throw new Error(why())
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
