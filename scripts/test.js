// `npm test`: the house checks, then every test that is quick. `--all`: the long ones as well, and those against a real
// Kubernetes control plane. The last line counts them: `N passed, N failed, N skipped`. Plain JavaScript, so that nothing
// has to be built first.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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

const configs = all ? ['vitest.config.ts', 'vitest.kubernetes.config.ts'] : ['vitest.config.ts']
const sum = { passed: 0, failed: 0, skipped: 0 }
for (const config of configs) {
  const counted = countedRun(config)
  for (const key of Object.keys(sum)) sum[key] += counted[key]
}
if (configs.length > 1) console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exit(sum.failed === 0 ? 0 : 1)

/** Whoever ends badly without having counted a failure, or without having counted at all, is one. */
function countedRun(config) {
  const folder = mkdtempSync(join(tmpdir(), 'everynode-test-'))
  const env = { ...process.env, EVERYNODE_TESTS: all ? 'all' : 'quick', EVERYNODE_COUNTS: join(folder, 'counts.json') }
  const status = run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--config', config], env)
  let counted = { passed: 0, failed: 0, skipped: 0 }
  try {
    counted = JSON.parse(readFileSync(env.EVERYNODE_COUNTS, 'utf8'))
  } catch {
    console.log(`${config}: no tests were counted`)
    return { ...counted, failed: 1 }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return status === 0 || counted.failed > 0 ? counted : { ...counted, failed: 1 }
}
