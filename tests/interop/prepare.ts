import { build } from '../../scripts/build.mjs';
import { findPython, findReferenceRuntime } from './outside.js';

/** Builds what is spawned, and says what is compared with and what is not here. */
export async function setup(): Promise<void> {
  await build();
  const reference = findReferenceRuntime();
  const python = findPython();
  const lines = [
    reference === undefined
      ? 'reference runtime: NOT HERE, our runtime is tested alone; run node scripts/install-reference-runtime.mjs or set MACP_REFERENCE_RUNTIME'
      : `reference runtime: ${reference}`,
    python === undefined ? 'Python SDK: NOT HERE, its tests are left out; run node scripts/install-python-sdk.mjs or set MACP_PYTHON' : `Python SDK: ${python}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
