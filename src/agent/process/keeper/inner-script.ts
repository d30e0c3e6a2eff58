// The few lines of shell that run right before a container's command, in its place: they enter the cgroups, say that
// everything is set up, and become the command. Without a sandbox they also wait for it and write down how it ended.

import type { Mode } from '../orders.ts'

/** Open files that the wrapper is given. */
export const wrapperFiles = {
  /** To which the script writes once the command comes next. */
  started: 3,
  /** From which it reads its options. */
  options: 4,
  /** To which it writes its first process and its exit code. */
  status: 5,
  /** The first of the cgroups. A plain shell knows files of one digit only. */
  cgroups: 6,
  last: 9,
} as const

export function innerScript(mode: Mode, cgroups: number, oomScoreAdj: number | undefined): string {
  const { status, started, options, cgroups: first } = wrapperFiles
  const entries = Array.from({ length: cgroups }, (_, i) => first + i)
  const lines = entering(cgroups)
  if (oomScoreAdj !== undefined) lines.push(`echo ${oomScoreAdj} 2>/dev/null >/proc/self/oom_score_adj`)
  lines.push('umask 022')
  const unneeded = [started, options, ...entries].map((file) => `${file}>&-`).join(' ')
  if (mode === 'sandbox') {
    lines.push(`echo >&${started}`, `exec ${status}>&- ${unneeded}`, 'exec "$@"')
  } else {
    lines.push(`echo "{ \\"child-pid\\": $$ }" >&${status}`, `echo >&${started}`, `exec ${unneeded}`)
    lines.push(`"$@" ${status}>&-`, 'code=$?', `echo "{ \\"exit-code\\": $code }" >&${status}`, 'exit $code')
  }
  return lines.join('\n')
}

/** The process itself enters, through files that were opened for it: where they lie it cannot see. */
export function entering(cgroups: number): string[] {
  return Array.from({ length: cgroups }, (_, i) => `echo 0 >&${wrapperFiles.cgroups + i} || exit 125`)
}
