// What names, label keys and label values may look like. Each check answers with the complaints in upstream's words;
// none means fine. Upstream: apimachinery/pkg/util/validation/validation.go and pkg/api/validate/content.

import { nameSuffix, type Random } from '../base/random.ts'

/** Names of most objects. */
export function dns1123Subdomain(text: string): string[] {
  const problems = atMost(253, text)
  if (!matches(subdomainFormat, text)) problems.push(regexProblem(subdomainRule, subdomainFormat, ['example.com']))
  return problems
}

/** Names of namespaces and containers. */
export function dns1123Label(text: string): string[] {
  const problems = atMost(63, text)
  if (!matches(labelFormat, text)) {
    problems.push(
      matches(subdomainFormat, text)
        ? 'must not contain dots'
        : regexProblem(labelRule, labelFormat, ['my-name', '123-abc']),
    )
  }
  return problems
}

/** Names of services. */
export function dns1035Label(text: string): string[] {
  const problems = atMost(63, text)
  if (!matches(oldLabelFormat, text)) {
    problems.push(regexProblem(oldLabelRule, oldLabelFormat, ['my-name', 'abc-123']))
  }
  return problems
}

/** Keys of labels, taints and the like: `name`, or `example.com/name`. */
export function qualifiedName(text: string): string[] {
  const parts = text.split('/')
  const [prefix, name] = parts.length === 1 ? [undefined, text] : parts
  if (parts.length > 2) {
    const rule = regexProblem(qualifiedRule, qualifiedFormat, qualifiedExamples)
    return [`a qualified name ${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const problems: string[] = []
  if (prefix === '') problems.push('prefix part must be non-empty')
  else if (prefix !== undefined) problems.push(...dns1123Subdomain(prefix).map((problem) => `prefix part ${problem}`))
  if (name === '') problems.push('name part must be non-empty')
  else problems.push(...atMost(63, name!).map((problem) => `name part ${problem}`))
  if (!matches(qualifiedFormat, name!)) {
    problems.push(`name part ${regexProblem(qualifiedRule, qualifiedFormat, qualifiedExamples)}`)
  }
  return problems
}

export function labelValue(text: string): string[] {
  const problems = atMost(63, text)
  if (!matches(valueFormat, text)) {
    problems.push(regexProblem(valueRule, valueFormat, ['MyValue', 'my_value', '12345']))
  }
  return problems
}

/** Names of environment variables: anything printable but `=`. */
export function relaxedEnvVarName(text: string): string[] {
  const problems = text === '' ? ['environment variable name must be non-empty'] : []
  if (![...text].every((character) => character >= ' ' && character <= '~' && character !== '=')) {
    problems.push(envRule)
  }
  return problems
}

/** Keys of ConfigMaps and Secrets, and the file names they become. */
export function configMapKey(text: string): string[] {
  const problems = atMost(253, text)
  if (!matches(keyFormat, text)) problems.push(regexProblem(keyRule, keyFormat, keyExamples))
  if (text === '.') problems.push("must not be '.'")
  else if (text === '..') problems.push("must not be '..'")
  else if (text.startsWith('..')) problems.push("must not start with '..'")
  return problems
}

/** Names of container ports. */
export function portName(text: string): string[] {
  const problems: string[] = []
  if (text.length > 15) problems.push('must be no more than 15 bytes')
  if (!/^[-a-z0-9]+$/.test(text)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(text)) problems.push('must contain at least one letter (a-z)')
  if (text.includes('--')) problems.push('must not contain consecutive hyphens')
  if (text !== '' && (text.startsWith('-') || text.endsWith('-'))) {
    problems.push('must not begin or end with a hyphen')
  }
  return problems
}

/** The longest prefix that leaves room for the suffix in a label value. Upstream: names.maxGeneratedNameLength. */
const generateNameLength = 58

/** What metadata.generateName asks for. Upstream: apiserver/pkg/storage/names/generate.go, GenerateName. */
export function generatedName(generateName: string, random: Random): string {
  return generateName.slice(0, generateNameLength) + nameSuffix(random)
}

/** How many bytes the text takes in UTF-8: upstream's lengths count bytes. */
export function byteLength(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    // A surrogate pair is four bytes; each half counts as one already and adds one here.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1
  }
  return bytes
}

const labelFormat = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
const subdomainFormat = `${labelFormat}(\\.${labelFormat})*`
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
const oldLabelFormat = '[a-z]([-a-z0-9]*[a-z0-9])?'
const oldLabelRule =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
const qualifiedFormat = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const qualifiedRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const qualifiedExamples = ['MyName', 'my.name', '123-abc']
const valueFormat = `(${qualifiedFormat})?`
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const envRule = "a valid environment variable name must consist only of printable ASCII characters other than '='"
const keyFormat = '[-._a-zA-Z0-9]+'
const keyRule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
const keyExamples = ['key.name', 'KEY_NAME', 'key-name']

const compiled = new Map<string, RegExp>()

function matches(format: string, text: string): boolean {
  let pattern = compiled.get(format)
  if (pattern === undefined) {
    // JavaScript's `$` without the m flag matches only at the very end, as Go's does.
    pattern = new RegExp(`^(?:${format})$`)
    compiled.set(format, pattern)
  }
  return pattern.test(text)
}

function atMost(bytes: number, text: string): string[] {
  return byteLength(text) > bytes ? [`must be no more than ${bytes} bytes`] : []
}

/** The doubled space between two examples is upstream's (validation.RegexError). */
export function regexProblem(rule: string, format: string, examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ')
  return `${rule} (e.g. ${shown}regex used for validation is '${format}')`
}

/** Names that only have to fit into a URL. Upstream: path.IsValidPathSegmentName. */
export function pathSegment(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((character) => name.includes(character)).map((character) => `may not contain '${character}'`)
}

/** Without leading zeros, which some read as octal. */
export function isIPv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
}
