// `get --raw PATH`: what the server answers to a GET of this path, as it comes.
// Upstream: kubectl/pkg/rawhttp/raw.go.
import { ApiError } from '../../api/status.ts'
import type { Client } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'
import { interruption } from '../durations.ts'
import type { GetFlags } from './get.ts'

/** Throws CommandError where other flags or arguments stand beside it. Upstream: GetOptions.Validate. */
export function checkRaw(path: string, args: readonly string[], flags: GetFlags): void {
  const { watch, watchOnly, selector = '' } = flags
  if (watch === true || watchOnly === true || selector !== '') {
    throw new CommandError(
      '--raw may not be specified with other flags that filter the server request or alter the output',
    )
  }
  if (args.length > 0) throw new CommandError('arguments may not be passed when --raw is specified')
  if ((flags.output ?? '') !== '') throw new CommandError('--raw and --output are mutually exclusive')
  if (!path.startsWith('/')) {
    throw new CommandError(`--raw must be a valid URL path: parse ${JSON.stringify(path)}: invalid URI for request`)
  }
}

export async function printRaw(client: Client, raw: string): Promise<void> {
  const [path = '', query = ''] = raw.split('?', 2)
  const stop = interruption()
  try {
    for await (const chunk of client.stream({ method: 'GET', path, query: new URLSearchParams(query) }, stop)) {
      if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once('drain', resolve))
    }
  } catch (error) {
    // Not an object that is not there, but a path that nobody serves: client-go has words of its own for it.
    if (!(error instanceof ApiError) || error.message !== '404 page not found') throw error
    throw new ApiError('NotFound', 'the server could not find the requested resource', {}, { cause: error })
  }
}
