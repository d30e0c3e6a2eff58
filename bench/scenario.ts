// What a scenario is: one question, measured by running it once; how often, and what is printed, is the runner's.

export interface Scenario {
  readonly name: string
  /** One sentence: what is measured. */
  readonly question: string
  /** Runs when nothing else is asked for: enough that the spread says something, and short enough to be used. */
  readonly runs: number
  /** Nodes when nothing else is asked for, where the scenario has some. */
  readonly nodes?: number
  readonly records?: number
  readonly metrics: readonly Metric[]
  /** Whom it can measure. Default: self. */
  readonly contestants?: readonly string[]
  /** One run, on fresh ground: a value for each metric. */
  run(options: RunOptions): Promise<Readonly<Record<string, number>>>
}

export interface Metric {
  /** In the result; also the key of the value. */
  readonly name: string
  readonly unit: 'ms' | 's' | 'MB' | 'B' | '%' | '/s' | 'µs' | ''
  /** Where there is one: the figure that gates a release, and the one that the design aims at. */
  readonly goal?: Goal
}

export interface Goal {
  /** F1 …: docs/decisions and the performance page name them. */
  readonly id: string
  readonly better: 'less' | 'more'
  readonly must: number
  readonly moonshot: number
  /** The size the goal is meant for: at another one it is not judged. */
  readonly atNodes?: number
  readonly atRecords?: number
}

export interface RunOptions {
  /** One of the scenario's contestants. */
  readonly against: string
  /** Nodes of the cluster, where the scenario has one (0: it has none). */
  readonly nodes: number
  /** Records of the store, where the scenario has one (0: it has none). */
  readonly records: number
  /** A folder of this run's own, removed afterwards. */
  readonly directory: string
  /** A line for the person who waits. */
  say(line: string): void
}
