// How a simulated container behaves: timings and failures, from defaults, from annotations of its Node, and from those
// of its pod. For people: docs/guide/simulated-nodes.md.

export const annotationPrefix = 'simulated.everynode.dev/'

export interface Behaviour {
  /** A pull takes so long; an image that is on the node already is not pulled. */
  readonly pullMs: number
  /** Every pull fails with this message. */
  readonly pullError: string | undefined
  /** From the image to the running container. */
  readonly startMs: number
  /** Every start fails with this message. */
  readonly startError: string | undefined
  /** From the start to ready. Undefined: the readiness probe's initialDelaySeconds, or at once without a probe. */
  readonly readyAfterMs: number | undefined
  readonly neverReady: boolean
  /** From the start until it is no longer ready. */
  readonly unreadyAfterMs: number | undefined
  /** From the start to an exit of its own. Undefined: it runs until it is stopped. */
  readonly exitAfterMs: number | undefined
  readonly exitCode: number
  /** Of an exit of its own; default by the code. */
  readonly exitReason: string | undefined
  /** From SIGTERM to the exit; what lasts longer than the grace period is killed. */
  readonly stopMs: number
  readonly ignoreSigterm: boolean
  /** Writes a line so often. */
  readonly logEveryMs: number | undefined
}

export const behaviourDefaults: Behaviour = {
  pullMs: 50,
  pullError: undefined,
  startMs: 50,
  startError: undefined,
  readyAfterMs: undefined,
  neverReady: false,
  unreadyAfterMs: undefined,
  exitAfterMs: undefined,
  exitCode: 0,
  exitReason: undefined,
  stopMs: 50,
  ignoreSigterm: false,
  logEveryMs: undefined,
}

type Reading<K extends keyof Behaviour> = (text: string) => Behaviour[K] | undefined

/** Annotation (after the prefix) → field, and how its text is read; undefined from a reader: not understood. */
const readings: { readonly [K in keyof Behaviour]: readonly [annotation: string, read: Reading<K>] } = {
  pullMs: ['pull-ms', milliseconds],
  pullError: ['pull-error', anyText],
  startMs: ['start-ms', milliseconds],
  startError: ['start-error', anyText],
  readyAfterMs: ['ready-after-ms', milliseconds],
  neverReady: ['never-ready', yesOrNo],
  unreadyAfterMs: ['unready-after-ms', milliseconds],
  exitAfterMs: ['exit-after-ms', milliseconds],
  exitCode: ['exit-code', exitCode],
  exitReason: ['exit-reason', anyText],
  stopMs: ['stop-ms', milliseconds],
  ignoreSigterm: ['ignore-sigterm', yesOrNo],
  logEveryMs: ['log-every-ms', milliseconds],
}

/** All of them, as the guide tells them. */
export const behaviourAnnotations: readonly string[] = Object.values(readings).map(([annotation]) => annotation)

export type Annotations = Readonly<Record<string, string>>

export interface BehaviourRead {
  readonly behaviour: Behaviour
  /** Annotations that were not understood, in words. */
  readonly problems: readonly string[]
}

/**
 * `simulated.everynode.dev/start-ms` means every container, `simulated.everynode.dev/NAME.start-ms` the one of that
 * name. What the pod says is stronger than what its node says, and a name is stronger than none. With
 * `simulated.everynode.dev/on-nodes: a,b` the pod's wishes hold on these nodes only.
 */
export function behaviourOf(
  container: string,
  { node, pod, nodeName }: { readonly node: Annotations; readonly pod: Annotations; readonly nodeName: string },
  defaults: Behaviour = behaviourDefaults,
): BehaviourRead {
  const problems: string[] = []
  const onNodes = pod[`${annotationPrefix}on-nodes`]
  const isMeant = onNodes === undefined || onNodes.split(',').some((name) => name.trim() === nodeName)
  const sources = isMeant ? [node, pod] : [node]
  let behaviour = defaults
  for (const annotations of sources) {
    for (const scope of ['', `${container}.`]) behaviour = readAll(behaviour, annotations, scope, problems)
  }
  return { behaviour, problems }
}

function readAll(base: Behaviour, annotations: Annotations, scope: string, problems: string[]): Behaviour {
  // Most pods and nodes say nothing, and that is found out quickly.
  if (!Object.keys(annotations).some((key) => key.startsWith(annotationPrefix))) return base
  const changes: Record<string, unknown> = {}
  for (const [field, [annotation, read]] of Object.entries(readings)) {
    const key = `${annotationPrefix}${scope}${annotation}`
    const given = annotations[key]
    if (given === undefined) continue
    const value = read(given)
    if (value === undefined) problems.push(`annotation ${key}: "${given}" is not understood and has no effect`)
    else changes[field] = value
  }
  return Object.keys(changes).length === 0 ? base : { ...base, ...changes }
}

/** The longest wait a timer can hold. */
const longestMs = 2 ** 31 - 1

function milliseconds(text: string): number | undefined {
  const value = Number(text)
  return /^\d+$/.test(text) && value <= longestMs ? value : undefined
}

function exitCode(text: string): number | undefined {
  const value = Number(text)
  return /^\d+$/.test(text) && value <= 255 ? value : undefined
}

function yesOrNo(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined
}

function anyText(text: string): string | undefined {
  return text === '' ? undefined : text
}
