// What answers behind a port that a simulated container declares: one small page over HTTP that says what it is.

import type { PortConnection } from '../../api/session.ts'

export const pageLimits = {
  /** Of a request, until its headers are over. */
  requestBytes: 16 * 1024,
} as const

export interface PageFacts {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly node: string
  readonly port: number
}

/** Answers one request and is done. */
export async function servePage({ input, output }: PortConnection, facts: PageFacts): Promise<void> {
  let request = ''
  for await (const chunk of input) {
    request += Buffer.from(chunk).toString('latin1')
    if (request.includes('\r\n\r\n') || request.length > pageLimits.requestBytes) break
  }
  // A connection that was opened and closed.
  if (request === '') return
  await output.write(Buffer.from(answerTo(request, facts)))
}

export function answerTo(request: string, { namespace, pod, container, node, port }: PageFacts): string {
  const line = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r\n/.exec(request)
  const isWhole = line !== null && request.includes('\r\n\r\n')
  const text = isWhole
    ? `This is port ${port} of container ${container} in pod ${namespace}/${pod} on node ${node}.\n` +
      `The pod is simulated; nothing runs in it. You asked: ${line[1]} ${line[2]}\n`
    : 'The pod is simulated; it understands only HTTP/1.1.\n'
  const headers = [
    `HTTP/1.1 ${isWhole ? '200 OK' : '400 Bad Request'}`,
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ]
  return `${headers.join('\r\n')}\r\n\r\n${line?.[1] === 'HEAD' ? '' : text}`
}
