// An agent that is killed in the middle of its work: starts and stops the pods of a node at random, as fast as it can.
// Whatever an earlier one has left it takes over. Its arguments: the directory of the node, how many pods, a seed.

import { setTimeout as wait } from 'node:timers/promises'
import { createProcessRuntime } from '../src/agent/process/runtime.ts'
import type { RunningContainer } from '../src/agent/runtime.ts'
import type { Pod } from '../src/api/types.ts'
import { silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import { systemClock } from '../src/cli/host/system.ts'
import { crashPod, givenMaterials, nodePlace } from './process-world.ts'

const [, , directory = '', pods = '0', seed = '0'] = process.argv
const random = seededRandom(Number(seed))
const runtime = createProcessRuntime({
  place: nodePlace(directory),
  materials: givenMaterials,
  clock: systemClock,
  log: silentLog,
  hostIP: () => '127.0.0.1',
})

for (let i = 0; i < Number(pods); i++) void live(crashPod(directory, i))
process.stdout.write('ready\n')

/** One pod, again and again: started, stopped in one of several ways, started anew or removed. */
async function live(pod: Pod): Promise<void> {
  const container = pod.spec.containers[0]!
  let attempt = 0
  const recovered = runtime.recover(pod)
  for (;;) {
    let resolveExit = () => {}
    const exited = new Promise<void>((resolve) => {
      resolveExit = resolve
    })
    const hear = () => resolveExit()
    let running: RunningContainer | undefined
    if (attempt === 0) {
      const attached = recovered?.attach(container, hear)
      attempt = attached?.attempt ?? 0
      running = attached
    }
    await wait(random.float() * 300)
    running ??= await runtime.startContainer(pod, container, attempt, hear)
    await wait(random.float() * 300)
    if (random.float() < 0.3) {
      await runtime.closeSandbox(pod)
      attempt = 0
    } else {
      running.stop(random.float() < 0.5 ? 0 : 200)
      await exited
      attempt++
    }
  }
}
