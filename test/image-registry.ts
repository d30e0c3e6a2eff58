// A registry of images, as much as a pull needs: one image of files that were built here, for everybody or for who knows
// the password. Format: https://github.com/opencontainers/distribution-spec, pull.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface ImageRegistry {
  /** `127.0.0.1:41234`. */
  readonly host: string
  /** `GET /v2/team/app/blobs/sha256:…`, those that were answered. */
  readonly answered: readonly string[]
  close(): void
}

/** Serves the image of this OCI layout under every name; names below `private/` to `user` with `password` only. */
export async function startRegistry(layoutTar: string, directory: string): Promise<ImageRegistry> {
  mkdirSync(directory, { recursive: true })
  execFileSync('tar', ['-xf', layoutTar, '-C', directory])
  const blob = (digest: string) => readFileSync(join(directory, 'blobs', digest.replace(':', '/')))
  const [manifest] = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')).manifests
  const answered: string[] = []
  const server: Server = createServer((request, response) => {
    const { method = '', url = '' } = request
    const isPrivate = url.startsWith('/v2/private/')
    if (isPrivate && request.headers.authorization !== `Basic ${Buffer.from('user:password').toString('base64')}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end()
      return
    }
    const [, kind = '', reference = ''] = /^\/v2\/.+\/(manifests|blobs)\/(.+)$/.exec(url) ?? []
    if (url !== '/v2/' && (kind === '' || reference === 'nothing')) {
      response.writeHead(404).end()
      return
    }
    answered.push(`${method} ${url}`)
    if (kind === '') {
      response.writeHead(200).end()
      return
    }
    const digest = kind === 'manifests' ? manifest.digest : reference
    const bytes = blob(digest)
    response.writeHead(200, {
      'content-type': kind === 'manifests' ? manifest.mediaType : 'application/octet-stream',
      'content-length': bytes.length,
      'docker-content-digest': digest,
    })
    response.end(method === 'HEAD' ? undefined : bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
