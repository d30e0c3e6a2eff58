import { configDefaults, defineConfig } from 'vitest/config'

// Quick tests: `*.test.ts`. Long ones, which `npm test` leaves to `npm run test:all`: `*.long.test.ts`.
const all = process.env.EVERYNODE_TESTS === 'all'
/** Against a real control plane: `npm run test:kubernetes`. */
const elsewhere = ['test/kubernetes/**']
const exclude = [...configDefaults.exclude, ...elsewhere, ...(all ? [] : ['**/*.long.test.ts'])]
/** Generous: what is waited for comes at once on a quiet machine, and a loud one must not make a test fail. */
const limits = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 10_000 } } }

/** Pure functions hold no state between two test files: these share their modules, which halves the time of loading them. */
const pure = ['src/base/**/*.test.ts', 'src/api/**/*.test.ts', 'src/reconcile/**/*.test.ts']

export default defineConfig({
  test: {
    reporters: process.env.EVERYNODE_TESTS === undefined ? ['default'] : ['default', './scripts/closing-line.ts'],
    // Most of the time of the slow files is spent waiting for a cluster: two at a time, also on a small machine.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...limits,
          name: 'whole',
          include: ['src/**/*.test.ts', 'checks/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: [...exclude, ...pure],
        },
      },
      { test: { ...limits, name: 'pure', include: pure, exclude, isolate: false } },
    ],
  },
})
