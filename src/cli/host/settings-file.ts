// The file in which a data directory remembers its last start: JSON with the number of its form.
import { CommandError } from '../command-error.ts'

/** Throws CommandError where the file is damaged, or of another form than the one this version knows. */
export function parseSettings<T extends { readonly format: 1 }>(directory: string, file: string, text: string): T {
  let settings: Partial<T>
  try {
    settings = JSON.parse(text)
  } catch (cause) {
    throw new CommandError(`data directory ${directory}: ${file} is damaged: ${(cause as Error).message}`, { cause })
  }
  if (settings.format === 1) return settings as T
  throw new CommandError(
    `data directory ${directory}: it was written by another version (format ${settings.format}, this one knows 1)`,
  )
}
