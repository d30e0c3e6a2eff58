// Names of images, as people write them and in full. Rows from github.com/distribution/reference, normalize_test.go.
import { expect, test } from 'vitest'
import { normalImage } from './image-names.ts'

const names: [name: string, full: string | undefined][] = [
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36'],
  ['team/app', 'docker.io/team/app:latest'],
  ['index.docker.io/team/app', 'docker.io/team/app:latest'],
  ['localhost/app:1', 'localhost/app:1'],
  ['localhost:5000/app', 'localhost:5000/app:latest'],
  ['registry.example.com/a/b_c/d-e:v1.2', 'registry.example.com/a/b_c/d-e:v1.2'],
  ['127.0.0.1:5000/a', '127.0.0.1:5000/a:latest'],
  [`a@sha256:${'0'.repeat(64)}`, `docker.io/library/a@sha256:${'0'.repeat(64)}`],
  [`b.example/a:1@sha256:${'f'.repeat(64)}`, `b.example/a:1@sha256:${'f'.repeat(64)}`],
  ['', undefined],
  ['Upper', undefined],
  ['team/Upper', undefined],
  ['a:', undefined],
  ['a b', undefined],
  ['-a', undefined],
  ['a//b', undefined],
  ['a@sha256:short', undefined],
  ['docker.io/library/busybox:1 --privileged', undefined],
]

test.each(names)('%s is %s', (name, full) => {
  expect(normalImage(name)).toBe(full)
})
