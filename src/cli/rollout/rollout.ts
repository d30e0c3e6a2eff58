// The update of a DaemonSet: where it stands, which revisions there are, the way back, and once more. (section 10.5)
// Upstream: kubectl/pkg/cmd/rollout, polymorphichelpers.
import { setTimeout as sleep } from 'node:timers/promises'
import { printSelector } from '../../api/labels.ts'
import { controllerOf } from '../../api/owners.ts'
import { controllerRevisions, type Resource } from '../../api/resources.ts'
import type { ControllerRevision, DaemonSet } from '../../api/types.ts'
import { sortedBy } from '../../base/sorted.ts'
import type { At, Client } from '../../client/client.ts'
import { revisionData, revisionDataText, templateOfRevision } from '../../reconcile/daemonset/revision-data.ts'
import { CommandError } from '../command-error.ts'
import { type ConnectFlags, withClient } from '../connect.ts'
import { podTemplateLines } from '../describe/pod-template.ts'
import { deadline } from '../durations.ts'
import { followObject } from '../follow-object.ts'
import { inNamespace } from '../in-namespace.ts'
import { describeSpacing, elastic } from '../print/elastic.ts'
import { forEachReporting } from '../reports.ts'
import { objectName, type Target, targetsOf } from '../resource-names.ts'
import { rolloutState } from './state.ts'

export interface RolloutFlags extends ConnectFlags {
  readonly watch?: 'true' | 'false'
  readonly timeout?: number
  readonly revision?: number
  readonly toRevision?: number
  readonly selector?: string
  readonly dryRun?: 'none' | 'server'
}

/** The DaemonSet an act is about. */
export interface Subject {
  readonly client: Client
  readonly resource: Resource
  readonly at: At
  /** `daemonset.apps/fluentd`. */
  readonly title: string
}

export async function rolloutStatus(args: readonly string[], flags: RolloutFlags): Promise<void> {
  await withSubject(args, flags, async ({ client, resource, at }) => {
    let said = ''
    for await (const seen of followObject<DaemonSet>(client, resource, at, deadline(flags.timeout))) {
      if (seen === 'gone') {
        // The first look says it as every other command does.
        if (said === '') await client.get(resource, at)
        throw new CommandError('object has been deleted')
      }
      const state = rolloutState(seen.object)
      if (state.text !== said) process.stdout.write(`${state.text}\n`)
      said = state.text
      if (state.done || flags.watch === 'false') return
    }
    throw new CommandError('timed out waiting for the condition')
  })
}

export async function rolloutHistory(args: readonly string[], flags: RolloutFlags): Promise<void> {
  await withSubject(args, flags, async (subject) => {
    const { revisions } = await historyOf(subject)
    if (flags.revision !== undefined && flags.revision > 0) {
      const revision = revisions.find((one) => one.revision === flags.revision)
      if (revision === undefined) throw new CommandError('unable to find the specified revision')
      // Tabs and all: kubectl sets no columns here.
      const template = podTemplateLines(templateOfRevision(revision.data)).join('\n')
      process.stdout.write(`${subject.title} with revision #${flags.revision}\n${template}\n\n`)
      return
    }
    const rows = revisions.map(({ revision, metadata }) => {
      const cause = metadata.annotations?.['kubernetes.io/change-cause'] ?? ''
      return `${revision}\t${cause === '' ? '<none>' : cause}`
    })
    const table = elastic(['REVISION\tCHANGE-CAUSE', ...rows], describeSpacing)
    const text = rows.length === 0 ? 'No rollout history found.' : table.join('\n')
    process.stdout.write(`${subject.title} \n${text}\n${rows.length === 0 ? '' : '\n'}`)
  })
}

export async function rolloutUndo(args: readonly string[], flags: RolloutFlags): Promise<void> {
  await withSubject(args, flags, async (subject) => {
    const { client, resource, at, title } = subject
    const { daemonSet, revisions } = await historyOf(subject)
    const target = undoTarget(revisions, flags.toRevision ?? 0)
    if (revisionDataText(revisionData(daemonSet.spec.template)) === revisionDataText(target.data)) {
      const why = `current template already matches revision ${target.revision}`
      process.stdout.write(`${title} skipped rollback (${why})\n`)
      return
    }
    // A revision's data is a strategic merge patch that puts its template in place of today's.
    const dryRun = flags.dryRun === 'server'
    await client.patch(resource, at, { type: 'strategic', body: target.data }, { dryRun })
    process.stdout.write(`${title} rolled back${dryRun ? ' (server dry run)' : ''}\n`)
  })
}

export async function rolloutRestart(args: readonly string[], flags: RolloutFlags): Promise<void> {
  await withSubject(args, flags, async ({ client, resource, at, title }) => {
    const annotation = 'kubectl.kubernetes.io/restartedAt'
    const { spec } = await client.get<DaemonSet>(resource, at)
    let now = localTime(new Date())
    if (spec.template.metadata?.annotations?.[annotation] === now) {
      // Whole seconds: kubectl gives up here and says "wait a second"; we do.
      await sleep(1000)
      now = localTime(new Date())
    }
    const metadata = { annotations: { [annotation]: now } }
    await client.patch(resource, at, { type: 'strategic', body: { spec: { template: { metadata } } } })
    process.stdout.write(`${title} restarted\n`)
  })
}

/** For every DaemonSet that is named, or selected; without either, for all of the namespace. */
export async function withSubject(
  args: readonly string[],
  flags: RolloutFlags,
  act: (subject: Subject) => Promise<void>,
): Promise<void> {
  if (args.length === 0) throw new CommandError('required resource not specified')
  const { resources, targets } = targetsOf(args)
  const other = resources.find(({ kind }) => kind !== 'DaemonSet')
  if (other !== undefined) throw new CommandError(`only DaemonSets have a rollout here, not "${other.kind}"`)
  if (targets.length > 0 && flags.selector !== undefined) {
    throw new CommandError('name cannot be provided when a selector is specified')
  }
  await withClient(flags, async ({ client, namespace }) => {
    const found = targets.length > 0 ? targets : await selected(client, resources, namespace, flags.selector)
    if (found.length === 0) process.stderr.write(`No resources found in ${namespace} namespace.\n`)
    await forEachReporting(found, ({ resource, name }) =>
      inNamespace(client, namespace, () =>
        act({ client, resource, at: { namespace, name }, title: objectName(resource, name) }),
      ),
    )
  })
}

async function selected(
  client: Client,
  resources: readonly Resource[],
  namespace: string,
  labelSelector: string | undefined,
): Promise<Target[]> {
  const targets: Target[] = []
  for (const resource of resources) {
    const { items } = await client.list<DaemonSet>(resource, { namespace, labelSelector })
    targets.push(...items.map(({ metadata }) => ({ resource, name: metadata.name ?? '' })))
  }
  return targets
}

/** The revisions that belong to the DaemonSet, oldest first. */
async function historyOf({ client, resource, at }: Subject) {
  const daemonSet = await client.get<DaemonSet>(resource, at)
  const selection = { namespace: at.namespace, labelSelector: printSelector(daemonSet.spec.selector) }
  const { items } = await client.list<ControllerRevision>(controllerRevisions, selection)
  const own = items.filter((revision) => controllerOf(revision)?.uid === daemonSet.metadata.uid)
  return { daemonSet, revisions: sortedBy(own, ({ revision }) => revision) }
}

function undoTarget(revisions: readonly ControllerRevision[], wanted: number): ControllerRevision {
  if (wanted === 0) {
    const target = revisions.at(-2)
    if (target === undefined) throw new CommandError('no last revision to roll back to')
    return target
  }
  const target = revisions.find(({ revision }) => revision === wanted)
  if (target === undefined) throw new CommandError(`unable to find specified revision ${wanted} in history`)
  return target
}

/** RFC 3339 with the offset of this machine, whole seconds, as kubectl writes it (R10.11). */
export function localTime(date: Date): string {
  const offset = -date.getTimezoneOffset()
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19)
  if (offset === 0) return `${local}Z`
  const two = (number: number) => String(number).padStart(2, '0')
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
  return `${local}${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`
}
