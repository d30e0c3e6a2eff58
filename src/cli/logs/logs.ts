// Printing the logs of containers, whole or as they grow. Upstream: kubectl/pkg/cmd/logs/logs.go.
import { once } from 'node:events'
import { pods } from '../../api/resources.ts'
import { parseTime } from '../../api/time.ts'
import type { Client } from '../../client/client.ts'
import { pathOf } from '../../client/request.ts'
import { CommandError } from '../command-error.ts'
import { type ConnectFlags, withClient } from '../connect.ts'
import { interruption } from '../durations.ts'
import { type Choice, type Source, sourcesOf } from './sources.ts'

export interface LogsFlags extends ConnectFlags, Choice {
  readonly follow?: boolean
  readonly previous?: boolean
  readonly prefix?: boolean
  readonly tail?: number
  readonly since?: number
  readonly sinceTime?: string
  readonly timestamps?: boolean
  readonly limitBytes?: number
  readonly maxLogRequests: number
}

/** Lines of each container where pods are selected by label. Upstream: selectorTail. */
const selectorTail = 10

export async function logs(target: string | undefined, flags: LogsFlags): Promise<void> {
  check(target, flags)
  await withClient(flags, async ({ client, namespace }) => {
    const sources = await sourcesOf(client, target, namespace, flags)
    if (sources.length === 0) process.stderr.write(`No resources found in ${namespace} namespace.\n`)
    if (flags.follow !== true) {
      for (const source of sources) await print(client, namespace, source, flags, new AbortController().signal)
      return
    }
    if (sources.length > flags.maxLogRequests) {
      throw new CommandError(
        `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ` +
          `${flags.maxLogRequests}, use --max-log-requests to increase the limit`,
      )
    }
    const stop = interruption()
    await Promise.all(sources.map((source) => print(client, namespace, source, flags, stop)))
  })
}

function check(target: string | undefined, flags: LogsFlags): void {
  if (target === undefined && flags.selector === undefined) {
    throw new CommandError(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n" +
        'POD or TYPE/NAME is a required argument for the logs command',
    )
  }
  if (target !== undefined && flags.selector !== undefined) {
    throw new CommandError('only a selector (-l) or a POD name is allowed')
  }
  if (flags.allContainers === true && flags.container !== undefined) {
    throw new CommandError(`--all-containers=true should not be specified with container name ${flags.container}`)
  }
  if (flags.since !== undefined && flags.sinceTime !== undefined) {
    throw new CommandError('at most one of `sinceTime` or `sinceSeconds` may be specified')
  }
  if (flags.sinceTime !== undefined && parseTime(flags.sinceTime) === undefined) {
    throw new CommandError(`--since-time must be a time like 2026-01-31T12:00:00Z, not "${flags.sinceTime}"`)
  }
  if ((flags.tail ?? 0) < -1) throw new CommandError('--tail must be greater than or equal to -1')
  if (flags.limitBytes !== undefined && flags.limitBytes < 1) {
    throw new CommandError('--limit-bytes must be greater than 0')
  }
  if (flags.since !== undefined && flags.since <= 0) throw new CommandError('--since must be greater than 0')
}

async function print(
  client: Client,
  namespace: string,
  { pod, container }: Source,
  flags: LogsFlags,
  stop: AbortSignal,
): Promise<void> {
  const tail = flags.tail ?? (flags.selector === undefined ? -1 : selectorTail)
  const request = {
    method: 'GET',
    path: pathOf(pods, { namespace, name: pod, subresource: 'log' }),
    query: {
      container,
      follow: flags.follow,
      previous: flags.previous,
      tailLines: tail === -1 ? undefined : tail,
      sinceSeconds: flags.since === undefined ? undefined : Math.max(1, Math.ceil(flags.since / 1000)),
      sinceTime: flags.sinceTime,
      timestamps: flags.timestamps,
      limitBytes: flags.limitBytes,
    },
  }
  const mark = flags.prefix === true ? `[pod/${pod}/${container}] ` : ''
  for await (const chunk of marked(client.stream(request, stop), mark)) {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
  }
}

/** Every line with the mark before it; without one, the bytes as they come. */
async function* marked(chunks: AsyncIterable<Uint8Array>, mark: string): AsyncGenerator<Uint8Array | string> {
  let atStart = true
  const decoder = new TextDecoder()
  for await (const chunk of chunks) {
    if (mark === '') yield chunk
    else {
      const text = decoder.decode(chunk, { stream: true })
      if (text === '') continue
      yield (atStart ? mark : '') + text.replace(/\n(?!$)/g, `\n${mark}`)
      atStart = text.endsWith('\n')
    }
  }
}
