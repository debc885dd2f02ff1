import { defineConfig } from 'vitest/config';

const conditions = ['source'];

// `pnpm test:interop`: our runtime and client beside the reference runtime and the Python SDK. Apart from `pnpm test`, because these come
// from outside: scripts/install-reference-runtime.mjs and scripts/install-python-sdk.mjs fetch them once.
export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  resolve: { conditions },
  test: {
    root: import.meta.dirname,
    include: ['**/*.interop.ts'],
    globalSetup: ['./prepare.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
