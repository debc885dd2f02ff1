import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Relative, so that the console works behind any path of a proxy.
  base: './',
  resolve: { conditions: ['source', 'module', 'browser', 'import', 'default'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../dist/console', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // The reducers and policy rules are pure; the wire codecs beside them are not needed here and fall away.
      treeshake: { moduleSideEffects: (id: string) => !/[\\/]packages[\\/](protocol|core)[\\/]|protobufjs/.test(id) },
    },
  },
});
