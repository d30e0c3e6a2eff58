// An agent that is not root: containers in namespaces of their own, and into them.

import { spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nothingLeft, whyNoSandbox } from '../../../test/process-world.ts'

const nobody = 65534
const program = new URL('../../../test/process-rootless-child.ts', import.meta.url).pathname
const as = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
/** The sources may lie where nobody else than root may read. */
const mayRead = spawnSync(process.execPath, ['-e', `fs.readFileSync('${program}')`], as).status === 0

test.skipIf(whyNoSandbox() !== undefined || !mayRead)(
  'who is not root runs containers and gets into them',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'everynode-rootless-'))
    try {
      if (as.uid !== undefined) chownSync(directory, as.uid, as.gid)
      const words = ['--import', 'tsx', program, directory]
      const ran = spawnSync(process.execPath, words, {
        ...as,
        encoding: 'utf8',
        env: { ...process.env, HOME: directory },
      })
      expect(ran.stderr).toBe('')
      const { user, processes, rights, terminal } = JSON.parse(ran.stdout)
      expect(user).toBe(`${as.uid ?? process.getuid?.()} 4`)
      expect(Number(processes.split(' ')[0])).toBeLessThan(10)
      expect(rights).toBe('CapEff:\t0000000000000000 0')
      expect(terminal).toBe('yes 0')
      await nothingLeft(directory)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
)
