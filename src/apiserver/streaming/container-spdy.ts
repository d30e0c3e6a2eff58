// exec and attach over SPDY: the client opens a stream for each of stdin, stdout, stderr, error and resize (W12.7).
// Upstream: kubelet/pkg/cri/streaming/remotecommand/httpstream.go.

import type { Duplex } from 'node:stream'
import type { ContainerSession } from '../../api/session.ts'
import { SpdyConnection, type SpdyStream } from '../../spdy/connection.ts'
import { endBytes } from './end-status.ts'
import type { StreamingLimits } from './limits.ts'
import { TerminalSizes } from './terminal-sizes.ts'

type Name = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize'

export async function containerOverSpdy(
  socket: Duplex,
  session: ContainerSession,
  protocol: string,
  limits: StreamingLimits,
  active: () => void,
): Promise<void> {
  const wanted = wantedStreams(session, protocol)
  const found = new Map<Name, SpdyStream>()
  let complete = () => {}
  const allThere = new Promise<'all there'>((resolve) => {
    complete = () => resolve('all there')
  })
  const connection = new SpdyConnection(socket, {
    active,
    accept: (stream) => {
      const name = stream.headers.streamtype as Name
      if (!wanted.includes(name)) return `unexpected stream type: "${name}"`
      if (found.has(name)) return `a second stream of type "${name}"`
      found.set(name, stream)
      if (found.size === wanted.length) complete()
      return undefined
    },
  })
  const gone = new AbortController()
  const over = connection.run().finally(() => gone.abort())
  const timer = setTimeout(() => connection.close(), limits.creationMs)
  const began = await Promise.race([allThere, over])
  clearTimeout(timer)
  if (began !== 'all there') return void (await over)

  const sizes = new TerminalSizes(limits.resizeBytes)
  const resize = found.get('resize')
  if (resize !== undefined) void pump(resize, sizes)
  const { stdin, stdout, stderr, error } = Object.fromEntries(found) as Partial<Record<Name, SpdyStream>>
  const end = await session.run({
    stdin: stdin?.input,
    stdout: stdout?.output,
    stderr: stderr?.output,
    resizes: session.wants.tty ? sizes : undefined,
    gone: gone.signal,
  })
  sizes.end()
  await error?.output.write(endBytes(protocol, end))
  for (const stream of found.values()) stream.output.end()
  // A client that still writes waits for nobody.
  stdin?.input.close()
  connection.close()
  await over
}

async function pump(stream: SpdyStream, sizes: TerminalSizes): Promise<void> {
  for await (const chunk of stream.input) sizes.take(chunk)
  sizes.end()
}

function wantedStreams({ wants }: ContainerSession, protocol: string): readonly Name[] {
  const knowsResize = protocol.startsWith('v4.') || protocol.startsWith('v3.')
  const rows: [Name, boolean][] = [
    ['error', true],
    ['stdin', wants.stdin],
    ['stdout', wants.stdout],
    ['stderr', wants.stderr],
    ['resize', wants.tty && knowsResize],
  ]
  return rows.filter(([, wanted]) => wanted).map(([name]) => name)
}
