// YAML 1.1 as far as JSON can say it: what kubectl and the API server read manifests as (X14).
// Upstream: sigs.k8s.io/yaml over gopkg.in/yaml.v2.

import type { Tags } from 'yaml'

/** Only what JSON can say: a timestamp stays the text it is. And a number needs a digit: `e0` and `.` are texts. */
export function jsonTags(tags: Tags): Tags {
  const unknown = /(binary|omap|pairs|set|timestamp)$/
  return tags.flatMap((tag): Tags => {
    if (typeof tag === 'string') return unknown.test(tag) ? [] : [tag]
    const { format } = tag as { format?: string }
    if (unknown.test(tag.tag) || format === 'TIME') return []
    const isPlainFloat = tag.tag.endsWith(':float') && 'test' in tag && tag.test?.test('1.5') === true
    if (isPlainFloat) return [{ ...tag, test: /^[-+]?(?:\.\d[\d_]*|\d[\d_]*\.[\d_]*)$/ } as typeof tag]
    if (format === 'EXP') {
      return [{ ...tag, test: /^[-+]?(?:\.\d[\d_]*|\d[\d_]*(?:\.[\d_]*)?)[eE][-+]?\d+$/ } as typeof tag]
    }
    return [tag]
  })
}
