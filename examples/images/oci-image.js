// Builds an OCI image from files of this machine: a tar in the OCI image layout, one layer, no network, no other tools.
// `ctr -n k8s.io images import FILE` or `podman load -i FILE` takes it. The same files give the same image.
// Formats: https://github.com/opencontainers/image-spec (image-layout.md, manifest.md, config.md) and POSIX ustar.

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** Writes the image `reference` to `out`. */
export function writeImage({ out, reference, files, config }) {
  const layer = tar(files)
  const packed = gzipSync(layer, { level: 6 })
  const configuration = json({
    architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch] ?? process.arch,
    os: 'linux',
    created: epoch,
    config,
    rootfs: { type: 'layers', diff_ids: [digest(layer)] },
    history: [{ created: epoch, created_by: 'examples/images/oci-image.js' }],
  })
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: described('application/vnd.oci.image.config.v1+json', configuration),
    layers: [described('application/vnd.oci.image.layer.v1.tar+gzip', packed)],
  })
  const index = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        ...described('application/vnd.oci.image.manifest.v1+json', manifest),
        annotations: {
          'io.containerd.image.name': reference,
          'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
        },
      },
    ],
  })
  const blobs = [configuration, packed, manifest]
  const layout = [
    { path: 'oci-layout', data: json({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', data: index },
    { path: 'blobs/' },
    { path: 'blobs/sha256/' },
    ...blobs.map((data) => ({ path: `blobs/sha256/${digest(data).slice('sha256:'.length)}`, data })),
  ]
  writeFileSync(out, tar(layout))
  return digest(manifest)
}

/** An entry of an image, taken from a file of this machine with the mode it has here, or `mode`. */
export function fileFrom(source, path = source, mode = 0o755) {
  return { path: path.replace(/^\/+/, ''), data: readFileSync(source), mode }
}

const epoch = '1970-01-01T00:00:00Z'

function json(value) {
  return Buffer.from(JSON.stringify(value))
}

function digest(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function described(mediaType, bytes) {
  return { mediaType, digest: digest(bytes), size: bytes.length }
}

/** A path that ends with `/` is a directory; an entry with `link` a symbolic link. */
function tar(entries) {
  const parts = []
  for (const { path, data = Buffer.alloc(0), link, mode } of entries) {
    const type = path.endsWith('/') ? '5' : link === undefined ? '0' : '2'
    const bytes = Buffer.from(data)
    const usual = type === '5' ? 0o755 : type === '2' ? 0o777 : 0o644
    parts.push(header(path, type, bytes.length, link ?? '', mode ?? usual), bytes)
    parts.push(Buffer.alloc((512 - (bytes.length % 512)) % 512))
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

function header(path, type, size, link, mode) {
  const bytes = Buffer.alloc(512)
  const [prefix, name] = split(path)
  bytes.write(name, 0, 100)
  const octal = (value, at, length) => bytes.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  bytes.write(' '.repeat(8), 148)
  bytes.write(type, 156)
  if (Buffer.byteLength(link) > 100) throw new Error(`${path}: its link is longer than 100 bytes`)
  bytes.write(link, 157, 100)
  bytes.write('ustar\0', 257)
  bytes.write('00', 263)
  bytes.write(prefix, 345, 155)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

/** A longer path stands in two fields, cut at a slash. */
function split(path) {
  if (Buffer.byteLength(path) <= 100) return ['', path]
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (name !== '' && Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return [prefix, name]
  }
  throw new Error(`${path}: too long for an archive`)
}
