// The control plane with its console and its record on disk, in a process of its own.
import { startControlPlane } from '@macp-agent/control-plane';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveHelper } from './measure.mjs';

const dataDir = await mkdtemp(join(tmpdir(), 'macp-bench-console-'));
const plane = await startControlPlane({
  runtimeAddress: process.argv[2],
  runtimeToken: 'observer',
  runtimeAllowInsecure: true,
  port: 0,
  dataDir,
  maxEventStreams: 2_000,
  maxConnections: 4_000,
  logger: { debug() {}, info() {}, warn: console.error, error: console.error },
});
await serveHelper(plane.url);
await plane.close();
await rm(dataDir, { recursive: true });
