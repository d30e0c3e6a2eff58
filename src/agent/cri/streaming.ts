// A container runtime's own streaming server: the CRI answers exec, attach and port-forward with a URL, and behind it
// SPDY is spoken as by a kubelet. Upstream: staging/src/k8s.io/streaming, and client-go/tools/remotecommand/v4.go.

import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ContainerEnd, ContainerStreams, PortConnection } from '../../api/session.ts'
import type { AbortSignalLike } from '../../base/clock.ts'
import type { ByteWriter } from '../../base/pipe.ts'
import { SpdyConnection } from '../../spdy/connection.ts'

export const streamingLimits = {
  /** Until the other end has agreed to speak SPDY. */
  connectMs: 30_000,
  /** Of what it says instead. */
  refusalBytes: 64 * 1024,
} as const

/** exec and attach. */
export async function streamContainer(url: string, streams: ContainerStreams): Promise<ContainerEnd> {
  const { stdin, stdout, stderr, resizes, gone } = streams
  const { connection, over, close } = await dial(url, 'v4.channel.k8s.io', gone)
  try {
    const opened = (streamtype: string) => connection.open({ streamtype })
    const error = await opened('error')
    error.output.end()
    const flows: Promise<void>[] = []
    // In this order: the other end waits for all of them.
    if (stdin !== undefined) void pump(stdin, (await opened('stdin')).output)
    if (stdout !== undefined) flows.push(drain((await opened('stdout')).input, stdout))
    if (stderr !== undefined) flows.push(drain((await opened('stderr')).input, stderr))
    if (resizes !== undefined) void pump(sizesAsBytes(resizes), (await opened('resize')).output)
    const said = await textOf(error.input)
    await Promise.race([Promise.all(flows), aborted(gone)])
    return endOf(said)
  } finally {
    close()
    await over
  }
}

/** One connection to a port; a text says what went wrong with it. */
export async function streamPort(url: string, port: number, { input, output, gone }: PortConnection): Promise<string> {
  const { connection, over, close } = await dial(url, 'portforward.k8s.io', gone)
  try {
    const headers = { port: String(port), requestid: '0' }
    const error = await connection.open({ ...headers, streamtype: 'error' })
    error.output.end()
    const data = await connection.open({ ...headers, streamtype: 'data' })
    void pump(input, data.output)
    await drain(data.input, output)
    const problem = await textOf(error.input)
    if (problem === '') output.end()
    return problem
  } finally {
    close()
    await over
  }
}

interface Dialled {
  readonly connection: SpdyConnection
  readonly over: Promise<unknown>
  readonly close: () => void
}

async function dial(url: string, protocol: string, gone: AbortSignalLike): Promise<Dialled> {
  const socket = await upgraded(url, protocol)
  const end = () => socket.destroy()
  gone.addEventListener('abort', end)
  if (gone.aborted) end()
  const connection = new SpdyConnection(socket, {})
  const over = connection
    .run()
    // It broke off: whoever reads learns it from the end of its stream.
    .catch(() => {})
    .finally(() => gone.removeEventListener('abort', end))
  return { connection, over, close: end }
}

function upgraded(url: string, protocol: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol }
    const asking = request(url, { method: 'POST', headers, timeout: streamingLimits.connectMs })
    asking.on('upgrade', (_, socket: Duplex, head) => {
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    asking.on('response', (response) => {
      void refusalOf(response).then((text) => reject(new Error(`the container runtime refuses the stream: ${text}`)))
    })
    asking.on('timeout', () => asking.destroy(new Error('the container runtime does not answer')))
    asking.on('error', reject)
    asking.end()
  })
}

async function refusalOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response) {
    text += chunk
    if (text.length > streamingLimits.refusalBytes) break
  }
  return `${response.statusCode} ${text.trim()}`
}

/** Until one of both ends has no more to say. */
async function pump(from: AsyncIterable<Uint8Array>, to: ByteWriter): Promise<void> {
  try {
    for await (const chunk of from) if (!(await to.write(chunk))) return
  } catch {
    // Whoever sends is gone.
  }
  to.end()
}

/** To the end: what comes after its reader has gone is passed over, so that the rest of the connection is heard. */
async function drain(from: AsyncIterable<Uint8Array>, to: ByteWriter): Promise<void> {
  let isTaken = true
  for await (const chunk of from) if (isTaken) isTaken = await to.write(chunk)
}

async function textOf(from: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of from) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function* sizesAsBytes(sizes: NonNullable<ContainerStreams['resizes']>): AsyncGenerator<Uint8Array> {
  for await (const { width, height } of sizes)
    yield Buffer.from(`${JSON.stringify({ Width: width, Height: height })}\n`)
}

function aborted(signal: AbortSignalLike): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })
}

interface EndStatus {
  readonly status?: string
  readonly reason?: string
  readonly message?: string
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] }
}

/** A Status on the error stream (W12.6). */
export function endOf(said: string): ContainerEnd {
  if (said === '') return { ended: 'failure', message: 'the connection to the container runtime was lost' }
  let told: EndStatus
  try {
    told = JSON.parse(said) as EndStatus
  } catch {
    return { ended: 'failure', message: said }
  }
  if (told.status === 'Success') return { ended: 'exit', exitCode: 0 }
  const exitCode = Number(told.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message)
  if (told.reason === 'NonZeroExitCode' && Number.isInteger(exitCode)) return { ended: 'exit', exitCode }
  return { ended: 'failure', message: told.message ?? said }
}
