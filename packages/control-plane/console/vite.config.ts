import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/** The page folds payloads that the server has decoded, so the codecs that a mode names stay out of it, and protobufjs with them. */
const withoutCodecs: Plugin = {
  name: 'without-codecs',
  transform: (code, id) =>
    /[\\/]protocol[\\/](?:src|dist)[\\/]modes[\\/][^\\/]+[\\/]messages\.[jt]s$/.test(id)
      ? [...code.matchAll(/export const (\w+)/g)].map(([, name]) => `export const ${name} = {};`).join('\n')
      : undefined,
};

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Relative, so that the console works behind any path of a proxy.
  base: './',
  plugins: [withoutCodecs],
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
