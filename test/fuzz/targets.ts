// What is fed with anything at all, and what must hold whatever it is (section B6 of our reliability notes). A target
// throws what it throws for good reasons, and must not throw anything else: an unexpected error, a wrong answer, or too
// long a wait is a crash, and its input is kept in corpus/.
import fc from 'fast-check'
import { expect } from 'vitest'
import { applyDefaults } from '../../src/api/defaults/defaults.ts'
import { parseFieldSelector } from '../../src/api/field-selectors.ts'
import { matchesLabels, parseLabelSelector, printSelector, selectorOf } from '../../src/api/labels.ts'
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../src/api/names.ts'
import { decodeProtobuf } from '../../src/api/protobuf/decode.ts'
import { canonical, milliValue, quantityProblem } from '../../src/api/quantity.ts'
import { controllerRevisions, daemonSets, eventsV1, nodes, pods } from '../../src/api/resources.ts'
import { decodeJson, decodeValue } from '../../src/api/schema/decode.ts'
import { ApiError } from '../../src/api/status.ts'
import { strategicMergePatch } from '../../src/api/strategic-merge-patch.ts'
import { formatMicroTime, formatTime, parseTime } from '../../src/api/time.ts'
import type { ApiObject, LabelSelector } from '../../src/api/types.ts'
import { validateCreate } from '../../src/api/validation/validation.ts'
import { parseYaml } from '../../src/apiserver/yaml.ts'
import { isObject, type JsonObject } from '../../src/base/json.ts'
import { jsonPatch } from '../../src/base/json-patch.ts'
import { mergePatch } from '../../src/base/merge-patch.ts'
import { PatchError } from '../../src/base/patch-error.ts'
import { connectionOf, KubeconfigError, readKubeconfig } from '../../src/client/kubeconfig.ts'
import { Unreachable } from '../../src/client/unreachable.ts'
import { watchEvents } from '../../src/client/watch.ts'
import { streamingTargets } from './streaming-targets.ts'

export interface Target {
  readonly inputs: fc.Arbitrary<unknown>
  /** Throws, or rejects, where something is wrong. */
  readonly check: (input: unknown) => void | Promise<void>
}

/** One that knows the type of its inputs; from a file they come as they were written. */
function target<T>(inputs: fc.Arbitrary<T>, check: (input: T) => void | Promise<void>): Target {
  return { inputs, check: check as Target['check'] }
}

/** Only refusals that say why. */
function refused<T>(act: () => T, ...kinds: readonly (new (...args: never[]) => Error)[]): T | undefined {
  try {
    return act()
  } catch (error) {
    if (kinds.some((kind) => error instanceof kind)) return undefined
    throw error
  }
}

const fieldNames = fc.constantFrom(
  'apiVersion',
  'kind',
  'metadata',
  'name',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'uid',
  'spec',
  'selector',
  'matchLabels',
  'matchExpressions',
  'key',
  'operator',
  'values',
  'template',
  'containers',
  'image',
  'ports',
  'containerPort',
  'env',
  'value',
  'resources',
  'limits',
  'requests',
  'cpu',
  'memory',
  'volumes',
  'hostPath',
  'path',
  'tolerations',
  'effect',
  'affinity',
  'nodeAffinity',
  'updateStrategy',
  'rollingUpdate',
  'maxUnavailable',
  'status',
  'conditions',
  'type',
  'data',
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '$deleteFromPrimitiveList/finalizers',
  '__proto__',
  'constructor',
  'toString',
  '',
  'a/b',
  'é',
  'a~1b',
)
const scalars = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    1,
    -1,
    1.5,
    1e21,
    2 ** 53,
    2 ** 31,
    '',
    'x',
    'replace',
    'delete',
    'Always',
  ),
  fc.constantFrom<unknown>(
    '100m',
    '1Gi',
    '10%',
    '0',
    'In',
    'Exists',
    'NoSchedule',
    '2026-01-02T03:04:05Z',
    'v1',
    'Pod',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(fieldNames, tie('json'), { maxKeys: 5 }),
  ),
})) as { json: fc.Arbitrary<unknown> }
const objects = fc.dictionary(fieldNames, json, { maxKeys: 6 })
const kinds = fc.constantFrom(pods, daemonSets, nodes, controllerRevisions, eventsV1)

/** A text that is nearly right: whole, cut, or with something put in between. */
function damaged(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    texts,
    fc
      .tuple(texts, fc.nat(), fc.nat(), fc.string({ unit: 'binary', maxLength: 4 }))
      .map(([text, from, length, more]) => {
        const at = text.length === 0 ? 0 : from % text.length
        return text.slice(0, at) + more + text.slice(at + (length % 6))
      }),
    fc.string({ unit: 'binary' }),
  )
}

const yamlPieces = fc
  .array(
    fc.constantFrom(
      'a',
      'b: ',
      ': ',
      '- ',
      '\n',
      '\n  ',
      '\n    ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '&x ',
      '*x',
      '<<: ',
      '|\n',
      '>-\n',
      '"',
      "'",
      '#',
      '? ',
      '!!int ',
      '!t ',
      '%',
      '---\n',
      '...\n',
      '\t',
      'yes',
      '~',
      '0x1f',
      '1:30',
      '2001-01-01',
      '\u0000',
      '\r',
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(''))

const operators = fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist')
const words = fc.constantFrom('a', 'b', 'c', 'in', 'notin')
const requirements = fc.array(
  fc.record({
    key: fc.oneof(words, fc.constant('example.com/x')),
    operator: operators,
    values: fc.uniqueArray(words, { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 3 },
)
const selectorPieces = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '=',
      '==',
      '!=',
      '!',
      ' in ',
      ' notin ',
      '(',
      ')',
      ',',
      ' ',
      '>',
      '<',
      '5',
      'x/y',
      '-',
      '\\',
      '\u0000',
      'é',
    ),
    { maxLength: 20 },
  )
  .map((pieces) => pieces.join(''))

const quantities = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      fc.nat(10 ** 12),
      fc.constantFrom('', '.', '.5', '.001'),
      fc.constantFrom(
        '',
        'n',
        'u',
        'm',
        'k',
        'M',
        'G',
        'T',
        'P',
        'E',
        'Ki',
        'Mi',
        'Gi',
        'Ti',
        'Pi',
        'Ei',
        'e3',
        'E-2',
        'e99',
      ),
    )
    .map((parts) => parts.join('')),
  fc.string({ maxLength: 12 }),
)

export const targets: Readonly<Record<string, Target>> = {
  ...streamingTargets,

  'manifest in YAML': target(damaged(yamlPieces), (text) => {
    const parsed = refused(() => parseYaml(text, 'ConfigMap'), ApiError)
    if (parsed !== undefined) JSON.stringify(parsed.value)
  }),

  'body in JSON': target(
    fc.tuple(
      kinds.map(({ schema }) => schema),
      damaged(objects.map((one) => JSON.stringify(one))),
    ),
    ([schema, text]) => {
      const resource =
        [pods, daemonSets, nodes, controllerRevisions, eventsV1].find((one) => one.schema === schema) ?? pods
      const decoded = refused(() => decodeJson(resource, text), ApiError)
      if (decoded === undefined) return
      const written = JSON.stringify(decoded.object)
      expect(JSON.stringify(decodeValue(resource, JSON.parse(written)).object)).toBe(written)
      applyDefaults(resource, decoded.object)
      validateCreate(resource, decoded.object)
    },
  ),

  'body in protobuf': target(
    fc
      .oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc.uint8Array({ maxLength: 60 }).map((bytes) => {
          return new Uint8Array([
            0x6b,
            0x38,
            0x73,
            0,
            0x0a,
            9,
            0x0a,
            2,
            0x76,
            0x31,
            0x12,
            3,
            0x50,
            0x6f,
            0x64,
            0x12,
            bytes.length,
            ...bytes,
          ])
        }),
      )
      .map((bytes) => Buffer.from(bytes).toString('hex')),
    (hex) => {
      const value = refused(() => decodeProtobuf(Buffer.from(hex, 'hex')), ApiError)
      if (value !== undefined && isObject(value) && value.kind === 'Pod')
        refused(() => decodeValue(pods, value), ApiError)
    },
  ),

  'JSON patch': target(
    fc.tuple(
      objects,
      fc.array(
        fc.record(
          {
            op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
            path: damaged(
              fc.array(fieldNames, { maxLength: 3 }).map((parts) => parts.map((part) => `/${part}`).join('')),
            ),
            from: fc.array(fieldNames, { maxLength: 3 }).map((parts) => parts.map((part) => `/${part}`).join('')),
            value: json,
          },
          { requiredKeys: ['op', 'path'] },
        ),
        { maxLength: 5 },
      ),
    ),
    ([object, operations]) => {
      const before = JSON.stringify(object)
      const after = refused(() => jsonPatch(object, operations), PatchError)
      expect(JSON.stringify(object)).toBe(before)
      if (after !== undefined) JSON.stringify(after)
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    },
  ),

  'merge patch': target(fc.tuple(json, json), ([object, patch]) => {
    expect(JSON.stringify(mergePatch(object, patch))).toBe(JSON.stringify(slowMerge(object, patch)))
  }),

  'strategic merge patch': target(fc.tuple(objects, objects), ([object, patch]) => {
    const before = JSON.stringify([object, patch])
    const after = refused(() => strategicMergePatch('DaemonSet', object, patch), PatchError, ApiError)
    expect(JSON.stringify([object, patch])).toBe(before)
    if (after !== undefined) JSON.stringify(after)
  }),

  'label selector': target(
    fc.tuple(damaged(selectorPieces), requirements, fc.dictionary(words, words)),
    ([text, expressions, labels]) => {
      refused(() => parseLabelSelector(text), ApiError)
      const selector: LabelSelector = {
        matchExpressions: expressions.map(({ key, operator, values }) =>
          operator.includes('Exist') ? { key, operator } : { key, operator, values },
        ),
      }
      const again = parseLabelSelector(printSelector(selector))
      expect(matchesLabels(again, labels)).toBe(matchesLabels(selectorOf(selector), labels))
      expect(matchesLabels(again, labels)).toBe(slowlySelects(selector, labels))
    },
  ),

  'field selector': target(
    damaged(
      fc
        .array(
          fc.constantFrom(
            'metadata.name',
            'spec.nodeName',
            'status.phase',
            '=',
            '!=',
            '==',
            ',',
            '\\',
            'x',
            '__proto__',
          ),
          { maxLength: 8 },
        )
        .map((pieces) => pieces.join('')),
    ),
    (text) => {
      refused(() => parseFieldSelector(pods, text), ApiError)
    },
  ),

  quantity: target(quantities, (text) => {
    if (quantityProblem(text) !== undefined) return
    const printed = canonical(text)
    expect(quantityProblem(printed)).toBeUndefined()
    // Half a Ki is no whole number of them: it is printed without a suffix, and gets another one when it is read again.
    const again = canonical(printed)
    expect(canonical(again)).toBe(again)
    expect(milliValue(again)).toBe(milliValue(text))
    expect(milliValue(printed)).toBe(milliValue(text))
  }),

  time: target(
    fc.tuple(damaged(fc.integer({ min: 0, max: 4e12 }).map(formatTime)), fc.integer({ min: 0, max: 4e12 })),
    ([text, ms]) => {
      const parsed = parseTime(text)
      if (parsed !== undefined) expect(Number.isFinite(parsed)).toBe(true)
      expect(parseTime(formatTime(ms))).toBe(Math.floor(ms / 1000) * 1000)
      expect(parseTime(formatMicroTime(ms))).toBe(ms)
    },
  ),

  name: target(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
    for (const check of [dns1123Label, dns1123Subdomain, qualifiedName, labelValue])
      expect(Array.isArray(check(text))).toBe(true)
  }),

  'lines of a watch': target(
    fc.tuple(
      fc.array(
        fc.oneof(
          fc
            .record({ type: fc.constantFrom('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ODD'), object: objects })
            .map((event) => JSON.stringify(event)),
          json.map((one) => JSON.stringify(one) ?? ''),
          fc.string({ maxLength: 5 }),
        ),
        { maxLength: 5 },
      ),
      fc.array(fc.nat(40)),
    ),
    async ([lines, cuts]) => {
      const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      expect(await eventsIn(pieces(whole, cuts))).toEqual(await eventsIn([whole]))
    },
  ),

  kubeconfig: target(
    damaged(objects.map((one) => JSON.stringify({ contexts: [], clusters: [], users: [], ...one }))),
    (text) => {
      const kubeconfig = refused(() => readKubeconfig(text), KubeconfigError)
      if (kubeconfig !== undefined) refused(() => connectionOf(kubeconfig), KubeconfigError)
    },
  ),
}

/** RFC 7386, word for word. */
function slowMerge(object: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const entries = new Map(isObject(object) ? Object.entries(object) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) entries.delete(key)
    else entries.set(key, slowMerge(entries.get(key), value))
  }
  const merged: JsonObject = {}
  for (const [key, value] of entries)
    Object.defineProperty(merged, key, { value, enumerable: true, configurable: true, writable: true })
  return merged
}

function slowlySelects({ matchExpressions = [] }: LabelSelector, labels: Record<string, string>): boolean {
  return matchExpressions.every(({ key, operator, values = [] }) => {
    const has = Object.hasOwn(labels, key)
    const isOne = has && values.includes(labels[key]!)
    return operator === 'Exists' ? has : operator === 'DoesNotExist' ? !has : operator === 'In' ? isOne : !isOne
  })
}

function pieces(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const found: Buffer[] = []
  let at = 0
  for (const cut of cuts) {
    found.push(whole.subarray(at, at + cut))
    at += cut
  }
  return [...found, whole.subarray(at)]
}

/** Every event, and how it ended. */
async function eventsIn(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  const heard: unknown[] = []
  try {
    for await (const event of watchEvents<ApiObject>(streamOf(chunks))) heard.push(event)
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof Unreachable)) throw error
    heard.push(error.message)
  }
  return heard
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}
