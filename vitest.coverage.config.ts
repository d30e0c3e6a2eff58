import { configDefaults, defineConfig } from 'vitest/config'

// `npm run coverage`: every line and branch of the decisions is run by their own tests, or this fails.
export default defineConfig({
  test: {
    include: ['src/reconcile/**/*.test.ts'],
    exclude: configDefaults.exclude,
    // Counting every branch makes the properties slow, above all on a busy machine.
    testTimeout: 60_000,
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['src/reconcile/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: ['text'],
      thresholds: { 100: true },
    },
  },
})
