// What every question to an agent's own API has in common: which pod is meant, and answers in plain text.

import type { ApiRequest, ApiResponse } from '../api/wire.ts'
import type { PodWorker } from './pod-worker.ts'

export interface Asked {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

export function find(workers: Iterable<PodWorker>, { namespace, pod }: Asked): PodWorker | undefined {
  for (const worker of workers) {
    const { metadata } = worker.pod
    if (metadata.name === pod && metadata.namespace === namespace) return worker
  }
  return undefined
}

export function flag(request: ApiRequest, name: string): boolean {
  const given = request.query.get(name)
  return given === 'true' || given === '1'
}

export function text(status: number, message: string): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain' }, body: { kind: 'bytes', bytes: Buffer.from(message) } }
}
