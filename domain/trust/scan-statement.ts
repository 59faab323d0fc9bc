import type { Finding, ScanResult } from '../advisory/finding.ts';
import type { Digest } from '../artifact/digest.ts';
import { createStatement, predicateTypes, type Statement } from './statement.ts';

/** When a scan ran, and what ran it. Times are RFC 3339. */
export interface ScanRun {
  /** URI and version of the scanner. */
  readonly scanner: { readonly uri: string; readonly version: string };
  /** URI of the advisory database. */
  readonly database: string;
  readonly startedOn: string;
  readonly finishedOn: string;
}

/** Members of ours inside open lists of a predicate are named by URI, so that no consumer takes them for the specification's. */
export const scanField = (name: string) => `https://pratique.dev/vulns/v1/${name}`;

/** The state that somebody gave it, for every environment: OpenVEX's words, and `accepted_risk`. */
function vexOf({ vex, ignored, decision }: Finding): Readonly<Record<string, unknown>> {
  if (decision === undefined) return {};
  const { id, by, owner, until } = decision;
  const said = {
    status: ignored === undefined ? (vex?.status ?? 'affected') : 'accepted_risk',
    ...(vex?.justification === undefined ? {} : { justification: vex.justification }),
    statement: ignored?.reason ?? vex?.statement ?? '',
    author: vex?.author ?? by,
  };
  return { [scanField('vex')]: { ...said, decision: id, owner, ...(until === undefined ? {} : { until }) } };
}

/**
 * A scan as evidence (in-toto predicates/vulns_02.md). An empty `result` means that nothing was found; what matching could not
 * decide is in an annotation of its own, so that it never looks clean.
 */
export function createScanStatement(subject: Digest, scan: ScanResult, run: ScanRun): Statement {
  return createStatement(subject, predicateTypes.vulns, {
    scanner: {
      ...run.scanner,
      db: {
        uri: run.database,
        version: scan.database.digest,
        // Required by the specification; a database without a dated record is as old as can be.
        lastUpdate: scan.database.newest ?? '1970-01-01T00:00:00Z',
      },
      result: scan.findings.map((finding) => ({
        id: finding.advisory,
        severity: [
          { method: 'osv', score: finding.severity },
          ...(finding.score === undefined ? [] : [{ method: 'cvss_score', score: finding.score.toFixed(1) }]),
        ],
        annotations: [
          {
            [scanField('purl')]: finding.purl,
            [scanField('aliases')]: finding.aliases,
            ...(finding.fixedIn === undefined ? {} : { [scanField('fixedIn')]: finding.fixedIn }),
            ...(finding.kev === undefined ? {} : { [scanField('knownExploited')]: finding.kev }),
            ...(finding.epss === undefined ? {} : { [scanField('epss')]: finding.epss }),
            ...(finding.path === undefined ? {} : { [scanField('path')]: finding.path }),
            ...(finding.reach === undefined ? {} : { [scanField('reach')]: finding.reach }),
            ...vexOf(finding),
            [scanField('locations')]: finding.locations.map(({ path, layer }) => ({ path, layer })),
          },
        ],
      })),
      [scanField('undecided')]: scan.undecided.map(({ purl, advisory, reason }) => ({ purl, advisory, reason })),
      ...(scan.left === undefined ? {} : { [scanField('left')]: scan.left }),
    },
    metadata: { scanStartedOn: run.startedOn, scanFinishedOn: run.finishedOn },
  });
}

/**
 * The same for consumers of `cosign verify-attestation --type vuln`
 * (cosign specs/COSIGN_VULN_ATTESTATION_SPEC.md, predicate `https://cosign.sigstore.dev/attestation/vuln/v1`).
 */
export function createCosignScanStatement(subject: Digest, scan: ScanResult, run: ScanRun): Statement {
  return createStatement(subject, predicateTypes.cosignVuln, {
    invocation: { parameters: null, uri: '', event_id: '', 'builder.id': '' },
    scanner: {
      ...run.scanner,
      db: { uri: run.database, version: scan.database.digest },
      result: { findings: scan.findings, undecided: scan.undecided },
    },
    metadata: { scanStartedOn: run.startedOn, scanFinishedOn: run.finishedOn },
  });
}
