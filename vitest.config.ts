import { defineConfig } from 'vitest/config';

const conditions = ['source'];

export default defineConfig({
  // Sources instead of dist, so that tests need no build.
  ssr: { resolve: { conditions, externalConditions: conditions } },
  resolve: { conditions },
  test: {
    // The last one is for `npm test` inside a template, which finds this file above it and looks in `test`.
    include: ['packages/*/src/**/*.test.ts', 'templates/*/test/**/*.test.ts', 'examples/**/src/**/*.test.ts', 'tests/**/*.test.ts', '*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // A run is five processes.
    maxConcurrency: 2,
    // Tests wait for processes more than they compute: one worker, the default on two cores, takes half as long again.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
