import { defineConfig } from 'vitest/config'

// `npm run test:kubernetes`: against a real control plane, built by `npm run kubernetes:assets` or found by
// KUBEBUILDER_ASSETS.
export default defineConfig({
  test: {
    include: ['test/kubernetes/**/*.test.ts'],
    reporters: ['default', './scripts/closing-line.ts'],
    globalSetup: 'test/kubernetes/planes.ts',
    maxWorkers: 1,
    maxConcurrency: 6,
    hookTimeout: 120_000,
  },
})
