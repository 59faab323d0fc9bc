/** OpenVEX 0.2.0 (https://github.com/openvex/spec): a statement a finding, to be completed by those who know the product. */
import { createHash } from 'node:crypto';
import type { Finding } from '../../../domain/advisory/finding.ts';
import { productOf } from '../../../domain/advisory/vex/product-of.ts';
import type { ScanReport, ScanWriter } from './scan-report.ts';

const JUSTIFICATIONS: readonly string[] = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
];

/** "affected" needs an action, "not_affected" a justification or an impact statement (OPENVEX-SPEC, "Statement Fields"). */
function toState(finding: Finding) {
  const { vex, fixedIn } = finding;
  switch (vex?.status) {
    case 'not_affected':
      return {
        status: vex.status,
        ...(vex.justification !== undefined && JUSTIFICATIONS.includes(vex.justification)
          ? { justification: vex.justification }
          : { impact_statement: vex.statement ?? vex.justification ?? `as ${vex.source} says` }),
      };
    case 'affected': {
      const action = fixedIn === undefined ? 'No fix is known.' : `Update to ${fixedIn} or later.`;
      return { status: vex.status, action_statement: vex.statement ?? action };
    }
    case 'fixed':
      return { status: vex.status };
    case 'under_investigation':
    case undefined:
      return {
        status: 'under_investigation',
        ...(finding.because === undefined ? {} : { status_notes: finding.because }),
      };
  }
}

/** One a vulnerability of a component and what is said of it: its products are the images, of all that were scanned, that have it. */
function toStatements({ platforms }: ScanReport) {
  const found = platforms.flatMap(({ source, result }) =>
    result.findings.map((finding) => ({ finding, product: productOf(source.subject), state: toState(finding) })),
  );
  const groups = Map.groupBy(found, ({ finding: { advisory, aliases, purl }, state }) =>
    JSON.stringify([advisory, aliases, purl, state]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { advisory, aliases, purl } = first.finding;
    const subcomponents = [{ '@id': purl, identifiers: { purl } }];
    const products = [...new Set(group.map(({ product }) => product))];
    return {
      vulnerability: { name: advisory, aliases },
      products: products.map((product) => ({ '@id': product, subcomponents })),
      ...first.state,
    };
  });
}

/** Its schema wants a statement at least (`statements`, minItems 1), and about what was not found there is none to make. */
export const writeOpenVex: ScanWriter = (report) => {
  const statements = toStatements(report);
  if (statements.length === 0) return undefined;
  const digest = createHash('sha256')
    .update(JSON.stringify([report.scannedAt, statements]))
    .digest('hex');
  const document = {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': `https://openvex.dev/docs/public/vex-${digest}`,
    author: 'pratique scan',
    timestamp: report.scannedAt,
    version: 1,
    tooling: `pratique ${report.toolVersion}`,
    statements,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
};
