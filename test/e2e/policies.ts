/** Policies of the tests: an enforcing one that trusts the test's builder, and one that reports only and asks nobody. */
import type { TestBuilder } from './test-builder.ts';

const head = "apiVersion: pratique.dev/v1\nkind: Policy\nversion: 1\nintake:\n  repositories: ['**']\n";

/**
 * dev → staging → prod; prod asks for one approval by somebody who neither committed nor asked. `ofProd` is added to prod as
 * it is: lines of YAML that a release before this one could not read.
 */
export function enforcing(builder: TestBuilder, ofProd = ''): string {
  return `${head}environments:
  - name: dev
    repository: dev/{repository}
    gates: &gates
      - gate: digest
      - gate: signature
      - gate: provenance
      - gate: sbom
      - gate: vulnerabilities
        severity: critical
  - name: staging
    repository: staging/{repository}
    after: [dev]
    gates: *gates
  - name: prod
    repository: prod/{repository}
    after: [staging]
    gates: *gates
    approvals:
      required: 1
${ofProd}signers:
  - name: ci
    publicKey: |
${builder.publicKeyPem.trim().replaceAll(/^/gm, '      ')}
builders:
  - name: ci
    id: ${builder.id}
    signer: ci
    level: 2
`;
}

/** dev → prod without people: what was judged moves on, whatever the verdict. */
export function auditing(): string {
  return `${head}environments:
  - name: dev
    repository: dev/{repository}
    mode: audit
    gates: &gates
      - gate: digest
      - gate: sbom
  - name: prod
    repository: prod/{repository}
    after: [dev]
    mode: audit
    gates: *gates
`;
}
