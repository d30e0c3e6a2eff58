// Two control planes of one version for all tests, started once: `setup` is Vitest's, `openPlane` is for the tests.
import { readFileSync } from 'node:fs'
import { inject } from 'vitest'
import type { TestProject } from 'vitest/node'
import { type Client, createClient } from '../../src/client/client.ts'
import { httpSend } from '../../src/client/http.ts'
import { connectionOf, readKubeconfig } from '../../src/client/kubeconfig.ts'
import { assets } from './assets.ts'
import { type Contestant, contestants, startController } from './contestants.ts'
import { startControlPlane } from './control-plane.ts'
import type { StartedProgram } from './programs.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the administrators; none where there are no assets. */
    kubeconfigs: Readonly<Partial<Record<Contestant, string>>>
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const planes = assets === undefined ? [] : await Promise.all(contestants.map(startControlPlane))
  project.provide(
    'kubeconfigs',
    Object.fromEntries(planes.map(({ kubeconfig }, at) => [contestants[at] as string, kubeconfig])),
  )
  return async () => {
    await Promise.all(planes.map((plane) => plane.stop()))
  }
}

export interface Plane {
  readonly client: Client
  readonly kubeconfig: string
  /** With more flags, or as somebody else than the administrator. */
  startController(which: Contestant, flags?: readonly string[], asWhom?: string): Promise<StartedProgram>
  close(): Promise<void>
}

/** The one of this contestant. There must be assets. */
export function openPlane(which: Contestant): Plane {
  const kubeconfig = inject('kubeconfigs')[which]
  if (kubeconfig === undefined) throw new Error(`no control plane for ${which}: the test should have been skipped`)
  const http = httpSend(connectionOf(readKubeconfig(readFileSync(kubeconfig, 'utf8'))))
  return {
    client: createClient({ send: http.send, userAgent: 'everynode-test' }),
    kubeconfig,
    startController: (contestant, flags, asWhom = kubeconfig) => startController(contestant, asWhom, flags),
    close: http.close,
  }
}
