import { configDefaults, defineConfig } from 'vitest/config'

// Quick tests: `*.test.ts`. Long ones, which `npm test` leaves to `npm run test:all`: `*.long.test.ts`.
const all = process.env.EVERYNODE_TESTS === 'all'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'checks/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(all ? [] : ['**/*.long.test.ts'])],
    reporters: process.env.EVERYNODE_TESTS === undefined ? ['default'] : ['default', './scripts/closing-line.ts'],
    // Most of the time of the slow files is spent waiting for a cluster: two at a time, also on a small machine.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
