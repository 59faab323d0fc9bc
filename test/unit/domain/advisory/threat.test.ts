import { describe, expect, test } from 'vitest';
import { matchComponents } from '../../../../domain/advisory/match.ts';
import { parseEpss } from '../../../../domain/advisory/parse-epss.ts';
import { parseKev } from '../../../../domain/advisory/parse-kev.ts';
import { addThreats, type Threat } from '../../../../domain/advisory/threat.ts';
import { component } from './component.ts';
import { affects, osv } from './osv.ts';

const HEAD = '#model_version:v2025.03.14,score_date:2026-01-01T00:00:00+0000\ncve,epss,percentile\n';

describe('EPSS', () => {
  test('scores by CVE; lines that are none are counted', () => {
    const parsed = parseEpss(
      `${HEAD}CVE-2024-1234,0.00042,0.05\r\ncve-2024-5678,1e-05,0.5\nnonsense\nCVE-2024-9999,1.5,0.5\n`,
    );
    expect(parsed?.rejected).toBe(2);
    expect([...parsed!.scores]).toEqual([
      ['CVE-2024-1234', { score: 0.00042, percentile: 0.05 }],
      ['CVE-2024-5678', { score: 0.00001, percentile: 0.5 }],
    ]);
  });

  test('a table that ends within a line is none', () => {
    expect(parseEpss(`${HEAD}CVE-2024-1234,0.00042,0.05\nCVE-2024-56`)).toBeUndefined();
    expect(parseEpss(`${HEAD}CVE-2024-1234,0.00042,0.05`)?.scores.size).toBe(1);
  });

  test.each(['', 'a,b,c\n1,2,3', '{"cve": 1}', '<html>'])('%j is no such table', (text) => {
    expect(parseEpss(text)).toBeUndefined();
  });
});

describe('KEV', () => {
  const entry = {
    cveID: 'CVE-2024-3094',
    dateAdded: '2024-04-01',
    dueDate: '2024-04-22',
    knownRansomwareCampaignUse: 'Known',
  };

  test('entries by CVE', () => {
    const kev = parseKev({
      catalogVersion: '2026.01.01',
      vulnerabilities: [entry, { cveID: 'CVE-2024-1234', dateAdded: '2024-05-01' }],
    });
    expect([...kev!]).toEqual([
      ['CVE-2024-3094', { added: '2024-04-01', due: '2024-04-22', ransomware: true }],
      ['CVE-2024-1234', { added: '2024-05-01', ransomware: false }],
    ]);
  });

  test('another number of entries than it says', () => {
    expect(parseKev({ catalogVersion: '1', count: 1, vulnerabilities: [entry] })?.size).toBe(1);
    expect(parseKev({ catalogVersion: '1', count: 1500, vulnerabilities: [entry] })).toBeUndefined();
  });

  test.each([undefined, [], {}, { catalogVersion: '1', vulnerabilities: [{ ...entry, cveID: 'x' }] }])(
    '%j is no catalogue',
    (json) => {
      expect(parseKev(json)).toBeUndefined();
    },
  );
});

test('a finding has what is known of any of its names: the likeliest score', async () => {
  const { findings } = matchComponents([component('npm', 'x', '1.0.0')], () => [
    osv('GHSA-1', { aliases: ['CVE-2024-1', 'CVE-2024-2'], affected: [affects('npm', 'x', 'i:0')] }),
  ]);
  const kev = { added: '2024-04-01', ransomware: false };
  const known = new Map<string, Threat>([
    ['CVE-2024-1', { epss: { score: 0.1, percentile: 0.2 } }],
    ['CVE-2024-2', { epss: { score: 0.9, percentile: 0.99 }, kev }],
  ]);
  expect(await addThreats(findings, { threats: async () => known })).toMatchObject([
    { epss: { score: 0.9, percentile: 0.99 }, kev },
  ]);
  expect(await addThreats(findings, { threats: async () => new Map() })).toEqual(findings);
});
