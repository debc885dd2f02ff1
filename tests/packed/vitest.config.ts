import { defineConfig } from 'vitest/config';

// `pnpm test:packed`: what users install, from tarballs and through a local registry. Minutes, not seconds, so apart from `pnpm test`.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.packed.ts'],
    globalSetup: ['./published.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
