// The main job: a cluster in this process, the manifests applied to it, and a table that shows what becomes of them.
import type { ApiObject, DaemonSet } from '../../api/types.ts'
import { version } from '../../base/version.ts'
import type { Client } from '../../client/client.ts'
import { administrator } from '../../cluster.ts'
import { type Host, startHost } from '../host/host.ts'
import { openLog } from '../host/log-file.ts'
import { addSimulatedNodes, freeNodeNames, listNodes } from '../host/simulated-nodes.ts'
import { systemClock, systemRandom } from '../host/system.ts'
import { type Board, isAllSettled } from '../live/board.ts'
import { followBoard } from '../live/follow.ts'
import { paintFor } from '../print/paint.ts'
import { type ClusterFlags, hostOptions } from './cluster-flags.ts'
import { nextSteps } from './next-steps.ts'
import { liveReporter, plainReporter, type Reporter } from './reporter.ts'
import { aborted, stopSignal } from './signals.ts'

export interface UpFlags extends ClusterFlags {
  readonly nodes?: number
  readonly filename?: readonly string[]
}

const firstNodes = 3

export async function up(flags: UpFlags): Promise<void> {
  const stop = stopSignal()
  const options = hostOptions(flags)
  const startedAt = systemClock.now()
  const title = `everynode ${version}: a cluster of simulated nodes in this process (nothing is really run on them)`
  const write = (line: string) => process.stdout.write(`${line}\n`)
  // The manifests are read before anything starts: a typo should not leave a cluster behind.
  const manifests = await readManifests(flags.filename ?? [])
  const { log, flush } = openLog(flags.logLevel, logPath(options.dataPath))
  const host = await startHost({ ...options, log })
  const reporter = process.stdout.isTTY
    ? liveReporter(process.stdout, title, paintFor(process.stdout))
    : plainReporter(write)
  if (!process.stdout.isTTY) write(title)
  let unfollow = () => {}
  try {
    reporter.step('api server', `${host.server}, ready in ${systemClock.now() - startedAt} ms`)
    reporter.step('kubeconfig', `${options.kubeconfig}, context ${options.context}`)
    reporter.step('data', host.data.path)
    const client = host.cluster.clientFor(administrator)
    await ensureNodes(client, flags.nodes)
    const applied = await applyAll(client, manifests, reporter)
    await host.cluster.ready
    const whenSettled = oncePerRun(() => reporter.next(nextSteps({ context: options.context, applied, client, host })))
    unfollow = followBoard({
      client,
      clock: systemClock,
      random: systemRandom,
      log,
      onBoard: (board: Board) => {
        reporter.board(board)
        if (isAllSettled(board)) whenSettled()
      },
    })
    await aborted(stop.signal)
  } finally {
    unfollow()
    reporter.close()
    if (stop.signal.aborted) write(`stopping; the data stays in ${host.data.path}`)
    await host.stop()
    flush()
    stop.forget()
  }
}
