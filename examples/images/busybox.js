// The two images that examples on containerd stand on, from Debian's busybox-static and catatonit:
// `localhost/everynode/busybox:1`, a shell with the usual tools, and `localhost/everynode/pause:1`, which every pod's
// sandbox runs. Usage: node examples/images/busybox.js DIRECTORY

import { fileFrom, writeImage } from './oci-image.js'

const tools =
  'sh ls cat echo sleep ps httpd wget hostname id env date mount kill true false nc ip stat grep touch mkdir rm test head tail dd yes printf wc cut sed awk tr seq readlink'
const directories = ['bin/', 'dev/', 'etc/', 'proc/', 'root/', 'run/', 'sys/', 'tmp/', 'var/', 'var/log/']

export function writeBusyboxImages(directory) {
  const pause = `${directory}/pause.tar`
  const busybox = `${directory}/busybox.tar`
  writeImage({
    out: pause,
    reference: 'localhost/everynode/pause:1',
    files: [fileFrom('/usr/bin/catatonit', 'pause')],
    config: { Entrypoint: ['/pause', '-P'] },
  })
  writeImage({
    out: busybox,
    reference: 'localhost/everynode/busybox:1',
    files: [
      ...directories.map((path) => ({ path, mode: path === 'tmp/' ? 0o1777 : 0o755 })),
      { path: 'etc/passwd', data: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' },
      { path: 'etc/group', data: 'root:x:0:\nnogroup:x:65534:\n' },
      fileFrom('/bin/busybox', 'bin/busybox'),
      ...tools.split(' ').map((tool) => ({ path: `bin/${tool}`, link: 'busybox' })),
    ],
    config: { Env: ['PATH=/bin'], Cmd: ['sh'] },
  })
  return [pause, busybox]
}

if (process.argv[1] === import.meta.filename) {
  for (const file of writeBusyboxImages(process.argv[2] ?? '.')) console.log(file)
}
