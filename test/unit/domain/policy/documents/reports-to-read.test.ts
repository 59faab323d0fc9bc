import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { preferReports } from '../../../../../domain/policy/documents/prefer-reports.ts';
import {
  type RecordedReport,
  type ReportUse,
  reportsToRead,
} from '../../../../../domain/policy/documents/reports-to-read.ts';
import type { EvidenceRecord } from '../../../../../domain/trust/evidence.ts';
import { predicateTypes } from '../../../../../domain/trust/statement.ts';
import {
  ago,
  createEvidence,
  createFinding,
  createJudged,
  createPolicy,
  digestOf,
  keyIds,
  now,
} from '../judged-artifact.ts';

const signers = ['ci', 'release'];
const context = { policy: createPolicy(), environment: 'dev', now };
const scanner = 'https://scanner.example';

const recorded = (by: Parameters<typeof createEvidence>[0] = {}, seconds = 60): EvidenceRecord =>
  createEvidence({ predicateType: predicateTypes.vulns, report: { scanner, finishedAt: ago(seconds) }, ...by });
const there = (record: EvidenceRecord): RecordedReport => ({ record, isThere: true });
const gone = (record: EvidenceRecord): RecordedReport => ({ record, isThere: false });
const uses = (reports: readonly RecordedReport[], revoked: readonly string[] = []) =>
  reportsToRead(reports, { signers, judged: createJudged({ revoked }), contexts: [context] });

describe('of one scanner', () => {
  test.each<readonly [string, readonly RecordedReport[], readonly ReportUse[]]>([
    ['the newest is read', [there(recorded({}, 90)), there(recorded({}, 30))], ['superseded', 'read']],
    ['of two as old the first', [there(recorded()), there(recorded())], ['read', 'superseded']],
    ['an older one that is gone is superseded', [gone(recorded({}, 90)), there(recorded())], ['superseded', 'read']],
    ['one that is gone takes no place', [there(recorded({}, 90)), gone(recorded())], ['read', 'read']],
    ['one of the future takes no place', [there(recorded()), there(recorded({}, -4000))], ['read', 'read']],
    [
      'one that does not count takes no place',
      [there(recorded({}, 90)), there(recorded({ keyId: keyIds.stranger }))],
      ['read', 'refused'],
    ],
    [
      'one about another platform takes no place',
      [there(recorded({}, 90)), there(recorded({ subject: digestOf('arm') }))],
      ['read', 'read'],
    ],
    [
      'one by another of the signers does',
      [there(recorded({}, 90)), there(recorded({ keyId: keyIds.release }))],
      ['superseded', 'read'],
    ],
  ])('%s', (_what, reports, expected) => {
    expect(uses(reports)).toEqual(expected);
  });

  test('that is not named, or of a report that says nothing, all are read', () => {
    const nameless = () => there(recorded({ report: { scanner: '', finishedAt: ago(60) } }));
    const { report: _, ...silent } = recorded();
    expect(uses([nameless(), nameless(), there(silent), there(recorded())])).toEqual(['read', 'read', 'read', 'read']);
  });

  test('what counts in one of the environments alone is read for that one', () => {
    const prod = { ...context, policy: createPolicy(), environment: 'prod' };
    const text = {
      ...prod.policy.document,
      signers: prod.policy.document.signers.map((one) =>
        one.name === 'release' ? { ...one, environments: ['dev'] } : one,
      ),
    };
    const contexts = [context, prod].map((one) => ({ ...one, policy: { ...prod.policy, document: text } }));
    const [older, newer] = [there(recorded({}, 90)), there(recorded({ keyId: keyIds.release }))];
    const read = (of: typeof contexts) =>
      reportsToRead([older, newer], { signers, judged: createJudged(), contexts: of });
    expect(read(contexts)).toEqual(['read', 'read']);
    expect(read(contexts.slice(0, 1))).toEqual(['superseded', 'read']);
    expect(read(contexts.slice(1))).toEqual(['read', 'refused']);
  });
});

test('what is not read would change nothing', () => {
  const made = fc.record({
    name: fc.constantFrom('', 'pkg:npm/a/scan@1', 'pkg:npm/a/scan@2', scanner),
    seconds: fc.integer({ min: -1000, max: 5 }).map((tens) => tens * 10),
    keyId: fc.constantFrom(keyIds.ci, keyIds.release, keyIds.old, keyIds.stranger),
    advisory: fc.constantFrom('CVE-2020-1', 'CVE-2020-2', 'CVE-2020-3'),
  });
  fc.assert(
    fc.property(fc.array(made, { maxLength: 8 }), fc.subarray([keyIds.ci, keyIds.release]), (all, revokedKeys) => {
      const documents = all.map(({ name, seconds, keyId, advisory }) => {
        const facts = { scanner: name, finishedAt: ago(seconds) };
        const findings = [createFinding({ advisory, aliases: [] })];
        return {
          record: recorded({ keyId, report: facts }),
          content: { kind: 'vulnerabilities' as const, ...facts, databaseAt: ago(1), findings, undecided: [] },
        };
      });
      const revoked = revokedKeys.map((keyId) => `key:${keyId}`);
      const use = uses(
        documents.map(({ record }) => there(record)),
        revoked,
      );
      const seen = (kept: typeof documents) => {
        const judged = createJudged({ revoked, attested: { documents: kept, generated: {} } });
        const { platforms, scan, readings } = preferReports(judged, { prefer: 'attested', signers }, context);
        return { platforms, scan, readings };
      };
      const read = documents.filter((_, index) => use[index] !== 'superseded');
      expect(seen(read)).toEqual(seen(documents));
    }),
  );
});
