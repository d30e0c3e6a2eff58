import { configDefaults, defineConfig } from 'vitest/config'

// Quick tests: `*.test.ts`. Long ones, which `npm test` leaves to `npm run test:all`: `*.long.test.ts`.
const all = process.env.EVERYNODE_TESTS === 'all'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'checks/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(all ? [] : ['**/*.long.test.ts'])],
    reporters: process.env.EVERYNODE_TESTS === undefined ? ['default'] : ['default', './scripts/closing-line.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
