// The main job: a cluster in this process, the manifests applied to it, and a table that shows what becomes of them.
import { readFile } from 'node:fs/promises'
import { findMachine } from '../../agent/process/machine.ts'
import type { ApiObject, DaemonSet } from '../../api/types.ts'
import { version } from '../../base/version.ts'
import type { Client } from '../../client/client.ts'
import { administrator, type Cluster } from '../../cluster.ts'
import { applyManifests } from '../apply/apply.ts'
import { CommandError } from '../command-error.ts'
import { dataPath, findDataDirectory } from '../host/data-directory.ts'
import { type HostOptions, startHost } from '../host/host.ts'
import { kubeconfigPath } from '../host/kubeconfig-file.ts'
import { onUncaught } from '../host/last-resort.ts'
import { openLog } from '../host/log-file.ts'
import { addSimulatedNodes, freeNodeNames, listNodes, type PlayedRuntime } from '../host/simulated-nodes.ts'
import { systemClock } from '../host/system.ts'
import { type Board, isAtRest } from '../live/board.ts'
import { followBoard } from '../live/follow.ts'
import { paintFor } from '../live/paint.ts'
import { type Manifest, readManifests } from '../manifests.ts'
import { type ClusterFlags, hostOptions } from './cluster-flags.ts'
import { nextSteps, programName } from './next-steps.ts'
import { rehearse } from './rehearsal.ts'
import { liveReporter, plainReporter, type Reporter } from './reporter.ts'
import { aborted, stopSignal } from './signals.ts'
import { alsoTelling } from './troubles.ts'

export interface UpFlags extends ClusterFlags {
  readonly nodes?: number
  readonly runtime: PlayedRuntime
  readonly filename?: readonly string[]
}

/** What to type next is said then at the latest, also to somebody whose pods never come. */
const longestWaitMs = 15_000

/** Nodes of a cluster that has none yet. */
const firstNodes = 3

export async function up(flags: UpFlags): Promise<void> {
  const manifests = await readable(flags)
  const stop = stopSignal()
  const startedAt = systemClock.now()
  const options = await hostOptions(flags)
  const { log, flush } = openLog(flags.logLevel, options.data.log)
  let reporter: Reporter | undefined
  const caught = onUncaught({ log, flush, restore: () => reporter?.close(), logFile: options.data.log })
  const told = alsoTelling(log, (text) => reporter?.trouble(text))
  const host = await startHost({ ...options, log: told })
  reporter = openReporter()
  const undo: (() => void)[] = []
  try {
    reporter.step('api server', `${host.server}, ready in ${systemClock.now() - startedAt} ms`)
    reporter.step('kubeconfig', `${options.kubeconfig}, context ${options.context}`)
    if (host.ledElsewhere !== undefined) reporter.step('context', host.ledElsewhere)
    reporter.step('data', options.data.path)
    const filling = fill(host.cluster, manifests, flags, reporter)
    // Ctrl-C does not wait for a thousand nodes; what is under way then fails, and nobody needs to hear of it.
    filling.catch(() => {})
    await Promise.race([filling, aborted(stop.signal)])
    if (!stop.signal.aborted) {
      undo.push(show(host.cluster, reporter, options, manifests))
      await aborted(stop.signal)
    }
  } finally {
    for (const act of undo) act()
    reporter.close()
    if (stop.signal.aborted) process.stdout.write(`stopping; the data stays in ${options.data.path}\n`)
    try {
      await host.stop()
    } finally {
      flush()
      stop.forget()
      caught()
    }
  }
}

async function fill(
  cluster: Cluster,
  manifests: readonly Manifest[],
  { nodes, runtime }: UpFlags,
  reporter: Reporter,
): Promise<void> {
  const client = cluster.clientFor(administrator)
  await ensureNodes(client, nodes, runtime)
  for (const { text } of await applyManifests(client, manifests)) reporter.step('applied', text)
  const hint = processHint(manifests, runtime)
  if (hint !== undefined) reporter.step('process', hint)
  await cluster.ready
}

/** Whoever asks for real processes on a machine that cannot give them all they need hears of it here first. */
function processHint(manifests: readonly Manifest[], runtime: PlayedRuntime): string | undefined {
  const name = ({ object }: Manifest) => (object as unknown as Partial<DaemonSet>).spec?.template?.spec.runtimeClassName
  if (runtime !== 'process' && !manifests.some((manifest) => name(manifest) === 'process')) return undefined
  const { noSandbox } = findMachine()
  return noSandbox === undefined ? undefined : `${noSandbox}: pods with volumes wait (apt install bubblewrap)`
}

/** Read before anything starts, and tried where the cluster will be a new one: a typo leaves no cluster behind. */
async function readable({ filename, data }: UpFlags): Promise<Manifest[]> {
  if (filename === undefined) return []
  const manifests = await readManifests(filename)
  if (manifests.length === 0) throw new CommandError('no objects passed to apply')
  if ((await findDataDirectory(dataPath(data, process.env))) === undefined) await rehearse(manifests)
  return manifests
}

function openReporter(): Reporter {
  const title = `everynode ${version}: simulated nodes; pods are played, those that name a runtime really run`
  // A terminal that can only be written on gets lines, as a file does.
  if (process.stdout.isTTY && process.env.TERM !== 'dumb')
    return liveReporter(process.stdout, title, paintFor(process.stdout))
  process.stdout.write(`${title}\n`)
  return plainReporter((line) => process.stdout.write(`${line}\n`))
}

/** So many nodes at least; three in a cluster that is new. */
async function ensureNodes(client: Client, wanted: number | undefined, runtime: PlayedRuntime): Promise<void> {
  const names = new Set((await listNodes(client)).map((node) => node.metadata.name ?? ''))
  const count = wanted ?? (names.size === 0 ? firstNodes : 0)
  if (count > names.size) await addSimulatedNodes(client, freeNodeNames(names, count - names.size), { runtime })
}

/** Keeps the person informed; what to type next comes when nothing moves any more. Returns the way to stop. */
function show(
  { informers }: Cluster,
  reporter: Reporter,
  options: Omit<HostOptions, 'log'>,
  manifests: readonly { readonly object: ApiObject }[],
): () => void {
  let told = false
  let latest: Board | undefined
  const tellNext = async (board: Board) => {
    if (told) return
    told = true
    reporter.next(
      nextSteps({
        context: options.context,
        // Gone, or broken: then nothing of it is assumed.
        kubeconfigText: await readFile(options.kubeconfig, 'utf8').catch(() => ''),
        kubeconfigFlag:
          options.kubeconfig === kubeconfigPath(undefined, process.env) ? '' : `--kubeconfig ${options.kubeconfig}`,
        applied: manifests.map(({ object }) => object),
        board,
        program: programName(process.argv[1], process.cwd()),
      }),
    )
  }
  const patience = systemClock.after(longestWaitMs, () => {
    if (latest !== undefined) void tellNext(latest)
  })
  const unfollow = followBoard({
    informers,
    clock: systemClock,
    onBoard(board) {
      latest = board
      reporter.board(board)
      if (isAtRest(board)) void tellNext(board)
    },
  })
  return () => {
    patience()
    unfollow()
  }
}
