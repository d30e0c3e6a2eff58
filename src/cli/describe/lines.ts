// The kinds of lines that descriptions share. A tab is the end of a cell; the columns are set later (print/elastic.ts).
// Upstream: kubectl/pkg/describe/describe.go.
import type { Toleration } from '../../api/types.ts'
import { sortedBy } from '../../base/sorted.ts'
import { lastAppliedAnnotation } from '../manifests/three-way.ts'

const maxAnnotationLength = 140

/** `Title:  a=1`, one pair a line. */
export function labelLines(title: string, labels: Readonly<Record<string, string>> | undefined): string[] {
  return column(
    title,
    sortedBy(Object.entries(labels ?? {}), ([key]) => key).map(([key, value]) => `${key}=${value}`),
  )
}

/** `Title:  key: value`; long ones on lines of their own, cut. What apply remembers is left out. */
export function annotationLines(title: string, annotations: Readonly<Record<string, string>> | undefined): string[] {
  const shown = Object.entries(annotations ?? {}).filter(([key]) => key !== lastAppliedAnnotation)
  const texts = sortedBy(shown, ([key]) => key).flatMap(([key, whole]) => {
    const value = whole.replace(/\n$/, '')
    if (value.length + key.length + 2 <= maxAnnotationLength && !value.includes('\n')) return [`${key}: ${value}`]
    return [`${key}:`, ...value.split('\n').map((line) => `  ${shortened(line, maxAnnotationLength - 2)}`)]
  })
  return column(title, texts)
}

export function tolerationLines(title: string, tolerations: readonly Toleration[] = []): string[] {
  return column(title, sortedBy(tolerations, ({ key = '' }) => key).map(tolerationText))
}

function tolerationText({ key = '', value = '', effect = '', operator, tolerationSeconds }: Toleration): string {
  const subject = `${key}${value === '' ? '' : `=${value}`}${effect === '' ? '' : `:${effect}`}`
  const exists = operator === 'Exists' && value === '' ? [`op=Exists`] : []
  const seconds = tolerationSeconds === undefined ? [] : [`for ${tolerationSeconds}s`]
  return [...(subject === '' ? [] : [subject]), ...exists, ...seconds].join(' ')
}

/** The title beside the first text; `<none>` where there is none. */
function column(title: string, texts: readonly string[]): string[] {
  const [first = '<none>', ...rest] = texts
  return [`${title}:\t${first}`, ...rest.map((text) => `\t${text}`)]
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text
}
