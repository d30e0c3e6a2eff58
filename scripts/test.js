// `npm test`: the house checks, then every test that is quick. `--all`: the long ones as well.
// The last line counts them: `N passed, N failed, N skipped`. Plain JavaScript, so that nothing has to be built first.
import { spawnSync } from 'node:child_process'

const all = process.argv.includes('--all')
function run(command, args, env = process.env) {
  return spawnSync(command, args, { stdio: 'inherit', env }).status ?? 1
}

// The tests that start the real program run what is built, so it is built from what is tested.
for (const script of ['check', 'build']) {
  if (run('npm', ['run', '--silent', script]) === 0) continue
  console.log(`\n\`npm run ${script}\` failed, so no test was run\n0 passed, 1 failed, 0 skipped`)
  process.exit(1)
}
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.config.ts']
process.exit(run(process.execPath, vitest, { ...process.env, EVERYNODE_TESTS: all ? 'all' : 'quick' }))
