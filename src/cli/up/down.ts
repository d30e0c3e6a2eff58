// Stopping a cluster from another process: the one that holds the lock of its store is asked to end, and waited for.
import { setTimeout as sleep } from 'node:timers/promises'
import { lockPath } from '../../store/lmdb.ts'
import { holderOf } from '../../store/lock.ts'
import { CommandError } from '../command-error.ts'
import { dataPath, findDataDirectory, removeDataDirectory } from '../host/data-directory.ts'
import { dropContext } from '../host/kubeconfig-file.ts'

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
  if (holder === undefined) process.stdout.write(`no cluster runs in ${path}\n`)
  else if (!holder.isHere) {
    throw new CommandError(
      `the cluster in ${path} runs as process ${holder.pid} of another host or container: stop it there`,
    )
  } else {
    await stopProcess(holder.pid, lock)
    process.stdout.write(`stopped the cluster in ${path} (process ${holder.pid})\n`)
  }
  if (flags.purge !== true) return
  const { announced } = data.settings
  const dropped =
    announced !== undefined && (await dropContext(announced.kubeconfig, announced.context, data.kubeconfig))
  await removeDataDirectory(data)
  process.stdout.write(`deleted ${path}${dropped ? ` and context ${announced.context}` : ''}\n`)
}

async function stopProcess(pid: number, lock: string): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH') return
    throw new CommandError(`stop process ${pid}: ${code === 'EPERM' ? 'it belongs to another user' : code}`, {
      cause: error,
    })
  }
  for (let waitedMs = 0; holderOf(lock)?.pid === pid; waitedMs += waits.betweenMs) {
    if (waitedMs > waits.stopMs) {
      throw new CommandError(`process ${pid} does not stop; \`kill -9 ${pid}\` ends it (acknowledged writes are safe)`)
    }
    await sleep(waits.betweenMs)
  }
}
