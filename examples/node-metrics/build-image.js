// Builds `localhost/everynode/node-exporter:1` from Debian's prometheus-node-exporter.
//   apt-get install prometheus-node-exporter
//   node examples/node-metrics/build-image.js node-exporter.tar
//   ctr -n k8s.io images import node-exporter.tar

import { writeDebianImage } from '../images/debian.js'

const out = process.argv[2] ?? 'node-exporter.tar'
writeDebianImage({
  out,
  reference: 'localhost/everynode/node-exporter:1',
  programs: ['/usr/bin/prometheus-node-exporter'],
  config: { Entrypoint: ['/usr/bin/prometheus-node-exporter'], User: '65534' },
})
console.log(out)
