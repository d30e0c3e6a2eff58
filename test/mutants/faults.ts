// All planted faults, one or more for each group of DaemonSet rules.

import { decisionFaults } from './decision-faults.ts'
import type { Fault } from './fault.ts'
import { machineryFaults } from './machinery-faults.ts'
import { outcomeFaults } from './outcome-faults.ts'

export const faults: readonly Fault[] = [...decisionFaults, ...outcomeFaults, ...machineryFaults]
