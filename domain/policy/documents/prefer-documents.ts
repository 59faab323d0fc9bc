import type { JudgedArtifact } from '../gate.ts';
import type { GateContext } from '../gates/gate-context.ts';
import { preferReports } from './prefer-reports.ts';
import { preferSbom } from './prefer-sbom.ts';

/**
 * The artifact as the documents have it that the policy prefers: without `documents` in the policy, and with `generated`, as it was
 * read from its layers, whatever others attest.
 */
export function preferDocuments(judged: JudgedArtifact, context: GateContext): JudgedArtifact {
  const { sbom, vulnerabilities } = context.policy.document.documents ?? {};
  const stocked = sbom === undefined || sbom.prefer === 'generated' ? judged : preferSbom(judged, sbom, context);
  return vulnerabilities === undefined || vulnerabilities.prefer === 'generated'
    ? stocked
    : preferReports(stocked, vulnerabilities, context);
}
