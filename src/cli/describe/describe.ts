// Describing DaemonSets: fetching what belongs to each, and printing one after the other.
import { printSelector } from '../../api/labels.ts'
import { controllerOf } from '../../api/owners.ts'
import { events, pods, type Resource } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { DaemonSet, Event, Pod } from '../../api/types.ts'
import type { Client } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'
import { type ConnectFlags, withClient } from '../connect.ts'
import { inNamespace } from '../in-namespace.ts'
import { describeSpacing, elastic } from '../print/elastic.ts'
import { withoutEscapes } from '../print/table.ts'
import { forEachReporting } from '../reports.ts'
import { type Target, targetsOf } from '../resource-names.ts'
import { daemonSetLines } from './daemonset.ts'
import { eventLines } from './events.ts'

export interface DescribeFlags extends ConnectFlags {
  readonly selector?: string
  readonly allNamespaces?: boolean
  readonly showEvents: 'true' | 'false'
}

export async function describe(args: readonly string[], flags: DescribeFlags): Promise<void> {
  const { resources, targets } = targetsOf(args)
  for (const { kind, plural } of resources) {
    if (kind !== 'DaemonSet')
      throw new CommandError(`only DaemonSets are described; \`everynode get ${plural} -o yaml\``)
  }
  await withClient(flags, async ({ client, namespace }) => {
    const within = flags.allNamespaces === true ? undefined : namespace
    const wanted: (() => Promise<DaemonSet[]>)[] =
      targets.length > 0
        ? targets.map(
            (target) => () => inNamespace(client, namespace, () => namedOrBeginningWith(client, target, namespace)),
          )
        : resources.map((resource) => () => allOf(client, resource, within, flags.selector))
    let separator = ''
    let count = 0
    await forEachReporting(wanted, async (fetch) => {
      for (const daemonSet of await fetch()) {
        count++
        process.stdout.write(`${separator}${await textOf(client, daemonSet, flags)}`)
        separator = '\n\n'
      }
    })
    if (count === 0) process.stderr.write(`No resources found in ${namespace} namespace.\n`)
  })
}

/** Upstream: cli describe.go, DescribeMatchingResources. */
async function namedOrBeginningWith(client: Client, { resource, name }: Target, namespace: string) {
  try {
    return [await client.get<DaemonSet>(resource, { namespace, name })]
  } catch (error) {
    if (reasonOf(error) !== 'NotFound') throw error
    const found = (await allOf(client, resource, namespace)).filter(({ metadata }) => metadata.name?.startsWith(name))
    if (found.length === 0) throw error
    return found
  }
}

async function allOf(client: Client, resource: Resource, namespace: string | undefined, labelSelector?: string) {
  return (await client.list<DaemonSet>(resource, { namespace, labelSelector })).items
}

async function textOf(client: Client, daemonSet: DaemonSet, flags: DescribeFlags): Promise<string> {
  const { namespace, name, uid } = daemonSet.metadata
  const labelSelector = printSelector(daemonSet.spec.selector)
  const ours = (await client.list<Pod>(pods, { namespace, labelSelector })).items.filter(
    (pod) => controllerOf(pod)?.uid === uid,
  )
  const fieldSelector = `involvedObject.kind=DaemonSet,involvedObject.name=${name},involvedObject.uid=${uid}`
  const { above, below } =
    flags.showEvents === 'true'
      ? eventLines((await client.list<Event>(events, { namespace, fieldSelector })).items, Date.now())
      : { above: [], below: [] }
  // What stands above the events keeps its own columns.
  const lines = [
    ...elastic([...daemonSetLines(daemonSet, ours), ...above], describeSpacing),
    ...elastic(below, describeSpacing),
  ]
  return `${lines.map(withoutEscapes).join('\n')}\n`
}
