import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serviceCommand } from './install.ts'
import type { AgentFlags } from './settings.ts'
import { agentUnit } from './unit.ts'

const usual: AgentFlags = { nodeRoot: '/', runtime: 'auto', logLevel: 'info', unitFile: '' }
const deploy = new URL('../../../deploy/systemd/', import.meta.url).pathname

test('the unit that lies in deploy is the one that --install writes', () => {
  const command = serviceCommand(usual, '/var/lib/everynode-agent', ['/usr/bin/everynode'])
  expect(readFileSync(`${deploy}everynode-agent.service`, 'utf8')).toBe(agentUnit({ command }))
})

test('the service is started as it was asked for, without what joins it', () => {
  const flags: AgentFlags = {
    ...usual,
    server: 'https://10.0.0.1:6443',
    token: 'abcdef.0123456789abcdef',
    caHash: `sha256:${'a'.repeat(64)}`,
    nodeName: 'x',
    port: 0,
    nodeRoot: '/srv/node',
    nodeLabels: ['a=b', 'c=d'],
    runtime: 'cri',
  }
  expect(serviceCommand(flags, '/data', ['everynode']).join(' ')).toBe(
    'everynode agent --data /data --port 0 --node-root /srv/node --node-labels a=b,c=d --runtime cri',
  )
})

const words: [word: string, written: string][] = [
  ['/usr/bin/everynode', '/usr/bin/everynode'],
  ['a b', '"a b"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['50%', '50%%'],
  ['$HOME', '$$HOME'],
  ["it's", '"it\'s"'],
  ['', '""'],
]

test.each(words)('%j stands in a unit as %s', (word, written) => {
  expect(agentUnit({ command: ['x', word] })).toContain(`ExecStart=x ${written}\n`)
})

test('systemd itself finds nothing wrong with the units', (context) => {
  try {
    execFileSync('systemd-analyze', ['--version'], { stdio: 'pipe' })
  } catch {
    context.skip('no systemd-analyze')
  }
  const directory = mkdtempSync(join(tmpdir(), 'everynode-units-'))
  for (const name of readdirSync(deploy)) {
    // The program is somewhere else on every machine.
    const text = readFileSync(join(deploy, name), 'utf8').replace('/usr/bin/everynode', '/bin/true')
    writeFileSync(join(directory, name), text)
    const said = execFileSync('sh', ['-c', `systemd-analyze verify --man=no '${join(directory, name)}' 2>&1 || true`])
    expect(said.toString()).not.toContain(name)
  }
  rmSync(directory, { recursive: true })
})
