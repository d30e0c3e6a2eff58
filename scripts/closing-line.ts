// The last words of a test run: what was skipped and why, and the line that counts. A test file that could not even be
// loaded counts as a failure. EVERYNODE_COUNTS names a file for the counts: scripts/test.js adds those of several runs.
import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 }
    const skips = new Map<string, number>()
    for (const module of modules) {
      if (module.state() === 'failed' && [...module.children.allTests()].length === 0) count.failed++
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed' || result.state === 'failed') count[result.state]++
        else {
          count.skipped++
          const why = result.state === 'skipped' ? (result.note ?? 'no reason given') : 'never run'
          skips.set(why, (skips.get(why) ?? 0) + 1)
        }
      }
    }
    const file = process.env.EVERYNODE_COUNTS
    if (file !== undefined) writeFileSync(file, JSON.stringify(count))
    process.on('exit', () => {
      for (const [why, times] of skips) console.log(`skipped ${times}: ${why}`)
      console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
    })
  }
}
