import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Pod } from '../api/types.ts'
import { advance, type PodAction } from './pod-plan.ts'
import { type ContainerRecord, type Heard, newPodState, type PodState, restartBackoff } from './pod-state.ts'
import { podStatus } from './pod-status.ts'

/** `main`, `main Never`, `init main`, `sidecar main`: containers by name, and a restart policy with a capital letter. */
function podOf(words: string): Pod {
  const names = words.split(' ')
  const container = (name: string) => ({ name, image: `${name}:1` })
  const inits = names.filter((name) => name.startsWith('init') || name.startsWith('side'))
  return {
    metadata: { namespace: 'default', name: 'p', uid: 'u' },
    spec: {
      restartPolicy: names.find((name) => /^[A-Z]/.test(name)) ?? 'Always',
      terminationGracePeriodSeconds: 30,
      initContainers: inits.map((name) => ({
        ...container(name),
        ...(name.startsWith('side') ? { restartPolicy: 'Always' } : {}),
      })),
      containers: names.filter((name) => /^(main|b)/.test(name)).map(container),
    },
  }
}

class Story {
  state: PodState
  now = Date.UTC(2026, 0, 1)
  readonly lines: string[] = []
  #runs = 0
  /** When it wants to be woken, and by which line that was asked. */
  #lookAtMs = Number.POSITIVE_INFINITY

  constructor(pod: Pod) {
    this.state = newPodState(pod, undefined, this.now)
  }

  tell(words: readonly string[]): string[] {
    this.hear({ heard: 'time' }, 'begin')
    for (const word of words) this.#word(word)
    return this.lines
  }

  hear(heard: Heard, line: string): void {
    const [state, actions] = advance(this.state, heard, this.now)
    this.state = state
    for (const action of actions) if (action.do === 'look again') this.#lookAtMs = action.atMs
    const does = actions.map((action) => said(action, this.now)).filter((text) => text !== '')
    this.lines.push(`${line}: ${this.shown()}${does.length === 0 ? '' : ` → ${does.join(', ')}`}`)
    // What the API is told comes back with the next event.
    this.state = { ...state, pod: { ...state.pod, status: podStatus(state, '172.16.0.1', this.now) } }
  }

  #word(word: string): void {
    const [, seconds] = /^\+(\d+)s$/.exec(word) ?? []
    if (seconds !== undefined) {
      const end = this.now + Number(seconds) * 1000
      while (this.#lookAtMs <= end) {
        this.now = this.#lookAtMs
        this.#lookAtMs = Number.POSITIVE_INFINITY
        this.hear({ heard: 'time' }, `at +${(this.now - Date.UTC(2026, 0, 1)) / 1000}s`)
      }
      this.now = end
      return
    }
    this.hear(this.#heard(word), word)
  }

  #heard(word: string): Heard {
    const [subject = '', verb, detail = ''] = word.split(' ')
    if (subject === 'sandbox') return { heard: 'sandbox', podIP: '10.0.0.2' }
    if (subject === 'deleted') {
      const metadata = { ...this.state.pod.metadata, deletionTimestamp: 'x', deletionGracePeriodSeconds: Number(verb) }
      return { heard: 'pod', pod: { ...this.state.pod, metadata } }
    }
    if (subject === 'image') {
      const spec = { ...this.state.pod.spec, containers: [{ name: 'main', image: verb! }] }
      return { heard: 'pod', pod: { ...this.state.pod, spec } }
    }
    switch (verb) {
      case 'started': {
        const isStarted = detail !== 'starting'
        const ready = isStarted && detail !== 'unready'
        const running = { id: `id${++this.#runs}`, startedAtMs: this.now, ready, started: isStarted }
        return { heard: 'started', container: subject, imageID: 'i', running }
      }
      case 'ready':
        return { heard: 'ready', container: subject, ready: true }
      case 'is': {
        // `main is up`, `main is unready`, `main is condemned-by-liveness`.
        const [, by] = /^condemned-by-(startup|liveness|postStart)$/.exec(detail) ?? []
        const condemnedBy = by as 'startup' | 'liveness' | 'postStart' | undefined
        const started = by === undefined || by === 'liveness'
        const health = { started, ready: started && detail !== 'unready', condemnedBy }
        return { heard: 'health', container: subject, id: this.#idOf(subject), ...health }
      }
      case 'refused':
        return { heard: 'refused', container: subject, reason: detail, message: 'no such image' }
      case 'exits': {
        const id = this.#idOf(subject)
        const exitCode = Number(detail)
        const exit = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAtMs: this.now }
        return { heard: 'exited', container: subject, id, exit }
      }
      default:
        throw new Error(`a story has no such word: ${word}`)
    }
  }

  #idOf(name: string): string {
    const { now } = recordOf(this.state, name)
    return now.at === 'running' ? now.id : ''
  }

  /** As kubectl would: phase, each container's state, restarts, and whether the pod is ready. */
  shown(): string {
    const status = podStatus(this.state, '172.16.0.1', this.now)
    const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
    const states = all.map(({ state, restartCount }) => {
      const word = state?.running ? 'running' : (state?.waiting?.reason ?? state?.terminated?.reason)
      return restartCount === 0 ? word : `${word}(${restartCount})`
    })
    const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True' ? ' Ready' : ''
    return `${status.phase} ${states.join(' ')}${ready}`
  }
}

function said(action: PodAction, now: number): string {
  switch (action.do) {
    case 'start':
      return `start ${action.container}#${action.attempt}`
    case 'stop':
      return `stop ${action.container} in ${action.graceMs / 1000}s`
    case 'tell':
      return action.event.reason
    case 'look again':
      return `+${(action.atMs - now) / 1000}s`
    default:
      return action.do
  }
}

const creating = [
  'begin: Pending ContainerCreating → open sandbox',
  'sandbox: Pending ContainerCreating → start main#0',
]
const stories: [name: string, pod: string, words: string[], lines: string[]][] = [
  [
    'M12 a container runs, becomes ready later, and stays',
    'main',
    ['sandbox', 'main started unready', 'main ready'],
    [...creating, 'main started unready: Running running', 'main ready: Running running Ready'],
  ],
  [
    'M12 a container that exits is restarted at once, then after 10 s, 20 s …',
    'main',
    [
      'sandbox',
      'main started',
      'main exits 1',
      '+1s',
      'main started',
      'main exits 1',
      '+11s',
      'main started',
      'main exits 0',
      '+30s',
    ],
    [
      ...creating,
      'main started: Running running Ready',
      'main exits 1: Running Error → +1s',
      'at +1s: Running Error → start main#1',
      'main started: Running running(1) Ready',
      'main exits 1: Running Error(1) → +1s',
      'at +2s: Running CrashLoopBackOff(1) → BackOff, +9s',
      'at +11s: Running CrashLoopBackOff(1) → start main#2',
      'main started: Running running(2) Ready',
      'main exits 0: Running Completed(2) → +1s',
      'at +13s: Running CrashLoopBackOff(2) → BackOff, +19s',
      'at +32s: Running CrashLoopBackOff(2) → start main#3',
    ],
  ],
  [
    'restartPolicy Never ends Succeeded',
    'main Never',
    ['sandbox', 'main started', 'main exits 0', '+60s'],
    [...creating, 'main started: Running running Ready', 'main exits 0: Succeeded Completed'],
  ],
  [
    'restartPolicy Never ends Failed',
    'main Never',
    ['sandbox', 'main started', 'main exits 3'],
    [...creating, 'main started: Running running Ready', 'main exits 3: Failed Error'],
  ],
  [
    'restartPolicy OnFailure restarts a failure and leaves a success',
    'main OnFailure',
    ['sandbox', 'main started', 'main exits 3', '+1s', 'main started', 'main exits 0'],
    [
      ...creating,
      'main started: Running running Ready',
      'main exits 3: Running Error → +1s',
      'at +1s: Running Error → start main#1',
      'main started: Running running(1) Ready',
      'main exits 0: Succeeded Completed(1)',
    ],
  ],
  [
    'init containers one after the other, then the containers together',
    'init1 init2 main b',
    ['sandbox', 'init1 started', 'init1 exits 0', 'init2 started', 'init2 exits 0', 'main started', 'b started'],
    [
      'begin: Pending PodInitializing PodInitializing PodInitializing PodInitializing → open sandbox',
      'sandbox: Pending PodInitializing PodInitializing PodInitializing PodInitializing → start init1#0',
      'init1 started: Pending running PodInitializing PodInitializing PodInitializing',
      'init1 exits 0: Pending Completed PodInitializing PodInitializing PodInitializing → start init2#0',
      'init2 started: Pending Completed running PodInitializing PodInitializing',
      'init2 exits 0: Pending Completed Completed PodInitializing PodInitializing → start main#0, start b#0',
      'main started: Pending Completed Completed running PodInitializing',
      'b started: Running Completed Completed running running Ready',
    ],
  ],
  [
    'an init container that fails with restartPolicy Never fails the pod',
    'init main Never',
    ['sandbox', 'init started', 'init exits 1', '+60s'],
    [
      'begin: Pending PodInitializing PodInitializing → open sandbox',
      'sandbox: Pending PodInitializing PodInitializing → start init#0',
      'init started: Pending running PodInitializing',
      'init exits 1: Failed Error PodInitializing',
    ],
  ],
  [
    'a sidecar starts first, runs along, and ends last',
    'sidecar main Never',
    ['sandbox', 'sidecar started', 'main started', 'main exits 0', 'sidecar exits 0', '+60s'],
    [
      'begin: Pending PodInitializing PodInitializing → open sandbox',
      'sandbox: Pending PodInitializing PodInitializing → start sidecar#0',
      'sidecar started: Pending running PodInitializing → start main#0',
      'main started: Running running running Ready',
      'main exits 0: Running running Completed → Killing, stop sidecar in 30s',
      'sidecar exits 0: Succeeded Completed Completed',
    ],
  ],
  [
    'a container that its liveness probe condemns is ended and starts again, also after a clean exit',
    'main OnFailure',
    ['sandbox', 'main started', 'main is condemned-by-liveness', 'main is unready', 'main exits 0', '+1s'],
    [
      ...creating,
      'main started: Running running Ready',
      'main is condemned-by-liveness: Running running Ready → Killing, stop main in 30s',
      'main is unready: Running running',
      'main exits 0: Running Completed → +1s',
      'at +1s: Running Completed → start main#1',
    ],
  ],
  [
    'with restartPolicy Never it is ended, and that is all',
    'main Never',
    ['sandbox', 'main started', 'main is condemned-by-liveness', 'main exits 143', '+60s'],
    [
      ...creating,
      'main started: Running running Ready',
      'main is condemned-by-liveness: Running running Ready → Killing, stop main in 30s',
      'main exits 143: Failed Error',
    ],
  ],
  [
    'a startup that fails: not ready, ended, again',
    'main',
    ['sandbox', 'main started starting', 'main is condemned-by-startup', 'main exits 137', '+1s'],
    [
      ...creating,
      'main started starting: Running running',
      'main is condemned-by-startup: Running running → Killing, stop main in 30s',
      'main exits 137: Running Error → +1s',
      'at +1s: Running Error → start main#1',
    ],
  ],
  [
    'a hook after the start: not ready before it is through',
    'main',
    ['sandbox', 'main started starting', 'main is up'],
    [...creating, 'main started starting: Running running', 'main is up: Running running Ready'],
  ],
  [
    'the containers wait until a sidecar has started, and not when it starts again',
    'sidecar main',
    [
      'sandbox',
      'sidecar started starting',
      'sidecar is up',
      'main started',
      'sidecar exits 1',
      '+1s',
      'sidecar started starting',
      'main exits 1',
      '+1s',
    ],
    [
      'begin: Pending PodInitializing PodInitializing → open sandbox',
      'sandbox: Pending PodInitializing PodInitializing → start sidecar#0',
      'sidecar started starting: Pending running PodInitializing',
      'sidecar is up: Pending running PodInitializing → start main#0',
      'main started: Running running running Ready',
      'sidecar exits 1: Running Error running → +1s',
      'at +1s: Running Error running → start sidecar#1',
      'sidecar started starting: Running running(1) running',
      'main exits 1: Running running(1) Error → +1s',
      'at +2s: Running running(1) Error → start main#1',
    ],
  ],
  [
    'a pod that ends restarts nothing, whatever its probes say',
    'main',
    ['sandbox', 'main started', 'deleted 30', 'main is condemned-by-liveness', 'main exits 0'],
    [
      ...creating,
      'main started: Running running Ready',
      'deleted 30: Running running Ready → Killing, stop main in 30s',
      'main is condemned-by-liveness: Running running Ready',
      'main exits 0: Succeeded Completed → leave',
    ],
  ],
  [
    'an image that cannot be had: ErrImagePull, ImagePullBackOff, and again after 10 s, 20 s',
    'main',
    ['sandbox', 'main refused ErrImagePull', '+11s', 'main refused ErrImagePull', '+2s', 'deleted 30'],
    [
      ...creating,
      'main refused ErrImagePull: Pending ErrImagePull → +1s',
      'at +1s: Pending ImagePullBackOff → BackOff, Failed, +10s',
      'at +11s: Pending ContainerCreating → start main#0',
      'main refused ErrImagePull: Pending ErrImagePull → +1s',
      'at +12s: Pending ImagePullBackOff → BackOff, Failed, +20s',
      'deleted 30: Pending ImagePullBackOff → leave',
    ],
  ],
  [
    'M5 W11.8 deletion: SIGTERM, the grace period, and the object goes once everything has ended',
    'main',
    ['sandbox', 'main started', 'deleted 30', 'main exits 0'],
    [
      ...creating,
      'main started: Running running Ready',
      'deleted 30: Running running Ready → Killing, stop main in 30s',
      'main exits 0: Succeeded Completed → leave',
    ],
  ],
  [
    'W11.9 deleted again with less grace: the time left becomes shorter, never longer',
    'main',
    ['sandbox', 'main started', 'deleted 30', '+5s', 'deleted 10', 'deleted 60', 'main exits 137'],
    [
      ...creating,
      'main started: Running running Ready',
      'deleted 30: Running running Ready → Killing, stop main in 30s',
      'deleted 10: Running running Ready → stop main in 10s',
      'deleted 60: Running running Ready',
      'main exits 137: Failed Error → leave',
    ],
  ],
  [
    'a container that is starting when its pod is deleted is stopped once it runs',
    'main',
    ['sandbox', 'deleted 30', 'main started', 'main exits 0'],
    [
      ...creating,
      'deleted 30: Pending ContainerCreating',
      'main started: Running running Ready → Killing, stop main in 30s',
      'main exits 0: Succeeded Completed → leave',
    ],
  ],
  [
    'W9.12 another image: the container is replaced, and that is no failure',
    'main',
    ['sandbox', 'main started', 'image main:2', 'main exits 0', 'main started'],
    [
      ...creating,
      'main started: Running running Ready',
      'image main:2: Running running Ready → Killing, stop main in 30s',
      'main exits 0: Running Completed → start main#1',
      'main started: Running running(1) Ready',
    ],
  ],
]

test.each(stories)('%s', (_name, pod, words, lines) => {
  expect(new Story(podOf(pod)).tell(words)).toEqual(lines)
})

test('M12 the back-off doubles up to five minutes, and is forgotten after ten quiet ones', () => {
  const story = new Story(podOf('main'))
  story.tell(['sandbox', 'main started', 'main exits 1', '+1s'])
  const waits: number[] = []
  for (let i = 0; i < 8; i++) {
    const record = () => story.state.main[0]!
    story.hear({ heard: 'started', container: 'main', imageID: 'i', running: run(i, story.now) }, '')
    story.hear({ heard: 'exited', container: 'main', id: `r${i}`, exit: exitAt(story.now) }, '')
    const { now } = record()
    if (now.at !== 'ended') throw new Error(`after an exit the container is ${now.at}`)
    waits.push((now.restartAtMs! - story.now) / 1000)
    story.now = now.restartAtMs!
    story.hear({ heard: 'time' }, '')
  }
  expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300, 300])
  story.hear({ heard: 'started', container: 'main', imageID: 'i', running: run(9, story.now) }, '')
  story.now += 2 * restartBackoff.maxMs
  story.hear({ heard: 'exited', container: 'main', id: 'r9', exit: exitAt(story.now) }, '')
  const { now } = story.state.main[0]!
  expect(now.at === 'ended' && now.restartAtMs! - story.now).toBe(1000)
})

const run = (i: number, startedAtMs: number) => ({ id: `r${i}`, startedAtMs, ready: true })
const exitAt = (finishedAtMs: number) => ({ exitCode: 1, reason: 'Error', finishedAtMs })

test('whatever is heard, in whatever order: nothing starts twice, nothing starts after a deletion, every pod can leave', () => {
  const word = fc.oneof(
    fc.constantFrom<Heard>({ heard: 'time' }, { heard: 'sandbox', podIP: '10.0.0.2' }),
    fc.record({
      act: fc.constantFrom('started', 'refused', 'exits', 'ready'),
      name: fc.constantFrom('init', 'sidecar', 'main', 'b'),
    }),
    fc.constant('delete' as const),
    fc.record({ waitMs: fc.integer({ min: 0, max: 400_000 }) }),
  )
  const policy = fc.constantFrom('Always', 'OnFailure', 'Never')
  fc.assert(
    fc.property(policy, fc.array(word, { maxLength: 40 }), fc.integer({ min: 0, max: 3 }), (policy, words, code) => {
      const story = new Story(podOf(`init sidecar main b ${policy}`))
      const starting = new Set<string>()
      let runs = 0
      const hear = (heard: Heard) => {
        const [state, actions] = advance(story.state, heard, story.now)
        for (const action of actions) {
          if (action.do !== 'start') continue
          expect(state.deletion).toBeUndefined()
          expect(starting.has(action.container)).toBe(false)
          const before = recordOf(story.state, action.container)
          expect(['waiting', 'refused', 'ended', 'backing off']).toContain(before.now.at)
          starting.add(action.container)
        }
        story.state = state
      }
      const play = (act: string, name: string) => {
        const { now } = recordOf(story.state, name)
        if (act === 'started' && now.at === 'starting') {
          starting.delete(name)
          hear({ heard: 'started', container: name, imageID: '', running: run(runs++, story.now) })
        } else if (act === 'refused' && now.at === 'starting') {
          starting.delete(name)
          hear({ heard: 'refused', container: name, reason: 'ErrImagePull', message: '' })
        } else if (act === 'exits' && now.at === 'running') {
          hear({ heard: 'exited', container: name, id: now.id, exit: { ...exitAt(story.now), exitCode: code } })
        } else if (act === 'ready') hear({ heard: 'ready', container: name, ready: true })
      }
      for (const step of words) {
        if (step === 'delete') hear(deletionOf(story.state))
        else if ('waitMs' in step) story.now += step.waitMs
        else if ('act' in step) play(step.act, step.name)
        else hear(step)
      }
      hear(deletionOf(story.state))
      // Whatever was begun comes to its end, and then the pod leaves.
      if (story.state.sandbox.at === 'opening') hear({ heard: 'sandbox', podIP: '10.0.0.2' })
      for (const name of ['init', 'sidecar', 'main', 'b']) play('started', name)
      for (const name of ['main', 'b', 'init', 'sidecar']) play('exits', name)
      expect(story.state.leaving).toBe(true)
    }),
  )
})

function recordOf(state: PodState, name: string): ContainerRecord {
  return [...state.init, ...state.main].find((record) => record.name === name)!
}

function deletionOf({ pod }: PodState): Heard {
  const metadata = { ...pod.metadata, deletionTimestamp: 'x', deletionGracePeriodSeconds: 30 }
  return { heard: 'pod', pod: { ...pod, metadata } }
}
