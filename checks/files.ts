// The files that git knows, and those it would: what the checks look at.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { SourceFile } from './layers.ts'

export function filesOf(...patterns: string[]): SourceFile[] {
  const listing = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns])
  const paths = new Set(listing.toString().split('\n'))
  return [...paths].filter(existsSync).map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}
