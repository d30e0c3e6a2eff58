import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openLog } from './log-file.ts'

test('a line is one event with its fields, those of its parents too', () => {
  const directory = mkdtempSync(join(tmpdir(), 'everynode-log-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'log')
  const { log, flush } = openLog('info', file)
  return sleep(50).then(() => {
    log.child({ controller: 'x' }).info('delete', { pod: 'p' })
    log.debug('not this one')
    flush()
    const [line, rest] = readFileSync(file, 'utf8').split('\n')
    expect(JSON.parse(line!)).toMatchObject({ controller: 'x', pod: 'p', event: 'delete' })
    expect(rest).toBe('')
  })
})

test('a full disk ends the log, not the program; it is said once', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => said.mockRestore())
  const { log, flush } = openLog('info', '/dev/full')
  const child = log.child({ controller: 'x' })
  for (let i = 0; i < 5; i++) {
    log.info('one')
    child.info('two')
    await sleep(20)
  }
  flush()
  child.info('three')
  await sleep(20)
  expect(said.mock.calls.map(([text]) => String(text))).toEqual([
    expect.stringMatching(/^the log is not written any more: .*ENOSPC/),
  ])
})
