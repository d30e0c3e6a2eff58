// C8, C11, C12, C16: what the DaemonSet controller itself spends, without a network: events, decisions, and the pods made
// from them. Against `reference-shape`: the same shell, deciding from everything at every sync, as upstream does.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Scenario } from '../scenario.ts'

export const decide: Scenario = {
  name: 'decide',
  question: 'CPU and memory of the DaemonSet controller alone: create, change, join, roll out',
  runs: 3,
  nodes: 5000,
  contestants: ['self', 'reference-shape'],
  metrics: [
    { name: 'create: CPU', unit: 's' },
    { name: 'create to ready: CPU', unit: 's' },
    {
      name: 'a whole decision',
      unit: 'ms',
      goal: { id: 'issue 4', atNodes: 5000, better: 'less', must: 5, moonshot: 2 },
    },
    { name: 'one pod changed', unit: 'µs', goal: { id: 'issue 4', better: 'less', must: 50, moonshot: 20 } },
    { name: 'cells per changed pod', unit: '', goal: { id: 'C12', better: 'less', must: 2, moonshot: 1 } },
    { name: 'one node joined', unit: 'µs' },
    { name: 'an unrelated label', unit: 'µs', goal: { id: 'C11', better: 'less', must: 170, moonshot: 50 } },
    {
      name: 'rollout: CPU',
      unit: 's',
      goal: { id: 'issue 4', atNodes: 15000, better: 'less', must: 5, moonshot: 2 },
    },
    { name: 'bytes cached per pod, whole', unit: 'B' },
    { name: 'bytes cached per pod', unit: 'B', goal: { id: 'C16', better: 'less', must: 600, moonshot: 200 } },
    { name: 'bytes held per pod', unit: 'B', goal: { id: 'C16', better: 'less', must: 600, moonshot: 200 } },
    { name: 'bytes held per node', unit: 'B', goal: { id: 'C16', better: 'less', must: 1500, moonshot: 500 } },
    { name: '500 DaemonSets: CPU', unit: 's' },
    { name: '500 DaemonSets: MB held', unit: 'MB' },
    { name: '500 DaemonSets: one pod changed', unit: 'µs' },
  ],

  async run({ nodes, against }) {
    const script = fileURLToPath(new URL('../decide/process.ts', import.meta.url))
    const words = ['--expose-gc', '--max-old-space-size=6000', '--import', 'tsx', script, against, String(nodes)]
    const { stdout } = await promisify(execFile)(process.execPath, words)
    return JSON.parse(stdout)
  },
}
