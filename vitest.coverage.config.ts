import { configDefaults, defineConfig } from 'vitest/config'

// `npm run coverage`: every line and branch of the DaemonSet decision is run by its own tests, or this fails.
export default defineConfig({
  test: {
    include: ['src/reconcile/daemonset/**/*.test.ts'],
    exclude: configDefaults.exclude,
    // Counting every branch makes the properties slow, above all on a busy machine.
    testTimeout: 60_000,
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['src/reconcile/daemonset/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: ['text'],
      thresholds: { 100: true },
    },
  },
})
