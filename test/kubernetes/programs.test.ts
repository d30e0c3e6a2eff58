// Nothing that the tests of a real control plane start outlives them, also where they are killed.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { until } from './programs.ts'

const owner = `
import { startProgram, temporaryHome } from ${JSON.stringify(new URL('programs.ts', import.meta.url).href)}
const home = temporaryHome()
const gone = startProgram('true', [])
await gone.exited
const { pid } = startProgram('sh', ['-c', 'trap "" TERM; sleep 300 & wait'])
process.stdout.write(pid + ' ' + home + '\\n')
setInterval(() => {}, 1000)
`

test.each(['SIGKILL', 'SIGINT'] as const)('whoever started programs ends by %s: they end, their folder goes', {
  timeout: 30_000,
}, async (signal) => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', owner], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = await new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve))
  const [pid = '', home = ''] = said.trim().split(' ')
  expect([isAlive(-Number(pid)), existsSync(home)]).toEqual([true, true])
  child.kill(signal)
  await until(
    async () => !isAlive(-Number(pid)) && !existsSync(home),
    20_000,
    () => `${pid} or ${home} is still there`,
  )
})

/** Also of a group. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
