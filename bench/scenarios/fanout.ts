// F8, F9: one change told to hundreds of watchers over TLS, and what a watcher costs that hears nothing.

import { setTimeout as sleep } from 'node:timers/promises'
import { pods } from '../../src/api/resources.ts'
import type { Client } from '../../src/client/client.ts'
import { type Everynode, startEverynode } from '../everynode.ts'
import type { Scenario } from '../scenario.ts'
import { inTurns, nameOfPod, podNumber } from '../stored-pods.ts'

const watchers = 500
const changes = 400

export const fanout: Scenario = {
  name: 'fanout',
  question: `each of ${changes} changes of a pod told to ${watchers} watchers over TLS`,
  runs: 3,
  metrics: [
    { name: 'RssAnon of a watcher', unit: 'B', goal: { id: 'F9', better: 'less', must: 86_800, moonshot: 40_000 } },
    { name: 'CPU of an event to a watcher', unit: 'µs', goal: { id: 'F8', better: 'less', must: 14.5, moonshot: 4 } },
    { name: 'events', unit: '/s', goal: { id: 'F8', better: 'more', must: 37_900, moonshot: 250_000 } },
  ],

  async run({ directory, say }) {
    const everynode = await startEverynode(directory, ['--nodes', '0'])
    const stop = new AbortController()
    try {
      const { client } = everynode
      const pod = await client.create(pods, podNumber(0))
      await sleep(1_000)
      const before = everynode.anonymousBytes()
      const heard = new Heard(watchers)
      const from = pod.metadata.resourceVersion ?? ''
      const watching = Array.from({ length: watchers }, () => follow(client, from, heard, stop.signal))
      await change(client, -1)
      await heard.all(1)
      await sleep(1_000)
      const perWatcher = (everynode.anonymousBytes() - before) / watchers
      say(`${watchers} watchers`)
      const figures = await measure(everynode, heard)
      stop.abort()
      await Promise.all(watching)
      return { 'RssAnon of a watcher': perWatcher, ...figures }
    } finally {
      stop.abort()
      await everynode.stop()
    }
  },
}

async function measure({ client, cpuNs }: Everynode, heard: Heard): Promise<Record<string, number>> {
  const [startedMs, cpuBefore] = [performance.now(), cpuNs()]
  await inTurns(changes, 8, (i) => change(client, i))
  await heard.all(1 + changes)
  const events = watchers * changes
  return {
    'CPU of an event to a watcher': (cpuNs() - cpuBefore) / 1000 / events,
    events: (events / (performance.now() - startedMs)) * 1000,
  }
}

function change(client: Client, i: number): Promise<unknown> {
  const body = { metadata: { annotations: { change: String(i) } } }
  return client.patch(pods, { namespace: 'default', name: nameOfPod(0) }, { type: 'merge', body })
}

/** How many lines each watcher has been sent; parsing them would measure this process. */
class Heard {
  readonly #counts: number[] = []
  readonly #watchers: number
  #wake = () => {}

  constructor(watchers: number) {
    this.#watchers = watchers
  }

  add(): (lines: number) => void {
    const at = this.#counts.push(0) - 1
    return (lines) => {
      this.#counts[at]! += lines
      this.#wake()
    }
  }

  /** When every watcher has been sent so many. */
  async all(lines: number): Promise<void> {
    while (this.#counts.length < this.#watchers || this.#counts.some((count) => count < lines)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

async function follow(client: Client, resourceVersion: string, heard: Heard, signal: AbortSignal): Promise<void> {
  const tell = heard.add()
  const query = { watch: true, resourceVersion, timeoutSeconds: 600 }
  for await (const chunk of client.stream({ method: 'GET', path: '/api/v1/pods', query }, signal)) {
    let lines = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) lines++
    tell(lines)
  }
}

const newline = 0x0a
