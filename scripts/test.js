// `npm test`: the house checks, then every test that is quick. `--all`: the long ones as well.
// The last line counts them: `N passed, N failed, N skipped`. Plain JavaScript, so that nothing has to be built first.
import { spawnSync } from 'node:child_process'

const all = process.argv.includes('--all')
const npx = (...command) => {
  const { status } = spawnSync(process.execPath, command, {
    stdio: 'inherit',
    env: { ...process.env, EVERYNODE_TESTS: all ? 'all' : 'quick' },
  })
  return status ?? 1
}

const check = spawnSync('npm', ['run', '--silent', 'check'], { stdio: 'inherit' }).status ?? 1
if (check !== 0) {
  console.log('\nthe checks failed, so no test was run\n0 passed, 1 failed, 0 skipped')
  process.exit(check)
}
process.exit(npx('node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.config.ts'))
