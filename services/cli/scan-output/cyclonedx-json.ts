/** CycloneDX 1.6 with its vulnerabilities (https://cyclonedx.org/docs/1.6/json/#vulnerabilities). */
import { writeCycloneDx } from '../../../adapters/sbom/write-cyclonedx.ts';
import type { Finding } from '../../../domain/advisory/finding.ts';
import type { Component, Stock } from '../../../domain/sbom/component.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { ScanReport, ScanWriter } from './scan-report.ts';

/** One document for all platforms: a component that is in several is listed once, with all its places. */
function mergeStocks(report: ScanReport): Stock {
  const components = new Map<string, Component>();
  for (const { source } of report.platforms)
    for (const component of source.stock.components) {
      const known = components.get(component.purl);
      const locations = known === undefined ? component.locations : [...known.locations, ...component.locations];
      components.set(component.purl, { ...component, locations });
    }
  return {
    components: [...components.values()],
    unreadable: report.platforms.flatMap(({ source }) => source.stock.unreadable),
    complete: report.platforms.every(({ source }) => source.stock.complete),
  };
}

function sourceOf(id: string): { readonly name: string } {
  if (id.startsWith('GHSA-')) return { name: 'GitHub Advisory Database' };
  return { name: /^(DSA|DLA|DEBIAN)-/.test(id) ? 'Debian Security Tracker' : 'OSV' };
}

/** One vulnerability an advisory, with every component it affects. */
function toVulnerability(advisory: string, findings: readonly Finding[]) {
  const [first] = findings;
  if (first === undefined) throw new TypeError('a vulnerability has at least one finding');
  const source = { ...sourceOf(advisory), ...(first.url === undefined ? {} : { url: first.url }) };
  const fixes = [
    ...new Set(findings.flatMap(({ name, fixedIn }) => (fixedIn === undefined ? [] : [`${name} ${fixedIn}`]))),
  ];
  return {
    'bom-ref': `vulnerability:${advisory}`,
    id: advisory,
    source,
    references: [...first.aliases, ...(first.upstream ?? [])].map((id) => ({ id, source: { name: 'OSV' } })),
    ratings: [{ severity: first.severity, ...(first.score === undefined ? {} : { score: first.score }) }],
    ...(first.summary === '' ? {} : { description: first.summary }),
    ...(fixes.length === 0 ? {} : { recommendation: `Update to ${fixes.join(', ')} or later.` }),
    affects: [...new Map(findings.map((finding) => [finding.purl, finding])).values()].map(({ purl, version }) => ({
      ref: purl,
      versions: [{ version, status: 'affected' }],
    })),
  };
}

export const writeCycloneDxScan: ScanWriter = (report) => {
  const [first] = report.platforms;
  if (first === undefined)
    throw new CliError(exitCodes.infrastructure, 'SOURCE_EMPTY', `${report.target}: no platform to write about`);
  const single = report.platforms.length === 1 ? first.source.stock : mergeStocks(report);
  const bytes = writeCycloneDx({
    subject: first.source.subject,
    stock: single,
    created: first.source.created ?? report.scannedAt,
    toolVersion: report.toolVersion,
  });
  const findings = Map.groupBy(
    report.platforms.flatMap(({ result }) => result.findings),
    ({ advisory }) => advisory,
  );
  const bom: object = JSON.parse(new TextDecoder().decode(bytes));
  const vulnerabilities = [...findings].map(([advisory, group]) => toVulnerability(advisory, group));
  return `${JSON.stringify({ ...bom, vulnerabilities }, null, 2)}\n`;
};
