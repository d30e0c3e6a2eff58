// The version of what lies in a store's directory, in a file that later programs and people can read.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Raised when a program of the version before could not read what we write. */
const formatVersion = 1

/** The directory was written by a newer program, or is not a store's at all. */
export class UnknownFormat extends Error {
  override name = 'UnknownFormat'
}

/** Writes the version into a new directory; throws UnknownFormat when an old one is not for us. */
export function checkFormat(directory: string): void {
  const path = join(directory, 'format.json')
  if (!existsSync(path)) {
    if (existsSync(join(directory, 'data.mdb'))) {
      throw new UnknownFormat(`${directory}: there is a database in it that everynode did not make`)
    }
    writeFileSync(`${path}.new`, `${JSON.stringify({ store: 'everynode', format: formatVersion })}\n`, { flush: true })
    renameSync(`${path}.new`, path)
    return
  }
  const found = formatIn(readFileSync(path, 'utf8'))
  if (found === formatVersion) return
  const what = found === undefined ? 'cannot be read' : `says format ${found}, this program knows ${formatVersion}`
  throw new UnknownFormat(`${path} ${what}${found === undefined ? '' : ': a newer everynode wrote it, use that one'}`)
}

function formatIn(text: string): number | undefined {
  try {
    const { format }: { format?: unknown } = JSON.parse(text)
    return typeof format === 'number' ? format : undefined
  } catch {
    return undefined
  }
}
