// Upstream: plugin/pkg/admission/runtimeclass and pkg/apis/node/validation.
import { describe, expect, test } from 'vitest'
import { apiserverWorld } from '../../../test/world.ts'

const podSpec = { containers: [{ name: 'c', image: 'app' }] }
const classes = '/apis/node.k8s.io/v1/runtimeclasses'

async function world() {
  const made = await apiserverWorld()
  const post = (path: string, body: object) => made.ask(`POST ${path}`, { body })
  return {
    ...made,
    addClass: (name: string, more: object = {}) => post(classes, { metadata: { name }, handler: 'process', ...more }),
    addPod: (spec: object) =>
      post('/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec: { ...podSpec, ...spec } }),
  }
}

describe('a pod that names a RuntimeClass', () => {
  test('is refused where there is no such class', async () => {
    const { addPod } = await world()
    const { status, json } = await addPod({ runtimeClassName: 'gvisor' })
    expect([status, json.message]).toEqual([
      403,
      'pods "p" is forbidden: pod rejected: RuntimeClass "gvisor" not found',
    ])
  })

  test('gets its overhead and its nodes', async () => {
    const { addClass, addPod } = await world()
    const toleration = { key: 'sandboxed', operator: 'Exists' }
    await addClass('sandbox', {
      overhead: { podFixed: { memory: '64Mi', cpu: '0.1' } },
      scheduling: { nodeSelector: { sandbox: 'yes' }, tolerations: [toleration, { operator: 'Exists', key: 'b' }] },
    })
    const spec = { runtimeClassName: 'sandbox', nodeSelector: { zone: 'a' }, tolerations: [toleration] }
    const { json } = await addPod(spec)
    expect(json.spec.overhead).toEqual({ memory: '64Mi', cpu: '100m' })
    expect(json.spec.nodeSelector).toEqual({ zone: 'a', sandbox: 'yes' })
    expect(json.spec.tolerations.slice(0, 2).map(({ key }: { key: string }) => key)).toEqual(
      ['sandboxed', 'not-ready'].map((key) => (key === 'sandboxed' ? key : `node.kubernetes.io/${key}`)),
    )
    expect(json.spec.tolerations.at(-1)).toEqual({ operator: 'Exists', key: 'b' })
  })

  test.each([
    [{ overhead: { cpu: '200m' } }, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
    [
      { nodeSelector: { sandbox: 'no' } },
      'conflict: runtimeClass.scheduling.nodeSelector[sandbox] = yes; pod.spec.nodeSelector[sandbox] = no',
    ],
  ])('must agree with it: %j', async (more, why) => {
    const { addClass, addPod } = await world()
    const overhead = { podFixed: { cpu: '100m' } }
    await addClass('sandbox', { overhead, scheduling: { nodeSelector: { sandbox: 'yes' } } })
    const { status, json } = await addPod({ runtimeClassName: 'sandbox', ...more })
    expect([status, json.message]).toEqual([403, `pods "p" is forbidden: ${why}`])
  })

  test('may say the same overhead in other words', async () => {
    const { addClass, addPod } = await world()
    await addClass('sandbox', { overhead: { podFixed: { cpu: '100m' } } })
    const { status, json } = await addPod({ runtimeClassName: 'sandbox', overhead: { cpu: '0.1' } })
    expect([status, json.spec.overhead]).toEqual([201, { cpu: '100m' }])
  })
})

test('a pod that names none has no overhead of its own', async () => {
  const { addPod } = await world()
  const { status, json } = await addPod({ overhead: { cpu: '100m' } })
  expect([status, json.message]).toEqual([
    403,
    'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  ])
})

describe('a RuntimeClass', () => {
  test.each([
    [{ handler: '' }, 'handler', 'FieldValueInvalid'],
    [{ handler: 'No_Name' }, 'handler', 'FieldValueInvalid'],
    [{ overhead: { podFixed: { cpu: '-1' } } }, 'overhead.podFixed[cpu]', 'FieldValueInvalid'],
    [{ scheduling: { nodeSelector: { 'a b': 'c' } } }, 'scheduling.nodeSelector', 'FieldValueInvalid'],
    [
      { scheduling: { tolerations: [{ operator: 'Exists' }, { operator: 'Exists' }] } },
      'scheduling.tolerations[1]',
      'FieldValueDuplicate',
    ],
  ])('is invalid: %j', async (more, field, reason) => {
    const { addClass } = await world()
    const { status, json } = await addClass('sandbox', more)
    expect([status, json.details.causes[0]]).toEqual([422, expect.objectContaining({ field, reason })])
  })

  test('keeps its handler', async () => {
    const { addClass, ask } = await world()
    await addClass('sandbox')
    const body = { metadata: { name: 'sandbox' }, handler: 'cri' }
    const { status, json } = await ask(`PUT ${classes}/sandbox`, { body })
    expect([status, json.details.causes]).toEqual([
      422,
      [{ reason: 'FieldValueInvalid', field: 'handler', message: 'Invalid value: "cri": field is immutable' }],
    ])
  })
})
