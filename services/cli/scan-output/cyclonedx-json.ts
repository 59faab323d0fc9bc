/** CycloneDX 1.6 with its vulnerabilities (https://cyclonedx.org/docs/1.6/json/#vulnerabilities). */
import { writeCycloneDx } from '../../../adapters/sbom/write-cyclonedx.ts';
import type { Finding, VexStatus } from '../../../domain/advisory/finding.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { joinPlatforms } from '../join-platforms.ts';
import { describeSuppression } from '../scan-decisions.ts';
import type { ScanWriter } from './scan-report.ts';

function sourceOf(id: string): { readonly name: string } {
  if (id.startsWith('GHSA-')) return { name: 'GitHub Advisory Database' };
  return { name: /^(DSA|DLA|DEBIAN)-/.test(id) ? 'Debian Security Tracker' : 'OSV' };
}

const STATES: Readonly<Record<VexStatus, string>> = {
  not_affected: 'not_affected',
  fixed: 'resolved',
  affected: 'exploitable',
  under_investigation: 'in_triage',
};

/** Of CycloneDX 1.6, "impactAnalysisJustification". */
const OWN_JUSTIFICATIONS: readonly string[] = [
  ...['code_not_present', 'code_not_reachable', 'requires_configuration', 'requires_dependency'],
  ...['requires_environment', 'protected_by_compiler', 'protected_at_runtime', 'protected_at_perimeter'],
  'protected_by_mitigating_control',
];

/** Justifications of OpenVEX and CSAF under CycloneDX's names; its own stay as they are. */
const JUSTIFICATIONS: Readonly<Record<string, string>> = {
  component_not_present: 'code_not_present',
  vulnerable_code_not_present: 'code_not_present',
  vulnerable_code_not_in_execute_path: 'code_not_reachable',
  vulnerable_code_cannot_be_controlled_by_adversary: 'protected_by_mitigating_control',
  inline_mitigations_already_exist: 'protected_by_mitigating_control',
};

function toAnalysis(finding: Finding) {
  const { vex } = finding;
  const detail = describeSuppression(finding) ?? vex?.statement;
  if (vex === undefined && detail === undefined) return {};
  const said = vex?.justification ?? '';
  const justification = OWN_JUSTIFICATIONS.includes(said) ? said : JUSTIFICATIONS[said];
  return {
    analysis: {
      ...(vex === undefined ? {} : { state: STATES[vex.status] }),
      ...(justification === undefined ? {} : { justification }),
      ...(detail === undefined ? {} : { detail }),
    },
  };
}

/** Table "ratings[].method": by how a vector begins; version 2 has no prefix. */
function toRating({ severity, score, severityFrom = '' }: Finding) {
  const version = /^CVSS:(3\.0|3\.1|4\.0)\//.exec(severityFrom)?.[1];
  const methods = { '3.0': 'CVSSv3', '3.1': 'CVSSv31', '4.0': 'CVSSv4' } as const;
  const method = version === undefined ? 'CVSSv2' : methods[version as keyof typeof methods];
  return { severity, ...(score === undefined ? {} : { score, method, vector: severityFrom }) };
}

/** One vulnerability an advisory and decision about it, with every component it affects. */
function toVulnerability(reference: string, findings: readonly Finding[]) {
  const [first] = findings;
  if (first === undefined) throw new TypeError('a vulnerability has at least one finding');
  const { advisory } = first;
  const source = { ...sourceOf(advisory), ...(first.url === undefined ? {} : { url: first.url }) };
  const fixes = [
    ...new Set(findings.flatMap(({ name, fixedIn }) => (fixedIn === undefined ? [] : [`${name} ${fixedIn}`]))),
  ];
  return {
    'bom-ref': reference,
    id: advisory,
    source,
    references: [...first.aliases, ...(first.upstream ?? [])].map((id) => ({ id, source: { name: 'OSV' } })),
    ratings: [toRating(first)],
    ...(first.summary === '' ? {} : { description: first.summary }),
    ...(fixes.length === 0 ? {} : { recommendation: `Update to ${fixes.join(', ')} or later.` }),
    ...toAnalysis(first),
    affects: [...new Map(findings.map((finding) => [finding.purl, finding])).values()].map(({ purl, version }) => ({
      ref: purl,
      versions: [{ version, status: 'affected' }],
    })),
  };
}

/** What was decided is said once a vulnerability: where it differs between components, there are several of it. */
const decisionOf = (finding: Finding) => {
  const decision = finding.vex?.status ?? (finding.ignored === undefined ? undefined : 'ignored');
  return decision === undefined ? '' : `:${decision}:${describeSuppression(finding) ?? ''}`;
};

export const writeCycloneDxScan: ScanWriter = (report) => {
  const parts = report.platforms.map(({ source }) => source);
  const scanned = joinPlatforms(report.whole, parts);
  if (scanned === undefined)
    throw new CliError(exitCodes.infrastructure, 'SOURCE_EMPTY', `${report.target}: no platform to write about`);
  const { subject, stock, created } = scanned;
  const bytes = writeCycloneDx({
    subject,
    stock,
    created: created ?? report.scannedAt,
    toolVersion: report.toolVersion,
  });
  const findings = Map.groupBy(
    report.platforms.flatMap(({ result }) => result.findings),
    (finding) => `vulnerability:${finding.advisory}${decisionOf(finding)}`,
  );
  const bom: object = JSON.parse(new TextDecoder().decode(bytes));
  const vulnerabilities = [...findings].map(([reference, group]) => toVulnerability(reference, group));
  return `${JSON.stringify({ ...bom, vulnerabilities }, null, 2)}\n`;
};
