/**
 * SARIF 2.1.0 (OASIS) as scanners of packages write it. The format has no place for a package: it is read from `purls` among the
 * properties of a rule or result, else from the sentences that Trivy, Grype and osv-scanner write; a result without either keeps
 * its vulnerability and names no package. Results that name no vulnerability (secrets, licences) are none of ours.
 */
import { z } from 'zod';
import type { Severity } from '../finding.ts';
import { digestsIn, type ReportedFinding, reportLimits, type ScannerReport } from './scanner-report.ts';

/** A sentence may be a whole description: only its beginning is looked at. */
const message = z.object({ text: z.string().nullish() }).nullish();
const text = z.string().max(reportLimits.text);
const properties = z
  .object({
    purl: text.nullish(),
    purls: z.array(text).max(reportLimits.ids).nullish(),
    'security-severity': z.unknown(),
  })
  .nullish();
/** osv-scanner has the other names of a vulnerability among them. */
const deprecatedIds = z.array(text).max(reportLimits.ids).nullish();
const ruleSchema = z.object({ id: text, deprecatedIds, properties });
const logSchema = z.object({
  version: z.literal('2.1.0'),
  runs: z
    .array(
      z.object({
        tool: z.object({
          driver: z.object({
            name: text,
            version: text.nullish(),
            semanticVersion: text.nullish(),
            rules: z.array(ruleSchema).max(reportLimits.findings).nullish(),
          }),
        }),
        results: z
          .array(z.object({ ruleId: text.nullish(), ruleIndex: z.number().int().nullish(), message, properties }))
          .max(reportLimits.findings)
          .nullish(),
        /** As Trivy says which image it was. */
        properties: z
          .object({
            imageID: text.nullish(),
            imageName: text.nullish(),
            repoDigests: z.array(text).max(reportLimits.ids).nullish(),
          })
          .nullish(),
      }),
    )
    .max(100),
});
type Rule = z.output<typeof ruleSchema>;
type Result = NonNullable<z.output<typeof logSchema>['runs'][number]['results']>[number];

const ID =
  /\b(?:CVE-\d{4}-\d{4,19}|GHSA(?:-[0-9a-z]{4}){3}|(?:PYSEC|GO|RUSTSEC|MAL|DSA|DLA|USN|ALSA|RHSA|OSV)-\d[\d:-]{0,30}\d)/g;
/** Trivy, Grype, osv-scanner. */
const PACKAGES = [
  /\bPackage: (?<name>\S{1,300})\nInstalled Version: (?<version>\S{1,200})/,
  / package: (?<name>\S{1,300}), version (?<version>\S{1,200}) was found/,
  /\bPackage '(?<name>[^'\s]{1,300})@(?<version>[^'\s@]{1,200})' is vulnerable/,
];
const FIXED = /\bFixed Version: (?<versions>[^\n]{1,500})/;
const LOOKED_AT = 2000;

/** Throws a ZodError. */
export function readSarif(json: unknown): ScannerReport {
  const { runs } = logSchema.parse(json);
  const driver = runs[0]?.tool.driver;
  const findings = runs.flatMap((run) => {
    const rules = run.tool.driver.rules ?? [];
    const byId = new Map(rules.map((rule) => [rule.id, rule]));
    return (run.results ?? []).flatMap((result) =>
      toFindings(result, rules[result.ruleIndex ?? -1] ?? byId.get(result.ruleId ?? '')),
    );
  });
  const about = digestsIn(
    runs.flatMap(({ properties: image }) => [image?.imageID, image?.imageName, ...(image?.repoDigests ?? [])]),
  );
  return {
    scanner: driver?.name ?? 'sarif',
    version: driver?.semanticVersion ?? driver?.version ?? '',
    about,
    findings,
  };
}

function toFindings(result: Result, rule: Rule | undefined): ReportedFinding[] {
  const sentence = (result.message?.text ?? '').slice(0, LOOKED_AT);
  const rules = [result.ruleId ?? rule?.id ?? '', ...(rule?.deprecatedIds ?? [])].join(' ');
  const ids = [...new Set(rules.match(ID) ?? sentence.match(ID) ?? [])].slice(0, reportLimits.ids);
  if (ids.length === 0) return [];
  const groups = PACKAGES.map((pattern) => pattern.exec(sentence)?.groups).find((found) => found !== undefined);
  const finding = {
    ids,
    ...{ name: groups?.name ?? '', version: groups?.version ?? '', severity: severityIn(rule, result) },
    fixedIn: (FIXED.exec(sentence)?.groups?.versions ?? '').split(/,\s*/).filter((version) => version !== ''),
  };
  const purls = [result, rule].flatMap((one) => [...(one?.properties?.purls ?? []), one?.properties?.purl ?? '']);
  const distinct = [...new Set(purls.filter((purl) => purl.startsWith('pkg:')))];
  return distinct.length === 0 ? [finding] : distinct.map((purl) => ({ ...finding, purl }));
}

/** GitHub's scale: https://docs.github.com/code-security, "security-severity". */
function severityIn(rule: Rule | undefined, result: Result): Severity {
  const score = Number(
    result.properties?.['security-severity'] ?? rule?.properties?.['security-severity'] ?? Number.NaN,
  );
  if (Number.isNaN(score)) return 'unknown';
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  return score >= 4 ? 'medium' : score > 0 ? 'low' : 'none';
}
