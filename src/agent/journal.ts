// What an agent did, a line each, for the log of its own machine: `/var/log/kubelet.log` of a node with a root of its own.
// The form is the kubelet's, which log collectors know (klog's structured lines).

export interface JournalEntry {
  readonly atMs: number
  readonly type: 'Normal' | 'Warning'
  /** `default/fluentd-x7k2p`; a node's name. */
  readonly object: string
  readonly kind: 'pod' | 'node'
  readonly reason: string
  readonly message: string
}

/** `I1124 17:36:33.000000 "Event occurred" object="default/p" kind="Pod" … message="Started container c"`. */
export function journalLine({ atMs, type, object, kind, reason, message }: JournalEntry): string {
  const iso = new Date(atMs).toISOString()
  const stamp = `${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 23)}000`
  const fields = { object, kind: kind === 'pod' ? 'Pod' : 'Node', reason, message }
  const told = Object.entries(fields).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  return `${type === 'Normal' ? 'I' : 'W'}${stamp} "Event occurred" ${told.join(' ')}\n`
}
