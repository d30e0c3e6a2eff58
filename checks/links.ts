// Every relative link in our pages leads somewhere: to a file that exists, and to a heading that the file has.
import { dirname, join, normalize } from 'node:path/posix'
import type { SourceFile } from './layers.ts'

/** `exists` answers for any path from the root of the project, files and folders alike. */
export function checkLinks(pages: readonly SourceFile[], exists: (path: string) => boolean): string[] {
  const headings = new Map(pages.map((page) => [page.path, anchorsOf(page.text)]))
  return pages.flatMap((page) =>
    linksOf(page.text).flatMap(({ target, line }) => {
      if (/^[a-z]+:/.test(target)) return []
      const [file = '', anchor] = target.split('#')
      const path = file === '' ? page.path : normalize(join(dirname(page.path), file)).replace(/\/$/, '')
      if (!exists(path)) return [`${page.path}:${line}: ${target} leads nowhere`]
      const known = headings.get(path)
      if (anchor === undefined || known === undefined || known.has(anchor)) return []
      return [`${page.path}:${line}: ${path} has no heading #${anchor}`]
    }),
  )
}

function linksOf(text: string): { target: string; line: number }[] {
  let inCode = false
  return text.split('\n').flatMap((content, index) => {
    if (content.trimStart().startsWith('```')) inCode = !inCode
    if (inCode) return []
    const links = content.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)
    return [...links].map((match) => ({ target: match[1]!, line: index + 1 }))
  })
}

/** Headings as the usual renderers name them. */
function anchorsOf(text: string): Set<string> {
  const headings = text.matchAll(/^#{1,6}\s+(.+)$/gm)
  return new Set(
    [...headings].map((match) =>
      match[1]!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  )
}
