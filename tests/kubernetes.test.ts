import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRuntimeConfig } from '@macp-agent/runtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { read } from './docs/documents.js';

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly grpc?: { readonly port: number };
}
interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly securityContext: { readonly allowPrivilegeEscalation: boolean; readonly readOnlyRootFilesystem: boolean };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface Pod {
  readonly restartPolicy?: string;
  readonly securityContext: { readonly runAsNonRoot: boolean };
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly selector?: { readonly app?: string; readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: { readonly metadata: { readonly labels: Readonly<Record<string, string>> }; readonly spec: Pod };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

const manifests = parseAllDocuments(read('examples/kubernetes/decision.yaml')).map((document) => document.toJS() as Manifest);
const readme = read('examples/kubernetes/README.md');
const named = (kind: string): Manifest[] => manifests.filter((one) => one.kind === kind);
const podOf = (manifest: Manifest | undefined): Pod => manifest?.spec?.template?.spec as Pod;
const pods = [...named('StatefulSet'), ...named('Job')].map((manifest) => [manifest.metadata.name, manifest] as const);

describe('the Kubernetes example', () => {
  it('has a runtime and agents, and the policy of the templates', () => {
    expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ConfigMap policies',
      'Service runtime',
      'StatefulSet runtime',
      'Job coordinator',
      'Job fraud-agent',
    ]);
    expect(JSON.parse(named('ConfigMap')[0]?.data?.['majority.json'] ?? '')).toEqual(JSON.parse(read('templates/node/policies/majority.json')));
  });

  it.each(pods)('%s mounts what is there and what its README makes, runs as nobody special, and is watched', (_name, manifest) => {
    const pod = podOf(manifest);
    const [container] = pod.containers;
    const volumes = [...pod.volumes, ...(manifest.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata)].map(({ name }) => name);
    expect(container.volumeMounts.map(({ name }) => name).toSorted()).toEqual(volumes.toSorted());
    for (const name of pod.volumes.flatMap(({ secret }) => secret?.secretName ?? [])) expect(readme).toContain(`create secret generic ${name} `);
    expect([pod.securityContext.runAsNonRoot, container.securityContext]).toEqual([
      true,
      expect.objectContaining({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true }),
    ]);
    for (const { httpGet, grpc } of [container.startupProbe, container.livenessProbe]) {
      const [port] = container.ports;
      expect(httpGet ?? grpc).toEqual(grpc === undefined ? { path: '/healthz', port: port?.name } : { port: port?.containerPort });
    }
  });

  it('starts programs that the image of a template has, on the port that the README gives to the callback', () => {
    const dockerfile = read('templates/node/Dockerfile');
    for (const job of named('Job')) {
      const pod = podOf(job);
      const [{ args, ports, env }] = pod.containers;
      expect(pod.restartPolicy).toBe('OnFailure');
      expect(dockerfile).toContain(args?.[1]);
      expect(readme).toContain(`"port": ${ports[0]?.containerPort}`);
      expect(env).toContainEqual({ name: 'MACP_BOOTSTRAP_FILE', value: '/bootstrap/bootstrap.json' });
    }
  });

  it('gives the runtime settings that it takes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'macp-kubernetes-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [{ env, volumeMounts }] = podOf(named('StatefulSet')[0]).containers;
    for (const { mountPath } of volumeMounts) mkdirSync(join(folder, mountPath));
    writeFileSync(join(folder, 'tokens/tokens.json'), JSON.stringify({ tokens: [{ token: 'a-token', sender: 'coordinator' }] }));
    for (const [name, text] of Object.entries(named('ConfigMap')[0]?.data ?? {})) writeFileSync(join(folder, 'policies', name), text);
    // Paths of the container, below a folder of this test.
    const settings = Object.fromEntries(env.map(({ name, value }) => [name, value.startsWith('/') ? join(folder, value) : value]));
    expect(loadRuntimeConfig(settings)).toMatchObject({
      options: { host: '0.0.0.0', port: 50051, policies: [expect.objectContaining({ policyId: 'policy.fraud.majority' })] },
      warnings: [],
    });
  });
});
