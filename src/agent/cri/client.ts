// The CRI of a machine, typed: containerd's, CRI-O's, whoever serves the socket.

import { GrpcConnection, GrpcError, grpcCodes } from './grpc.ts'
import { calls } from './messages.ts'
import { decode, encode, type Sent, type Told } from './protobuf.ts'

export const criLimits = {
  /** What is asked and answered at once. Upstream: kubelet's runtimeRequestTimeout. */
  callMs: 120_000,
  /** Lists and states: they are asked for all the time. */
  lookMs: 20_000,
  /** Of one image; containerd gives up by itself where nothing comes any more. */
  pullMs: 3_600_000,
} as const

type Calls = typeof calls
export type CallName = keyof Calls

export class CriClient {
  readonly socketPath: string
  readonly #connection: GrpcConnection

  constructor(socketPath: string) {
    this.socketPath = socketPath
    this.#connection = new GrpcConnection(socketPath)
  }

  /** Rejects with GrpcError. */
  async call<N extends CallName>(
    name: N,
    request: Sent<Calls[N][1]>,
    timeoutMs: number = criLimits.callMs,
  ): Promise<Told<Calls[N][2]>> {
    const [path, sent, told] = calls[name]
    const answer = await this.#connection.call(`/runtime.v1.${path}`, encode(sent, request), timeoutMs)
    return decode(told as Calls[N][2], answer)
  }

  close(): void {
    this.#connection.close()
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof GrpcError && error.code === grpcCodes.notFound
}

/** Whoever serves the socket is away: it may come back, and what runs goes on meanwhile. */
export function isAway(error: unknown): boolean {
  return error instanceof GrpcError && error.code === grpcCodes.unavailable
}
