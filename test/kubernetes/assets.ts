// Where the real control plane is: `KUBEBUILDER_ASSETS` (the convention of envtest), else what `npm run kubernetes:assets`
// has built on this machine.
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestContext } from 'vitest'

export type Program = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler'
const programs: readonly Program[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

/** The folder that has all four; undefined: this machine has none. */
export const assets: string | undefined = foldersToTry().find((folder) =>
  programs.every((program) => existsSync(join(folder, program))),
)

/** Skips the test where there are no assets; in CI, on a machine that could build them, that is a failure. */
export function needsAssets(context: TestContext): void {
  if (assets !== undefined) return
  const why = 'no Kubernetes control plane: npm run kubernetes:assets, or KUBEBUILDER_ASSETS'
  const hasGo = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'go')))
  if (process.env.CI === 'true' && hasGo) throw new Error(`${why}; and CI=true`)
  context.skip(why)
}

export function pathOf(program: Program): string {
  if (assets === undefined) throw new Error(`no ${program}: the test should have been skipped`)
  return join(assets, program)
}

function foldersToTry(): string[] {
  const given = process.env.KUBEBUILDER_ASSETS
  if (given !== undefined && given !== '') return [given]
  const goMod = readFileSync(new URL('../../scripts/kubernetes/go.mod', import.meta.url), 'utf8')
  const version = /^\tk8s\.io\/kubernetes (v[\d.]+)$/m.exec(goMod)?.[1] ?? ''
  return [join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'everynode', `kubernetes-${version}`)]
}
