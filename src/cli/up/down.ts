// Stopping a cluster from another process: the one that holds the lock of its store is asked to end, and waited for.
import { setTimeout as sleep } from 'node:timers/promises'
import { lockPath } from '../../store/lmdb.ts'
import { holderOf } from '../../store/lock.ts'
import { startOfProcess } from '../../store/process-identity.ts'
import { CommandError } from '../command-error.ts'
import { dataPath, findDataDirectory, removeDataDirectory } from '../host/data-directory.ts'
import { dropContext } from '../host/kubeconfig-file.ts'
import { endLeftovers } from '../host/real-nodes.ts'

const waits = { stopMs: 30_000, betweenMs: 50 } as const

export async function down(flags: { readonly data?: string; readonly purge?: boolean }): Promise<void> {
  const path = dataPath(flags.data, process.env)
  const data = await findDataDirectory(path)
  if (data === undefined) {
    process.stdout.write(`no cluster in ${path}\n`)
    return
  }
  const lock = lockPath(data.store)
  const holder = holderOf(lock)
  if (holder === undefined) {
    process.stdout.write(`no cluster runs in ${path}\n`)
    // What it ran may have outlived it, if it was killed.
    await endLeftovers(path)
  } else if (!holder.isHere) {
    throw new CommandError(
      `the cluster in ${path} runs as process ${holder.pid} of another host or container: stop it there`,
    )
  } else {
    await stopProcess(holder.pid)
    process.stdout.write(`stopped the cluster in ${path} (process ${holder.pid})\n`)
  }
  if (flags.purge !== true) return
  // Read again: it may have announced itself after it was looked at, and before it ended.
  const { announced = [] } = (await findDataDirectory(path))?.settings ?? data.settings
  const dropped: string[] = []
  for (const { kubeconfig, context } of announced) {
    if (await dropContext(kubeconfig, context, data.kubeconfig)) dropped.push(context)
  }
  await removeDataDirectory(data)
  const contexts = dropped.length === 1 ? `context ${dropped[0]}` : `contexts ${dropped.join(', ')}`
  process.stdout.write(`deleted ${path}${dropped.length === 0 ? '' : ` and ${contexts}`}\n`)
}

/** Resolves when the process is gone, not only its lock: its log is written to the very end. */
async function stopProcess(pid: number): Promise<void> {
  const started = startOfProcess(pid)
  if (started === undefined) return
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH') return
    throw new CommandError(`stop process ${pid}: ${code === 'EPERM' ? 'it belongs to another user' : code}`, {
      cause: error,
    })
  }
  for (let waitedMs = 0; startOfProcess(pid) === started; waitedMs += waits.betweenMs) {
    if (waitedMs > waits.stopMs) {
      throw new CommandError(`process ${pid} does not stop; \`kill -9 ${pid}\` ends it (acknowledged writes are safe)`)
    }
    await sleep(waits.betweenMs)
  }
}
