// What is played on both control planes, named after upstream's tests and the rules of DaemonSets where there is one.
import { history } from './scenarios/history.ts'
import { placement } from './scenarios/placement.ts'
import { lives } from './scenarios/pods.ts'
import { rollouts } from './scenarios/rollouts.ts'
import { rooms } from './scenarios/rooms.ts'
import { surges } from './scenarios/surges.ts'
import type { Scenario } from './scenarios/words.ts'

/** The same whoever binds the pods. */
export const anyPlacement: readonly Scenario[] = [...placement, ...rollouts, ...surges, ...lives]

export const scenarios: readonly Scenario[] = [...anyPlacement, ...history, ...rooms]
