// Which file a container's command is on the machine: looked for before it is started, so that a missing program is told
// by its name and not by an exit code. Upstream's texts: runc's libcontainer, exec.LookPath of Go.

import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join, normalize, resolve } from 'node:path'
import type { Launch, Mount } from '../materials.ts'
import { RuntimeRefusal } from '../runtime.ts'

/** As a container runtime sets it where an image says nothing. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const cure = 'the process runtime takes programs from the machine: install it there, or name it by its path'

/** Throws RuntimeRefusal where it cannot be found. */
export function checkProgram(launch: Launch): void {
  const [program = ''] = [...launch.command, ...launch.args]
  if (program.includes('/')) {
    const path = isAbsolute(program) ? program : resolve(launch.workingDir ?? '/', program)
    const problem = problemWith(onMachine(path, launch.mounts))
    if (problem === undefined) return
    throw new RuntimeRefusal('RunContainerError', `exec: "${program}": stat ${program}: ${problem}: ${cure}`)
  }
  const path = launch.env.find(({ name }) => name === 'PATH')?.value ?? defaultPath
  const isFound = path
    .split(':')
    .some((directory) => problemWith(onMachine(join(directory || '.', program), launch.mounts)) === undefined)
  if (!isFound) {
    throw new RuntimeRefusal('RunContainerError', `exec: "${program}": executable file not found in $PATH: ${cure}`)
  }
}

/** What a path in the container is outside: the innermost mount wins, else the machine's root. */
export function onMachine(path: string, mounts: readonly Mount[]): string {
  const whole = normalize(path)
  const mount = mounts.findLast(({ target }) => whole === target || whole.startsWith(`${target.replace(/\/$/, '')}/`))
  return mount === undefined ? whole : join(mount.source, whole.slice(mount.target.length))
}

function problemWith(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return 'is a directory'
    accessSync(path, constants.X_OK)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'permission denied' : 'no such file or directory'
  }
}
