// Deleting: which objects, how, and waiting until they are gone. Upstream: kubectl/pkg/cmd/delete/delete.go.
import type { Resource } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { ApiObject, DeleteOptions } from '../../api/types.ts'
import type { At, Client } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'
import { type ConnectFlags, withClient } from '../connect.ts'
import { deadline } from '../durations.ts'
import { doing, namespaceFor } from '../manifests/apply.ts'
import type { Manifest } from '../manifests/parse.ts'
import { readManifests } from '../manifests.ts'
import { forEachReporting } from '../reports.ts'
import { kindName, objectName, targetsOf } from '../resource-names.ts'
import { waitUntilGone } from './wait.ts'

export interface DeleteFlags extends ConnectFlags {
  readonly filename?: readonly string[]
  readonly recursive?: boolean
  readonly selector?: string
  readonly fieldSelector?: string
  readonly allNamespaces?: boolean
  readonly all?: boolean
  readonly dryRun?: 'none' | 'server' | 'client'
  readonly output?: 'name'
  readonly cascade: 'background' | 'foreground' | 'orphan' | 'true' | 'false'
  readonly gracePeriod?: number
  readonly now?: boolean
  readonly force?: boolean
  readonly ignoreNotFound?: boolean
  readonly wait: 'true' | 'false'
  readonly timeout?: number
}

interface Doomed {
  readonly resource: Resource
  readonly at: At
  readonly manifest?: Manifest
}

export async function remove(args: readonly string[], flags: DeleteFlags): Promise<void> {
  if (args.length === 0 && flags.filename === undefined) {
    throw new CommandError('you must provide one or more resources by argument or filename')
  }
  if (flags.all === true && flags.selector !== undefined) {
    throw new CommandError("setting 'all' parameter but found a non empty selector. ")
  }
  if (args.length > 0 && flags.filename !== undefined) {
    const inputs = 'when paths, URLs, or stdin is provided as input'
    throw new CommandError(`${inputs}, you may not specify resource arguments as well`)
  }
  const options = deleteOptions(flags)
  if (options.gracePeriodSeconds === 0) process.stderr.write(`${forceWarning}\n`)
  await withClient(flags, async ({ client, namespace }) => {
    const doomed =
      flags.filename === undefined
        ? await doomedByName(client, args, namespace, flags)
        : await doomedByFile(flags.filename, namespace, flags)
    const leaving: { doomed: Doomed; uid: string | undefined }[] = []
    const deleteOne = async (one: Doomed) => {
      const uid = await deleted(client, one, options, flags)
      if (uid !== 'not there') leaving.push({ doomed: one, uid })
    }
    if (doomed.length === 0) process.stdout.write('No resources found\n')
    await forEachReporting(doomed, deleteOne)
    if (flags.wait === 'false' || isDry(flags)) return
    const signal = deadline(flags.timeout)
    for (const { doomed, uid } of leaving) await waitUntilGone(client, doomed, uid, signal)
  })
}

async function deleted(
  client: Client,
  { resource, at, manifest }: Doomed,
  options: DeleteOptions,
  flags: DeleteFlags,
): Promise<string | undefined | 'not there'> {
  const act = () => client.delete(resource, at, options)
  try {
    if (flags.dryRun === 'client') {
      process.stdout.write(deletedLine(resource, at, options, flags))
      return undefined
    }
    const answer = await (manifest === undefined ? act() : doing('deleting', manifest, act))
    process.stdout.write(deletedLine(resource, at, options, flags))
    return 'details' in answer ? answer.details?.uid : (answer as ApiObject).metadata.uid
  } catch (error) {
    const refused = error instanceof Error && error.cause !== undefined ? error.cause : error
    if (flags.ignoreNotFound === true && reasonOf(refused) === 'NotFound') return 'not there'
    throw error
  }
}

function deletedLine(resource: Resource, at: At, options: DeleteOptions, { dryRun, output }: DeleteFlags): string {
  if (output === 'name') return `${objectName(resource, at.name)}\n`
  const where = at.namespace === undefined ? '' : ` from ${at.namespace} namespace`
  const forced = options.gracePeriodSeconds === 0 ? ' force' : ''
  const dry = dryRun === 'server' ? ' (server dry run)' : dryRun === 'client' ? ' (dry run)' : ''
  return `${kindName(resource)} "${at.name}"${forced} deleted${where}${dry}\n`
}

function isDry({ dryRun = 'none' }: DeleteFlags): boolean {
  return dryRun !== 'none'
}

async function doomedByName(
  client: Client,
  args: readonly string[],
  namespace: string,
  flags: DeleteFlags,
): Promise<Doomed[]> {
  const { resources, targets } = targetsOf(args)
  const everywhere = flags.allNamespaces === true
  const within = (resource: Resource) => (resource.namespaced && !everywhere ? { namespace } : {})
  const isSelected = flags.selector !== undefined || flags.fieldSelector !== undefined
  if (targets.length > 0 && everywhere) {
    throw new CommandError('a resource cannot be retrieved by name across all namespaces')
  }
  if (targets.length > 0 && (isSelected || flags.all === true)) {
    throw new CommandError('name cannot be provided when a selector is specified')
  }
  if (targets.length > 0) return targets.map(({ resource, name }) => ({ resource, at: { ...within(resource), name } }))
  if (!isSelected && flags.all !== true) {
    throw new CommandError('resource(s) were provided, but no name was specified')
  }
  const doomed: Doomed[] = []
  for (const resource of resources) {
    const { selector: labelSelector, fieldSelector } = flags
    const list = await client.list(resource, { ...within(resource), labelSelector, fieldSelector })
    for (const { metadata } of list.items) {
      doomed.push({ resource, at: { namespace: metadata.namespace, name: metadata.name ?? '' } })
    }
  }
  return doomed
}

async function doomedByFile(files: readonly string[], namespace: string, flags: DeleteFlags): Promise<Doomed[]> {
  const options = { namespace, namespaceIsDemanded: flags.namespace !== undefined }
  return (await readManifests(files, flags)).map((manifest) => ({
    resource: manifest.resource,
    at: { namespace: namespaceFor(manifest, options), name: manifest.object.metadata.name ?? '' },
    manifest,
  }))
}

function deleteOptions(flags: DeleteFlags): DeleteOptions {
  const { gracePeriod, now, force } = flags
  if (gracePeriod !== undefined && (!Number.isInteger(gracePeriod) || gracePeriod < 0)) {
    throw new CommandError('--grace-period must be a whole number of seconds, 0 or more')
  }
  if (now === true && gracePeriod !== undefined) {
    throw new CommandError('--now and --grace-period cannot be specified together')
  }
  if (force === true && gracePeriod !== undefined && gracePeriod > 0) {
    throw new CommandError('--force and --grace-period greater than 0 cannot be specified together')
  }
  const dryRun = flags.dryRun === 'server' ? { dryRun: ['All'] } : {}
  if (gracePeriod === 0 && force !== true) {
    // Upstream does the same: without --force nobody should skip a pod's own end by accident.
    return { propagationPolicy: policies[flags.cascade], gracePeriodSeconds: 1, ...dryRun }
  }
  const seconds = now === true ? 1 : force === true ? 0 : gracePeriod
  return {
    propagationPolicy: policies[flags.cascade],
    ...(seconds === undefined ? {} : { gracePeriodSeconds: seconds }),
    ...dryRun,
  }
}

const forceWarning =
  'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. ' +
  'The resource may continue to run on the cluster indefinitely.'

/** `true` and `false` are the words of the time before there were three ways. */
const policies: Readonly<Record<DeleteFlags['cascade'], string>> = {
  background: 'Background',
  true: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
  false: 'Orphan',
}
