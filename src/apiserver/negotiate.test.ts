import { expect, test } from 'vitest'
import { ApiError } from '../api/status.ts'
import { negotiate } from './negotiate.ts'

function presented(accept: string | undefined, userAgent = 'kubectl/1', query = ''): string {
  try {
    const { as, format, pretty } = negotiate({
      method: 'GET',
      path: '/',
      query: new URLSearchParams(query),
      headers: { accept, 'user-agent': userAgent },
      body: new Uint8Array(),
      user: undefined,
    })
    return `${as} ${format}${pretty ? ' pretty' : ''}`
  } catch (error) {
    if (error instanceof ApiError) return String(error.code)
    throw error
  }
}

const kubectlTable =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json'
const metadataInformer =
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,' +
  'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'

const table: [name: string, accept: string | undefined, presentation: string][] = [
  ['nothing said', undefined, 'object json'],
  ['kubectl get', kubectlTable, 'table json'],
  ['kubectl get -o json', 'application/json', 'object json'],
  ['kubectl describe', 'application/vnd.kubernetes.protobuf,application/json', 'object json'],
  ['controller manager', 'application/vnd.kubernetes.protobuf, */*', 'object json'],
  ['metadata informer', metadataInformer, 'metadata json'],
  ['npm client', 'application/json, */*;q=0.8', 'object json'],
  ['quality decides', 'application/json;q=0.5,application/yaml', 'object yaml'],
  ['a watch of a Go client', 'application/json;stream=watch', 'object json'],
  ['yaml', 'application/yaml', 'object yaml'],
  ['any application type', 'application/*', 'object json'],
  ['unknown table version alone', 'application/json;as=Table;v=v2;g=meta.k8s.io', '406'],
  ['protobuf alone', 'application/vnd.kubernetes.protobuf', '406'],
  ['refused by quality', 'application/json;q=0', '406'],
]

test.each(table)('W5.1 %s', (_name, accept, presentation) => {
  expect(presented(accept)).toBe(presentation)
})

test('W1.10 people see indented JSON', () => {
  expect(presented(undefined, 'curl/8.0')).toBe('object json pretty')
  expect(presented(undefined, 'curl/8.0', 'pretty=false')).toBe('object json')
  expect(presented(undefined, 'kubectl/1', 'pretty=true')).toBe('object json pretty')
})
