// One session under every kubectl of this machine, on one cluster: $EVERYNODE_KUBECTL, the one on PATH and the
// kubectl.1.NN that stand beside it, and what scripts/build-kubectl.sh built. Those that are not there are named.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseSession, runStep } from './session-steps.ts'
import { kubectl, openCluster, type Shell, which } from './shell.ts'

interface Found {
  readonly version: string
  readonly path: string
}

interface Judge {
  readonly name: string
  readonly path?: string
}

/** From the oldest that a dispatcher was seen to bring to the one that the cluster says it is. */
const [oldest, newest] = [27, 35]
const minors = Array.from({ length: newest - oldest + 1 }, (_, index) => oldest + index)
const steps = parseSession(readFileSync(new URL('./kubectl-versions/common.txt', import.meta.url), 'utf8'))
/** Also where another one is under test. */
const onPath = which('kubectl')
const judges = judgesOf(findKubectls())

let shell: Shell
beforeAll(async () => {
  if (judges.some(({ path }) => path !== undefined)) shell = await openCluster('--nodes 3')
})
afterAll(() => shell?.close())

describe.each(judges)('kubectl $name', ({ path }) => {
  beforeEach((context) => {
    if (path === undefined) context.skip('not on this machine: neither on PATH, beside it, nor in the cache')
  })
  // A cache each: what one minor learnt about the cluster is not what the next goes by.
  const before = `kubectl() { "${path}" --cache-dir="$HOME/cache-$(basename "${path}")" "$@"; }\n`
  test.each(steps)('line $line: $about: $command', { timeout: 60_000 }, (step) => runStep(shell, step, before))
})

test('in CI every kubectl that can be had is here: the one on PATH, and where there is a go, the one it builds', (context) => {
  const found = judges.filter(({ path }) => path !== undefined).map(({ name }) => name)
  if (process.env.CI !== 'true' && found.length === 0) context.skip('no kubectl on this machine')
  expect(found).not.toEqual([])
  if (process.env.CI === 'true' && which('go') !== undefined) {
    expect(
      found.some((version) => version.startsWith(`v1.${newest}.`)),
      'run scripts/build-kubectl.sh',
    ).toBe(true)
  }
})

/** Each version once, then the minors of which there is none. */
function judgesOf(found: readonly Found[]): Judge[] {
  const byVersion = new Map(found.map((each) => [each.version, each]))
  const present = [...byVersion.values()].map(({ version, path }) => ({ name: version, path }))
  const missing = minors.filter((minor) => !found.some(({ version }) => version.startsWith(`v1.${minor}.`)))
  return [...present, ...missing.map((minor) => ({ name: `v1.${minor}` }))]
}

function findKubectls(): Found[] {
  const named = [onPath, kubectl].flatMap((path) => (path === undefined ? [] : [path]))
  const paths = [...besidePath(), ...inCache(), ...named]
  return paths.flatMap((path) => {
    const version = versionOf(path)
    return version === undefined ? [] : [{ version, path }]
  })
}

/** A dispatcher picks the client by the server's minor; the clients themselves stand where it does. */
function besidePath(): string[] {
  if (onPath === undefined || !existsSync(onPath)) return []
  const beside = dirname(realpathSync(onPath))
  const folders = [beside, join(beside, '../lib/google-cloud-sdk/bin')].filter((folder) => existsSync(folder))
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => /^kubectl\.1\.\d+$/.test(file))
      .sort()
      .map((file) => join(folder, file)),
  )
}

function inCache(): string[] {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'everynode')
  if (!existsSync(cache)) return []
  return readdirSync(cache)
    .filter((folder) => folder.startsWith('kubectl-v'))
    .map((folder) => join(cache, folder, 'kubectl'))
    .filter((path) => existsSync(path))
}

function versionOf(path: string): string | undefined {
  try {
    const out = execFileSync(path, ['version', '--client', '-o', 'json'], { stdio: ['ignore', 'pipe', 'ignore'] })
    return /"gitVersion": "(v\d+\.\d+\.[^"]+)"/.exec(out.toString())?.[1]
  } catch {
    return undefined
  }
}
