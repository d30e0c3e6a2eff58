// Builds `localhost/everynode/rsyslog:1` from Debian's rsyslog and the configuration beside this file.
//   apt-get install rsyslog
//   node examples/log-collector/build-image.js rsyslog.tar
//   ctr -n k8s.io images import rsyslog.tar

import { readFileSync } from 'node:fs'
import { writeDebianImage } from '../images/debian.js'

const out = process.argv[2] ?? 'rsyslog.tar'
const libraries = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch]
writeDebianImage({
  out,
  reference: 'localhost/everynode/rsyslog:1',
  programs: ['/usr/sbin/rsyslogd'],
  modules: ['imfile', 'lmnet', 'lmregexp'].map((name) => `/usr/lib/${libraries}/rsyslog/${name}.so`),
  files: [{ path: 'etc/rsyslog.conf', data: readFileSync(new URL('rsyslog.conf', import.meta.url)) }],
  config: { Entrypoint: ['/usr/sbin/rsyslogd', '-n', '-i', 'NONE'] },
})
console.log(out)
