// The control plane in the foreground, for a service manager: one line when it is ready, the log on standard error.
import { administrator } from '../../cluster.ts'
import { type Host, startHost } from '../host/host.ts'
import { onUncaught } from '../host/last-resort.ts'
import { openLog } from '../host/log-file.ts'
import { systemClock } from '../host/system.ts'
import { joinLine, serversToken } from '../token/join-line.ts'
import { type ClusterFlags, hostOptions } from './cluster-flags.ts'
import { aborted, stopSignal } from './signals.ts'

export async function server(flags: ClusterFlags): Promise<void> {
  const stop = stopSignal()
  const { log, flush } = openLog(flags.logLevel)
  const caught = onUncaught({ log, flush })
  const options = await hostOptions(flags)
  const host = await startHost({ ...options, log })
  try {
    if (host.ledElsewhere !== undefined) process.stdout.write(`context ${host.ledElsewhere}\n`)
    await Promise.race([host.cluster.ready, aborted(stop.signal)])
    process.stdout.write(`${host.server} is ready; context ${options.context} in ${options.kubeconfig}\n`)
    if (!stop.signal.aborted) await tellHowToJoin(host)
    await aborted(stop.signal)
  } finally {
    try {
      await host.stop()
    } finally {
      flush()
      stop.forget()
      caught()
    }
  }
}

/** The line that is typed on another machine. */
async function tellHowToJoin({ cluster, announcedServer: server, caCertificate: ca }: Host): Promise<void> {
  const token = await serversToken(cluster.clientFor(administrator), systemClock.now())
  process.stdout.write(`nodes join with: ${joinLine({ server, token, ca })}\n`)
}
