// Holding the update of a DaemonSet, and letting it go on: an annotation that our controller obeys. kubectl cannot do
// this (R10.12), so the words are those it has for Deployments.
import type { DaemonSet } from '../../api/types.ts'
import { pausedAnnotation } from '../../api/types.ts'
import { CommandError } from '../command-error.ts'
import { type RolloutFlags, type Subject, withSubject } from './rollout.ts'

export async function rolloutPause(args: readonly string[], flags: RolloutFlags): Promise<void> {
  await withSubject(args, flags, async (subject) => {
    if (await isPaused(subject)) throw new CommandError(`${objectOf(subject)} is already paused`)
    await annotate(subject, 'true')
    process.stdout.write(`${subject.title} paused\n`)
  })
}

export async function rolloutResume(args: readonly string[], flags: RolloutFlags): Promise<void> {
  await withSubject(args, flags, async (subject) => {
    if (!(await isPaused(subject))) throw new CommandError(`${objectOf(subject)} is not paused`)
    await annotate(subject, null)
    process.stdout.write(`${subject.title} resumed\n`)
  })
}

async function isPaused({ client, resource, at }: Subject): Promise<boolean> {
  const { metadata } = await client.get<DaemonSet>(resource, at)
  return metadata.annotations?.[pausedAnnotation] === 'true'
}

async function annotate({ client, resource, at }: Subject, value: 'true' | null): Promise<void> {
  const body = { metadata: { annotations: { [pausedAnnotation]: value } } }
  await client.patch(resource, at, { type: 'merge', body })
}

function objectOf({ resource, at }: Subject): string {
  return `${resource.plural}.${resource.group} "${at.name}"`
}
