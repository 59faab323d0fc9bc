import { generateKeyPairSync } from 'node:crypto';
import { createEgress } from '../../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../../adapters/oci/oci-registry.ts';
import { attachBundles } from '../../../adapters/sigstore/attach-bundle.ts';
import { createBundleSigner } from '../../../adapters/sigstore/bundle-signer.ts';
import { createLocalSigner } from '../../../adapters/sigstore/local-signer.ts';
import { createCosignSignature } from '../../../domain/trust/cosign-signature.ts';
import { createProvenance } from '../../../domain/trust/provenance-statement.ts';
import type { Signer } from '../../../domain/trust/signer.ts';
import { registryRealm } from '../../../infra/dev/registry-realm.ts';
import { buildImage, manifestBytes, pushImage, type TestLayer } from '../../images.ts';
import { type BenchStack, BUILDER_ID } from './bench-stack.ts';

/** Images are spread over this many repositories, as those of one team would be. */
const REPOSITORIES = 10;

/** Below every image, the same bytes: an operating system of a few hundred packages. */
const base: TestLayer = {
  files: {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    'var/lib/dpkg/status': Array.from(
      { length: 200 },
      (_, position) =>
        `Package: bench-library-${position}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.${position}-1\n`,
    ).join('\n'),
  },
};

export function createBenchSigner(): Signer {
  return createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'the key of the bench');
}

export interface BenchBuilder {
  /** Builds, pushes and signs image number `position`, evidence before the tag, as a real builder does. Its digest. */
  publish(position: number): Promise<string>;
  close(): Promise<void>;
}

export function createBenchBuilder({ record, pushToken }: BenchStack, signer: Signer): BenchBuilder {
  const { registry: host, gatewayUrl } = record.connection;
  const realm = registryRealm(gatewayUrl).host;
  const egress = createEgress({ configuredHosts: [host, realm], allowPublicHosts: false });
  const registry = createOciRegistry({
    ...{ host, egress, lease: createInProcessLease(), realmHosts: [realm] },
    credentials: { username: 'bench', password: pushToken },
  });
  const bundles = createBundleSigner();
  return {
    async publish(position) {
      const repository = `bench/app-${position % REPOSITORIES}`;
      const image = await buildImage({ layers: [base, applicationLayer(position)], created: new Date().toISOString() });
      const digest = await pushImage(registry, repository, image);
      const created = new Date().toISOString();
      const statements = [createCosignSignature(digest), provenanceOf(digest, position, created)];
      const items = await Promise.all(
        statements.map(async (statement) => ({
          subject: image.top,
          bundle: await bundles.sign(statement, signer),
          predicateType: statement.predicateType,
          created,
        })),
      );
      await attachBundles(registry, repository, items);
      await registry.putManifest(repository, `v${position}`, manifestBytes(image), image.top.mediaType);
      return digest;
    },
    close: () => egress.close(),
  };
}

/** What makes each image another one: a component of its own, so that nothing but the base is found in a cache. */
function applicationLayer(position: number): TestLayer {
  const manifest = { name: 'bench-application', version: `1.0.${position}`, license: 'Apache-2.0' };
  return {
    files: {
      'app/node_modules/bench-application/package.json': JSON.stringify(manifest),
      'app/index.js': `console.log(${position});\n`,
    },
  };
}

function provenanceOf(digest: Parameters<typeof createProvenance>[0], position: number, at: string) {
  return createProvenance(digest, {
    builderId: BUILDER_ID,
    builderHost: 'bench-host',
    invocationId: `${BUILDER_ID}/runs/${position}`,
    source: {
      repository: 'https://git.example.com/bench/application.git',
      commit: position.toString(16).padStart(40, '0'),
      signedBy: 'bench@example.com',
      committerEmail: 'bench@example.com',
      committedAt: 1_700_000_000,
    },
    toolchain: { bench: '1.0.0' },
    startedOn: at,
    finishedOn: at,
  });
}
