/** The demo's policy: everything enforced from the first push; people decide only about production. */
export interface DemoBuilder {
  readonly name: string;
  readonly id: string;
  readonly publicKeyPem: string;
}

/** `sources`: repository to the Git repository it is built from, by the builder named last. */
export function demoPolicy(
  version: number,
  builders: readonly DemoBuilder[],
  sources: Readonly<Record<string, string>>,
): string {
  const newest = builders.at(-1)?.name ?? '';
  const indent = (text: string, spaces: number) =>
    text
      .trim()
      .split('\n')
      .map((line) => `${' '.repeat(spaces)}${line}`)
      .join('\n');
  return `apiVersion: pratique.dev/v1
kind: Policy
version: ${version}

intake:
  repositories: ['apps/**']

environments:
  - name: dev
    repository: dev/{repository}
    gates: &gates
      - gate: digest
      # Built by a trusted builder, from the source this policy names, and signed with the builder's key.
      - gate: provenance
      - gate: sbom
      - gate: scan-fresh
        maximumAge: P1D
        databaseMaximumAge: P7D
      - gate: vulnerabilities
        severity: high
      - gate: licences
        deny: ['AGPL-*', 'SSPL-*']
  - name: staging
    repository: staging/{repository}
    after: [dev]
    gates: *gates
  - name: prod
    repository: prod/{repository}
    after: [staging]
    production: true
    gates: *gates
    # Where production enforces, each approval carries a proof of the approver's own.
    approvals:
      required: 1
      groups: [release]
      notCommitter: true

signers:
${builders.map(({ name, publicKeyPem }) => `  - name: ${name}\n    publicKey: |\n${indent(publicKeyPem, 6)}`).join('\n')}
builders:
${builders.map(({ name, id }) => `  - { name: ${name}, id: "${id}", signer: ${name}, level: 1 }`).join('\n')}
sources:
${Object.entries(sources)
  .map(([repository, git]) => `  - { repository: "${repository}", git: "${git}", builder: ${newest} }`)
  .join('\n')}
`;
}
