// Ends what a test has started once that test's process is gone, however it went: its standard input is that process's
// to close. Lines: `group PID` to end, `ended PID` for one that has ended by itself, `home PATH` to remove.
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

const groups = new Set()
const homes = new Set()
const words = {
  group: (pid) => groups.add(pid),
  ended: (pid) => groups.delete(pid),
  home: (path) => homes.add(path),
}

for await (const line of createInterface({ input: process.stdin })) {
  const space = line.indexOf(' ')
  words[line.slice(0, space)](line.slice(space + 1))
}
for (const pid of groups) {
  try {
    process.kill(-Number(pid), 'SIGKILL')
  } catch {
    // It has just ended.
  }
}
for (const path of homes) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
