// Defaults of a container of any sort, of its probes and hooks (W14.1).
// Upstream: pkg/apis/core/v1/defaults.go, SetDefaults_Container, _Probe, _HTTPGetAction, _ObjectFieldSelector.

import { isObject, type JsonObject } from '../../base/json.ts'
import type { Container } from '../types.ts'
import { canonicalAmount, canonicalAmounts } from './amounts.ts'

export function defaultContainer(container: Container): void {
  container.imagePullPolicy ||= tagOf(container.image ?? '') === 'latest' ? 'Always' : 'IfNotPresent'
  container.terminationMessagePath ||= '/dev/termination-log'
  container.terminationMessagePolicy ||= 'File'
  container.resources ??= {}
  canonicalAmounts(container.resources.limits)
  canonicalAmounts(container.resources.requests)
  for (const port of container.ports ?? []) port.protocol ||= 'TCP'
  for (const { valueFrom } of container.env ?? []) if (isObject(valueFrom)) defaultFieldReferences(valueFrom)
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (isObject(probe)) defaultProbe(probe)
  }
  if (!isObject(container.lifecycle)) return
  for (const hook of [container.lifecycle.postStart, container.lifecycle.preStop]) {
    if (isObject(hook)) defaultHttpGet(hook.httpGet)
  }
}

/** `fieldRef` and `resourceFieldRef`, of a variable or of a file. */
export function defaultFieldReferences({ fieldRef, resourceFieldRef }: JsonObject): void {
  if (isObject(fieldRef)) fieldRef.apiVersion ||= 'v1'
  // A quantity that upstream's type cannot leave out: its zero is always written.
  if (isObject(resourceFieldRef)) resourceFieldRef.divisor = canonicalAmount(resourceFieldRef.divisor ?? '0')
}

function defaultProbe(probe: JsonObject): void {
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  defaultHttpGet(probe.httpGet)
  if (isObject(probe.grpc)) probe.grpc.service ??= ''
}

function defaultHttpGet(httpGet: unknown): void {
  if (!isObject(httpGet)) return
  httpGet.path ||= '/'
  httpGet.scheme ||= 'HTTP'
}

/** The tag of an image; `latest` where it has neither tag nor digest; '' where it is no image name. */
function tagOf(image: string): string {
  const [, domain = '', path, tag, digest] =
    /^([^/]+\/)?([^:@]+)(?::([^:@/]+))?(?:@(.+))?$/.exec(withDomain(image)) ?? []
  if (path === undefined || !/^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(path) || domain === '') return ''
  return tag ?? (digest === undefined ? 'latest' : '')
}

/** Only a first part with a dot, a port or `localhost` is a host. Upstream: distribution/reference, splitDockerDomain. */
function withDomain(image: string): string {
  const [first, ...rest] = image.split('/')
  const isDomain = rest.length > 0 && (/[.:]/.test(first!) || first === 'localhost' || first !== first!.toLowerCase())
  return isDomain ? image : `docker.io/${image}`
}
