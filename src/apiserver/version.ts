// What the server says it is (W1.7): the Kubernetes version whose API it speaks, and that it is everynode.

import { kubernetesVersion } from '../base/version.ts'

const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? []

/** All texts; clients show them and parse `gitVersion`. Some kubectl dispatchers choose by the minor version (X13). */
export const versionInfo = {
  major,
  minor,
  emulationMajor: major,
  emulationMinor: minor,
  minCompatibilityMajor: major,
  minCompatibilityMinor: String(Number(minor) - 1),
  gitVersion: kubernetesVersion,
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: `node/${process.arch}`,
} as const
