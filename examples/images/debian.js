// Puts a program of this Debian into an image: the program, the libraries it is linked with, and what else it is told.
// Nothing is downloaded: what is installed here is what is packed. Used by the examples.

import { execFileSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { posix } from 'node:path'
import { fileFrom, writeImage } from './oci-image.js'

/** `programs` and `modules` are paths on this machine; they have the same paths in the image. */
export function writeDebianImage({ out, reference, programs, modules = [], files = [], config }) {
  const paths = new Set([...programs, ...modules])
  for (const path of [...paths]) for (const library of librariesOf(path)) paths.add(library)
  const packed = [...paths].map((path) => fileFrom(realpathSync(path), path))
  return writeImage({
    out,
    reference,
    files: [...directoriesOf([...packed, ...files]), ...packed, ...files],
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], ...config },
  })
}

/** As the loader finds them. A program that is linked with nothing has none. */
function librariesOf(path) {
  let listed
  try {
    listed = execFileSync('ldd', [path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return []
  }
  return [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, library]) => library)
}

/** Those that the files lie in, outer ones first, and those that every program expects. */
function directoriesOf(files) {
  const found = new Set(['dev/', 'etc/', 'proc/', 'sys/', 'tmp/', 'var/', 'var/log/'])
  for (const { path } of files) {
    for (let at = posix.dirname(path); at !== '.'; at = posix.dirname(at)) found.add(`${at}/`)
  }
  const given = new Set(files.map(({ path }) => path))
  const made = [...found].filter((path) => !given.has(path)).sort()
  return made.map((path) => ({ path, mode: path === 'tmp/' ? 0o1777 : 0o755 }))
}
