// Probes and hooks of a container as the API has validated and completed them.

import type { Container, Pod } from '../../api/types.ts'

export const probeKinds = ['startup', 'liveness', 'readiness'] as const
export type ProbeKind = (typeof probeKinds)[number]

export interface Handler {
  readonly exec?: { readonly command?: readonly string[] }
  readonly httpGet?: HttpGet
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string }
  readonly grpc?: { readonly port: number; readonly service?: string }
  /** Of hooks only. */
  readonly sleep?: { readonly seconds: number }
}

export interface HttpGet {
  readonly path?: string
  readonly port: number | string
  readonly host?: string
  readonly scheme?: string
  readonly httpHeaders?: readonly { readonly name: string; readonly value?: string }[]
}

export interface Probe extends Handler {
  readonly initialDelaySeconds?: number
  readonly timeoutSeconds?: number
  readonly periodSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
  readonly terminationGracePeriodSeconds?: number
}

export function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  return container[`${kind}Probe`] as Probe | undefined
}

export function hookOf(container: Container | undefined, hook: 'postStart' | 'preStop'): Handler | undefined {
  return (container?.lifecycle as Partial<Record<typeof hook, Handler>> | undefined)?.[hook]
}

/** How long a container has to end that a probe has condemned. Upstream: setTerminationGracePeriod. */
export function condemnedGraceMs(pod: Pod, container: Container | undefined, kind: ProbeKind): number {
  const ofProbe = container === undefined ? undefined : probeOf(container, kind)?.terminationGracePeriodSeconds
  return 1000 * (ofProbe ?? pod.spec.terminationGracePeriodSeconds ?? 30)
}

/** By number, or by the name that the container gives to one of its ports. Upstream: probe/util.go, ResolveContainerPort. */
export function portOf(port: number | string, container: Container): number {
  const named = typeof port === 'string' ? container.ports?.find(({ name }) => name === port)?.containerPort : undefined
  const number = named ?? (typeof port === 'number' || /^\d+$/.test(port) ? Number(port) : undefined)
  if (number === undefined) throw new Error(`strconv.Atoi: parsing "${port}": invalid syntax`)
  if (number <= 0 || number > 65535) throw new Error(`invalid port number: ${number}`)
  return number
}
