// What to type next: the lines below the table.
import { relative } from 'node:path'
import { simulatedRuntime } from '../../agent/runtime-label.ts'
import { apiVersionOf, oldDaemonSets } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import { readKubeconfig } from '../../client/kubeconfig.ts'
import type { Board } from '../live/board.ts'

export interface NextStepsFacts {
  readonly context: string
  /** The kubeconfig as it is now: kubectl needs no `--context` where ours is the current one. */
  readonly kubeconfigText: string
  /** `--kubeconfig FILE`, where it is not the file kubectl reads by itself. */
  readonly kubeconfigFlag: string
  /** The manifests that were applied, as they stand in their files. */
  readonly applied: readonly ApiObject[]
  readonly board: Board
  /** How this program was called: `everynode`, or `node bin/everynode.js` in a clone. */
  readonly program: string
}

/** In paragraphs: where there is little room, the notes go first. */
export interface NextSteps {
  readonly commands: readonly string[]
  readonly notes: readonly string[]
  readonly end: string
}

export function nextSteps(facts: NextStepsFacts): NextSteps {
  const isCurrent = currentContextOf(facts.kubeconfigText) === facts.context
  const flags = [facts.kubeconfigFlag, isCurrent ? '' : `--context ${facts.context}`].filter((flag) => flag !== '')
  const kubectl = ['kubectl', ...flags].join(' ')
  const [first] = facts.board.columns
  const name = first?.name ?? ''
  const namespace = first === undefined || first.namespace === 'default' ? '' : ` -n ${first.namespace}`
  const commands: [command: string, what: string][] =
    first === undefined
      ? [
          [`${kubectl} apply -f FILE`, 'a DaemonSet, such as examples/fluentd.yaml'],
          [`${kubectl} get nodes -o wide`, 'the nodes there are'],
          [`${facts.program} node add`, 'one more node'],
        ]
      : [
          [`${kubectl} get ds,pods -o wide${namespace}`, 'what runs where'],
          [`${kubectl} describe ds ${name}${namespace}`, 'the whole story of one DaemonSet'],
          ...logsOf(facts.board, kubectl),
          [`${facts.program} node add`, 'one more node: its pod comes by itself'],
          [`${kubectl} delete pod -l app=${name}${namespace}`, 'delete its pods: they come again'],
        ]
  const width = Math.max(...commands.map(([command]) => command.length))
  return {
    commands: [
      'next         in another terminal:',
      ...commands.map(([command, what]) => `  ${command.padEnd(width)}  # ${what}`),
    ],
    notes: onDeleteLines(facts, kubectl),
    end: 'Ctrl-C stops everything; the data stays.',
  }
}

/** What really runs has something to say. */
function logsOf({ columns }: Board, kubectl: string): [command: string, what: string][] {
  const real = columns.find(({ runtime, ready }) => ready > 0 && runtime !== '' && runtime !== simulatedRuntime)
  if (real === undefined) return []
  const namespace = real.namespace === 'default' ? '' : ` -n ${real.namespace}`
  return [[`${kubectl} logs ds/${real.name}${namespace}`, 'what one of its processes prints']]
}

/** Undefined where somebody has broken the file since it was written. */
function currentContextOf(text: string): string | undefined {
  try {
    return readKubeconfig(text).currentContext
  } catch {
    return undefined
  }
}

/** Written for the old version, a DaemonSet does not roll by itself: most people would wait for ever. */
function onDeleteLines({ applied, board }: NextStepsFacts, kubectl: string): string[] {
  const old = applied.find(
    (object) => object.kind === oldDaemonSets.kind && object.apiVersion === apiVersionOf(oldDaemonSets),
  )
  const column = board.columns.find((one) => one.name === old?.metadata.name && one.strategy === 'OnDelete')
  if (column === undefined) return []
  const patch = `'{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}'`
  return [
    `${column.name} has the update strategy OnDelete, the default of ${apiVersionOf(oldDaemonSets)}:`,
    `a new version waits until you delete the old pods. To let it roll by itself:`,
    `  ${kubectl} patch ds ${column.name} -p ${patch}`,
  ]
}

/** How a person calls this program: by its name, or through node in a clone. */
export function programName(script: string | undefined, directory: string): string {
  if (script === undefined || !script.endsWith('.js')) return 'everynode'
  const path = relative(directory, script)
  return path.startsWith('..') || path.includes('node_modules') ? 'everynode' : `node ${path}`
}
