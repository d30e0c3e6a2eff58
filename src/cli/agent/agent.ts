// An agent on this machine, in the foreground: it joins its cluster where it has not yet, registers the machine as a node,
// runs the pods that are bound to it and serves its own API, until it is told to stop. The pods go on.
import { resolve } from 'node:path'
import { JoinRefused } from '../../agent/join/join-refused.ts'
import { type NodeIdentity, openIdentity } from '../../agent/join/node-identity.ts'
import { startKubelet } from '../../agent/kubelet.ts'
import { Machine } from '../../agent/machine/machine.ts'
import { addressTowards } from '../../agent/machine/own-address.ts'
import { readMachine } from '../../agent/machine/readings.ts'
import { ListenError } from '../../apiserver/listen-error.ts'
import { sleep } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { userAgentOf } from '../../base/version.ts'
import { CommandError } from '../command-error.ts'
import { onUncaught } from '../host/last-resort.ts'
import { openLog } from '../host/log-file.ts'
import { systemClock, systemRandom } from '../host/system.ts'
import { aborted, stopSignal } from '../up/signals.ts'
import { type AgentDirectory, agentDataPath, openAgentDirectory } from './agent-directory.ts'
import { checkInstall, install } from './install.ts'
import { serveOwnApi } from './own-api.ts'
import { openRuntimes, placeOf } from './runtime.ts'
import { type AgentChoice, type AgentFlags, agentChoice, nodeLabelsOf } from './settings.ts'

/** Upstream: maxPods. */
const maxPods = 110

export async function agent(flags: AgentFlags): Promise<void> {
  if (flags.install === true) checkInstall(flags)
  const stop = stopSignal()
  const { log, flush } = openLog(flags.logLevel)
  const caught = onUncaught({ log, flush })
  let directory: AgentDirectory | undefined
  try {
    directory = await openAgentDirectory(agentDataPath(flags.data, process.env))
    const choice = agentChoice(flags, directory.settings)
    const run = { flags, choice, directory, log, stop: stop.signal }
    const joined = await join(run)
    if (joined !== undefined) {
      try {
        if (flags.install !== true) await work(run, joined)
      } finally {
        await joined.identity.close()
      }
      directory.release()
      if (flags.install === true) await install(flags, directory.path, choice.nodeName)
    }
  } catch (error) {
    const isExpected = error instanceof JoinRefused || error instanceof ListenError
    throw isExpected ? new CommandError(error.message, { cause: error }) : error
  } finally {
    directory?.release()
    flush()
    stop.forget()
    caught()
  }
}

interface Run {
  readonly flags: AgentFlags
  readonly choice: AgentChoice
  readonly directory: AgentDirectory
  readonly log: Log
  readonly stop: AbortSignal
}

interface Joined {
  readonly identity: NodeIdentity
  readonly nodeIP: string
}

/** Undefined when it was told to stop before. */
async function join(run: Run): Promise<Joined | undefined> {
  const { choice, directory, log, stop } = run
  const { server, nodeName, token, caHash } = choice
  const identity = await openIdentity(
    {
      directory: directory.pki,
      server,
      nodeName,
      token,
      caHash,
      clock: systemClock,
      random: systemRandom,
      log,
      userAgent: userAgentOf('everynode-kubelet'),
    },
    stop,
  )
  if (identity === undefined) return undefined
  const nodeIP = await ownAddress(run)
  if (nodeIP === undefined) {
    await identity.close()
    return undefined
  }
  // Before it is decided what runs pods: whoever is started again must know that it has joined.
  await directory.save({ format: 1, server, nodeName, nodeIP, runtime: choice.runtime })
  return { identity, nodeIP }
}

/** Undefined when it was told to stop before. */
async function ownAddress({ flags, choice, log, stop }: Run): Promise<string | undefined> {
  if (flags.nodeIp !== undefined) return flags.nodeIp
  while (!stop.aborted) {
    const found = (await addressTowards(new URL(choice.server))) ?? choice.nodeIP
    if (found !== undefined) return found
    log.warn('server not reached', { server: choice.server })
    await sleep(systemClock, 5_000, stop)
  }
  return undefined
}

async function work({ flags, choice, directory, log, stop }: Run, { identity, nodeIP }: Joined): Promise<void> {
  const { nodeName, server } = choice
  let machine: Machine | undefined
  const root = resolve(flags.nodeRoot)
  const runtimes = await openRuntimes(
    {
      wanted: flags.runtime,
      kept: choice.runtime,
      endpoint: flags.containerRuntimeEndpoint,
      place: placeOf(nodeName, root, directory.state),
      nodeIP,
      data: directory.path,
      server: new URL(server),
      client: identity.client,
      log,
      allocatable: () => machine?.facts.allocatable ?? {},
    },
    stop,
  )
  if (runtimes === undefined) return
  const { runtime, own, why } = runtimes
  log.info('runtime', { version: runtime.version, why, root })
  await directory.save({ format: 1, server, nodeName, nodeIP, runtime: own })
  const settings = {
    nodeName,
    nodeIP,
    runtimeVersion: runtime.version,
    labels: nodeLabelsOf(flags.nodeLabels),
    maxPods,
  }
  machine = await Machine.open({ settings, clock: systemClock, read: () => readMachine(directory.state) })
  const kubelet = startKubelet({
    client: identity.client,
    clock: systemClock,
    random: systemRandom,
    log,
    nodeName,
    runtime,
    facts: () => machine!.facts,
  })
  const ending = new AbortController()
  const parts = [
    machine.follow(() => kubelet.factsChanged(), ending.signal),
    identity.keep(ending.signal),
    serveOwnApi(
      {
        identity,
        nodeName,
        nodeIP,
        port: flags.port,
        directory: directory.pki,
        handle: kubelet.handle,
        log,
        onPort: (port) => machine.listensOn(port),
      },
      ending.signal,
    ),
  ]
  const failed = Promise.all(parts)
  failed.catch(() => {})
  try {
    await Promise.race([kubelet.ready, aborted(stop), failed])
    if (!stop.aborted)
      process.stdout.write(`node ${nodeName} (${nodeIP}) is with ${server}; runtime ${runtime.version}\n`)
    await Promise.race([aborted(stop), failed])
  } finally {
    ending.abort()
    await kubelet.stop()
    await failed.catch(() => {})
    await runtimes.close()
  }
}
