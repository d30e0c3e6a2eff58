import { expect, onTestFinished, test } from 'vitest'
import { type AgentWorld, agentWorld } from '../../../test/agent-world.ts'
import { events, pods } from '../../api/resources.ts'
import type { ContainerEnd } from '../../api/session.ts'
import type { Event, Pod } from '../../api/types.ts'
import type { Hear, RunningContainer, RuntimeSessions } from '../runtime.ts'
import { behaviourDefaults } from '../simulated/behaviour.ts'
import { PodRange } from '../simulated/pod-range.ts'
import { SimulatedRuntime, type SimulatedRuntimeOptions } from '../simulated/runtime.ts'

/** Containers are timers, but the agent probes them, and every command ends as the test says. */
class ProbedRuntime extends SimulatedRuntime {
  override readonly sessions: RuntimeSessions
  readonly did: string[] = []
  /** By command: an exit code; without one it runs until it is cut off. */
  readonly ends = new Map<string, number | undefined>()

  constructor(options: SimulatedRuntimeOptions) {
    super(options)
    const exec: RuntimeSessions['exec'] = async (_, [command = ''], { gone }) => {
      this.did.push(command)
      const exitCode = this.ends.has(command) ? this.ends.get(command) : 0
      if (exitCode !== undefined) return { ended: 'exit', exitCode }
      return new Promise<ContainerEnd>((resolve) =>
        gone.addEventListener('abort', () => resolve({ ended: 'failure', message: 'cut off' })),
      )
    }
    this.sessions = { exec, attach: exec as never, connect: async () => {}, sandboxClosed: async () => {} }
  }

  override tellsReadiness(): boolean {
    return false
  }

  override async startContainer(
    ...[pod, container, attempt, hear]: Parameters<SimulatedRuntime['startContainer']>
  ): Promise<RunningContainer> {
    const running = await super.startContainer(pod, container, attempt, hear as Hear)
    const { id, startedAtMs, ready } = running
    const stop = (graceMs: number) => {
      this.did.push(`stop ${graceMs}`)
      running.stop(graceMs)
    }
    return { id, startedAtMs, ready, stop }
  }
}

let world: AgentWorld
let runtime: ProbedRuntime

async function begin(): Promise<void> {
  world = await agentWorld({
    realRuntimes: () => {
      runtime = new ProbedRuntime({
        clock: world.clock,
        nodeName: 'n1',
        hostIP: '172.16.0.1',
        podRange: new PodRange('10.9.0.0/24'),
        nodeAnnotations: () => ({}),
        defaults: behaviourDefaults,
      })
      return { runtimes: new Map([['process', runtime]]), nodeInfo: {} }
    },
  })
  onTestFinished(async () => {
    await world.fleet.stop()
    world.server.close()
    expect(world.errors).toEqual([])
  })
  await world.addNode('n1', { labels: { 'everynode.dev/runtime': 'process' } })
}

async function addPod(container: object, spec: Partial<Pod['spec']> = {}): Promise<void> {
  await world.addPod('p', 'n1', { containers: [{ name: 'main', image: 'app:1', ...container }], ...spec })
}

const exec = (command: string) => ({ exec: { command: [command] } })

async function told(): Promise<string[]> {
  const { items } = await world.client.list<Event>(events, { fieldSelector: 'involvedObject.name=p' })
  return items
    .filter(({ reason }) => !['Pulling', 'Pulled', 'Created', 'Started'].includes(reason ?? ''))
    .map(({ type, reason, message, involvedObject, count = 1 }) => {
      const times = count > 1 ? ` ×${count}` : ''
      return `${type} ${reason} ${message} ${involvedObject.fieldPath}${times}`
    })
}

const main = 'spec.containers{main}'

test('a readiness probe makes a pod ready, and unready', async () => {
  await begin()
  await addPod({ readinessProbe: { ...exec('is-ready'), periodSeconds: 1, failureThreshold: 2 } })
  runtime.ends.set('is-ready', 1)
  await world.pass(3500)
  expect(await world.podLine('p')).toBe('Running 0/1')
  runtime.ends.set('is-ready', 0)
  await world.pass(1000)
  expect(await world.podLine('p')).toBe('Running 1/1')
  runtime.ends.set('is-ready', 1)
  await world.pass(1000)
  expect(await world.podLine('p')).toBe('Running 1/1')
  await world.pass(1000)
  expect(await world.podLine('p')).toBe('Running 0/1')
  expect((await told())[0]).toMatch(`Warning Unhealthy Readiness probe failed:  ${main}`)
})

test('a liveness probe that fails ends the container within the time of the probe, and it starts again', async () => {
  await begin()
  const livenessProbe = { ...exec('is-alive'), periodSeconds: 1, failureThreshold: 2, terminationGracePeriodSeconds: 3 }
  await addPod({ livenessProbe })
  await world.pass(2000)
  expect(await world.podLine('p')).toBe('Running 1/1')
  runtime.ends.set('is-alive', 1)
  while (!runtime.did.some((did) => did.startsWith('stop'))) await world.pass(100)
  runtime.ends.set('is-alive', 0)
  expect(runtime.did).toContain('stop 3000')
  await world.pass(5000)
  expect(await world.podLine('p')).toBe('Running 1/1 restarts 1')
  expect(await told()).toEqual([
    `Warning Unhealthy Liveness probe failed:  ${main} ×2`,
    `Normal Killing Container main failed liveness probe, will be restarted ${main}`,
  ])
})

test('a startup probe holds the others back, and the status says so', async () => {
  await begin()
  await addPod({
    startupProbe: { ...exec('has-started'), periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...exec('is-alive'), periodSeconds: 1, failureThreshold: 1 },
  })
  runtime.ends.set('has-started', 1)
  runtime.ends.set('is-alive', 1)
  await world.pass(5000)
  expect(runtime.did).not.toContain('is-alive')
  expect((await world.pod('p')).status?.containerStatuses?.[0]).toMatchObject({ started: false, ready: false })
  runtime.ends.set('has-started', 0)
  runtime.ends.set('is-alive', 0)
  await world.pass(1500)
  expect((await world.pod('p')).status?.containerStatuses?.[0]).toMatchObject({ started: true, ready: true })
  const asked = runtime.did.filter((command) => command === 'has-started').length
  await world.pass(5000)
  expect(runtime.did.filter((command) => command === 'has-started').length).toBe(asked)
})

test('a hook after the start is done before the container is ready; one that fails ends it', async () => {
  await begin()
  runtime.ends.set('prepare', undefined)
  await addPod({ lifecycle: { postStart: exec('prepare') } })
  await world.pass(2000)
  expect(await world.podLine('p')).toBe('Running 0/1')
  await world.client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 })
  await world.pass(1000)
  runtime.ends.set('prepare', 3)
  await addPod({ lifecycle: { postStart: exec('prepare') } })
  await world.pass(700)
  const [status] = (await world.pod('p')).status?.containerStatuses ?? []
  expect(status?.state?.waiting).toEqual({
    reason: 'PostStartHookError',
    message: `Exec lifecycle hook ([prepare]) for Container "main" in Pod "p_default(${(await world.pod('p')).metadata.uid})" failed - error: command 'prepare' exited with 3: , message: ""`,
  })
  expect(status?.lastState?.terminated?.exitCode).toBe(0)
  expect(await told()).toContain(`Warning FailedPostStartHook PostStartHook failed ${main}`)
  expect(await told()).toContain(`Normal Killing FailedPostStartHook ${main}`)
  runtime.ends.set('prepare', 0)
  await world.pass(60_000)
  expect(await world.podLine('p')).toMatch(/^Running 1\/1 restarts \d$/)
})

test('a hook before the end runs first, and its time is taken off the grace period', async () => {
  await begin()
  await addPod({ lifecycle: { preStop: { sleep: { seconds: 4 } } } }, { terminationGracePeriodSeconds: 30 })
  await world.pass(2000)
  await world.client.delete(pods, { namespace: 'default', name: 'p' })
  await world.pass(3000)
  expect(await world.podLine('p')).toBe('Running 1/1 terminating')
  expect(runtime.did).toEqual([])
  await world.pass(3000)
  expect(runtime.did).toEqual(['stop 26000'])
  expect(await world.podLine('p')).toBe('gone')
})

test('a hook before the end that lasts too long is given up, and the container still has two seconds', async () => {
  await begin()
  runtime.ends.set('drain', undefined)
  await addPod({ lifecycle: { preStop: exec('drain') } }, { terminationGracePeriodSeconds: 10 })
  await world.pass(2000)
  await world.client.delete(pods, { namespace: 'default', name: 'p' })
  await world.pass(1000)
  // W11.9: less time than was said first.
  await world.client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 5 })
  await world.pass(4500)
  expect(runtime.did).toEqual(['drain'])
  await world.pass(1000)
  expect(runtime.did).toEqual(['drain', 'stop 2000'])
  expect(await told()).toContain(`Warning FailedPreStopHook PreStopHook failed ${main}`)
})

test('a pod that ends is asked whether it is ready, and for nothing else', async () => {
  await begin()
  runtime.ends.set('drain', undefined)
  await addPod({
    livenessProbe: { ...exec('is-alive'), periodSeconds: 1, failureThreshold: 1 },
    readinessProbe: { ...exec('is-ready'), periodSeconds: 1, failureThreshold: 1 },
    lifecycle: { preStop: exec('drain') },
  })
  await world.pass(2500)
  await world.client.delete(pods, { namespace: 'default', name: 'p' })
  await world.pass(100)
  runtime.did.length = 0
  runtime.ends.set('is-ready', 1)
  runtime.ends.set('is-alive', 1)
  await world.pass(3000)
  expect(new Set(runtime.did)).toEqual(new Set(['is-ready']))
  expect(await world.podLine('p')).toBe('Running 0/1 terminating')
})

test('an agent that starts again keeps what is known, and goes on asking', async () => {
  await begin()
  await addPod({ readinessProbe: { ...exec('is-ready'), periodSeconds: 1, failureThreshold: 2 } })
  await world.pass(2500)
  expect(await world.podLine('p')).toBe('Running 1/1')
  await world.silence('n1', true)
  await world.pass(1000)
  await world.silence('n1', false)
  await world.pass(500)
  expect(await world.podLine('p')).toBe('Running 1/1')
  runtime.ends.set('is-ready', 1)
  await world.pass(4000)
  expect(await world.podLine('p')).toBe('Running 0/1')
})
