// A WebSocket as numbered channels: the first byte of a message (or, in the base64 protocols, the first character)
// says which. Upstream: apimachinery/pkg/util/httpstream/wsstream/conn.go.

import type { WebSocket } from 'ws'

export interface Channels {
  /** Resolves when the socket has taken it; false: nobody is there. */
  send(channel: number, bytes: Uint8Array): Promise<boolean>
  /** Ends the connection in good order. */
  close(): void
}

export interface ChannelsOptions {
  readonly protocol: string
  /** A message has come. A promise: no further one until it has resolved. */
  readonly take: (channel: number, bytes: Uint8Array) => Promise<unknown> | undefined
  /** The client has no more to say on this channel: only the fifth protocol can tell. */
  readonly ended: (channel: number) => void
  readonly active: () => void
}

const closeChannel = 255
const normal = 1000
/** RFC 6455, 7.4.1: data that is not what was agreed on. */
const invalidPayload = 1007

export function channelsOf(socket: WebSocket, { protocol, take, ended, active }: ChannelsOptions): Channels {
  const codec = protocol.includes('base64.') ? base64 : binary
  const endsChannels = protocol.startsWith('v5.')
  socket.on('message', (data: Buffer) => {
    active()
    // Upstream's clients say hello with frames of nothing.
    if (data.length === 0) return
    const message = codec.decode(data)
    if (message === undefined) return socket.close(invalidPayload)
    if (endsChannels && message.channel === closeChannel) {
      if (message.bytes.length === 1) ended(message.bytes[0]!)
      return
    }
    const taken = take(message.channel, message.bytes)
    if (taken === undefined) return
    socket.pause()
    void taken.then(() => socket.resume())
  })
  return {
    send: (channel, bytes) =>
      new Promise((resolve) => {
        if (socket.readyState !== socket.OPEN) return resolve(false)
        active()
        socket.send(codec.encode(channel, bytes), { binary: codec === binary }, (error) => resolve(error == null))
      }),
    close: () => socket.close(normal),
  }
}

interface Codec {
  readonly encode: (channel: number, bytes: Uint8Array) => Uint8Array
  /** Undefined: not what was agreed on. */
  readonly decode: (message: Buffer) => { readonly channel: number; readonly bytes: Buffer } | undefined
}

export const binary: Codec = {
  encode: (channel, bytes) => Buffer.concat([Buffer.of(channel), bytes]),
  decode: (message) => ({ channel: message[0]!, bytes: message.subarray(1) }),
}

const zero = '0'.charCodeAt(0)

export const base64: Codec = {
  encode: (channel, bytes) => Buffer.from(`${channel}${Buffer.from(bytes).toString('base64')}`),
  decode: (message) => {
    const text = message.toString('latin1', 1)
    if (!/^[+/0-9a-z]*={0,2}$/i.test(text)) return undefined
    return { channel: message[0]! - zero, bytes: Buffer.from(text, 'base64') }
  },
}
