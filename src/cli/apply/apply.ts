// Applying manifests one after the other, and a line for each.

import type { JsonObject } from '../../base/json.ts'
import type { Client } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'
import { type ConnectFlags, withClient } from '../connect.ts'
import { listOf, textOf as objectText, shownObject } from '../get/get.ts'
import { type Applied, type ApplyOptions, applyManifest } from '../manifests/apply.ts'
import { type Manifest, readManifests } from '../manifests.ts'
import { forEachReporting } from '../reports.ts'
import { objectName } from '../resource-names.ts'

export interface ApplyFlags extends ConnectFlags {
  readonly filename: readonly string[]
  readonly recursive?: boolean
  readonly dryRun?: 'none' | 'server'
  readonly output?: 'name' | 'yaml' | 'json'
}

export async function apply(flags: ApplyFlags): Promise<void> {
  const manifests = await readManifests(flags.filename, flags)
  if (manifests.length === 0) throw new CommandError('no objects passed to apply')
  const dryRun = flags.dryRun === 'server'
  await withClient(flags, async ({ client, namespace }) => {
    const options = { namespace, namespaceIsDemanded: flags.namespace !== undefined, dryRun }
    const whole: JsonObject[] = []
    const act = async (manifest: Manifest) => {
      const applied = await applyManifest(client, manifest, options)
      for (const warning of applied.warnings) process.stderr.write(`${warning}\n`)
      if (flags.output === undefined) process.stdout.write(`${textOf(applied)}${dryRun ? ' (server dry run)' : ''}\n`)
      else if (flags.output === 'name') process.stdout.write(`${nameOf(applied)}\n`)
      else whole.push(shownObject(applied.object, {}))
    }
    await forEachReporting(manifests, act).finally(() => {
      const shown = whole.length === 1 ? whole[0] : listOf(whole)
      if (whole.length > 0) process.stdout.write(objectText(shown, flags.output))
    })
  })
}

/** For a program that applies and prints by itself. The first failure ends it. */
export async function applyManifests(
  client: Client,
  manifests: readonly Manifest[],
  options: ApplyOptions = { namespace: 'default' },
): Promise<(Applied & { readonly text: string })[]> {
  const done: (Applied & { readonly text: string })[] = []
  for (const manifest of manifests) {
    const applied = await applyManifest(client, manifest, options)
    done.push({ ...applied, text: textOf(applied) })
  }
  return done
}

/** `daemonset.apps/fluentd created`. */
function textOf({ resource, object, outcome }: Applied): string {
  return `${nameOf({ resource, object })} ${outcome}`
}

function nameOf({ resource, object }: Pick<Applied, 'resource' | 'object'>): string {
  return objectName(resource, object.metadata.name ?? '')
}
