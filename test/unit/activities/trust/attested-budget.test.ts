import { describe, expect, it } from 'vitest';
import {
  createAttestedBudget,
  MAX_ATTESTED_BYTES,
  MAX_ATTESTED_ENTRIES,
  takeAttestedStock,
} from '../../../../activities/trust/attested-budget.ts';
import type { Finding } from '../../../../domain/advisory/finding.ts';
import type { StandingOf } from '../../../../domain/advisory/left-to-distribution.ts';
import type { Component } from '../../../../domain/sbom/component.ts';
import type { DocumentScan } from '../../../../domain/trust/attested-document.ts';
import { createFinding } from '../../domain/policy/judged-artifact.ts';

const component = (position: number, dependsOn: readonly string[] = []): Component => ({
  ...{ purl: `pkg:npm/a${position}@1`, ecosystem: 'npm', advisoryName: `a${position}`, name: `a${position}` },
  ...{ version: '1', advisoryVersion: '1', licences: [], hashes: [], dependsOn, scope: 'runtime', foundBy: 'test' },
  locations: [],
});

/** As a long document is kept: what is looked at is unpacked, and counted. */
function packed(length: number, at = component) {
  const looked = { times: 0 };
  const list = new Proxy([] as Component[], {
    get(_, name) {
      if (name === 'length') return length;
      looked.times += 1;
      return at(Number(name));
    },
  });
  return { list, looked };
}

function scanner(of: (piece: readonly Component[]) => Partial<DocumentScan> = () => ({})) {
  const pieces: (readonly Component[])[] = [];
  const scan = async (piece: readonly Component[]): Promise<DocumentScan> => {
    pieces.push(piece);
    const database = { records: 1, digest: 'sha256:0', newest: undefined };
    return { findings: [], undecided: [], database, syncedAt: undefined, feeds: [], ...of(piece) };
  };
  return { scan, pieces };
}

describe('an attested SBOM', () => {
  it('of more components than are kept is refused by its code, and none of it is unpacked', async () => {
    const { list, looked } = packed(1_000_000);
    expect(await takeAttestedStock(scanner(), createAttestedBudget(), list)).toEqual({
      problem: expect.stringMatching(/^DOCUMENTS_TOO_LARGE: more than 200000 components and findings in the documents/),
    });
    expect(looked.times).toBe(0);
  });

  it('that is long is scanned piece by piece, each component looked at once, and keeps no names it depends on', async () => {
    const { list, looked } = packed(45_000, (position) => component(position, [`pkg:npm/a${position + 1}@1`]));
    const documents = scanner((piece) => ({
      findings: [createFinding({ purl: piece[0]!.purl })],
      feeds: [{ ecosystem: 'npm', at: undefined }],
    }));
    const taken = await takeAttestedStock(documents, createAttestedBudget(), list);
    if ('problem' in taken) throw new Error(taken.problem);
    expect(looked.times).toBe(45_000);
    expect(documents.pieces.map((piece) => piece.length)).toEqual([20_000, 20_000, 5000]);
    expect(documents.pieces[2]!.at(-1)).toEqual(component(44_999, ['pkg:npm/a45000@1']));
    expect(taken.components).toHaveLength(45_000);
    expect(taken.components.every(({ dependsOn }) => dependsOn.length === 0)).toBe(true);
    expect(taken.scan.findings.map(({ purl }) => purl)).toEqual([0, 20_000, 40_000].map((at) => `pkg:npm/a${at}@1`));
    expect(taken.scan.feeds).toEqual([{ ecosystem: 'npm', at: undefined }]);
  });

  it('that is long leaves to a distribution what a package of its, pieces away, brought', async () => {
    const last = 25_000;
    const { list } = packed(last + 1, (position) => {
      if (position === 0) return { ...component(0), ownedBy: component(last).purl };
      return position === last ? { ...component(last), ecosystem: 'Debian', release: '12' } : component(position);
    });
    const left: string[] = [];
    const documents = {
      scan: async (piece: readonly Component[], standingOf: StandingOf): Promise<DocumentScan> => {
        for (const one of piece) if (standingOf(one).kind === 'left') left.push(one.purl);
        return scanner().scan(piece);
      },
    };
    await takeAttestedStock(documents, createAttestedBudget(), list);
    expect(left).toEqual(['pkg:npm/a0@1']);
  });

  it('whose short names stand for long ones is scanned without them, once they are too long', async () => {
    const long = 'x'.repeat(1024 * 1024);
    const { list } = packed(20, (position) => component(position, [long]));
    const documents = scanner();
    await takeAttestedStock(documents, createAttestedBudget(), list);
    expect(documents.pieces[0]!.map(({ dependsOn }) => dependsOn.length)).toEqual([
      ...Array.from({ length: 16 }, () => 1),
      ...Array.from({ length: 4 }, () => 0),
    ]);
  });

  it('without a component is scanned all the same', async () => {
    const documents = scanner();
    expect(await takeAttestedStock(documents, createAttestedBudget(), [])).toMatchObject({ components: [] });
    expect(documents.pieces).toEqual([[]]);
  });

  it('that matches too much is refused before the rest is scanned', async () => {
    const many = new Array<Finding>(MAX_ATTESTED_ENTRIES - 41_000).fill(createFinding());
    const documents = scanner(() => ({ findings: many }));
    const { list } = packed(41_000);
    expect(await takeAttestedStock(documents, createAttestedBudget(), list)).toMatchObject({
      problem: expect.stringMatching(/^DOCUMENTS_TOO_LARGE/),
    });
    expect(documents.pieces).toHaveLength(2);
  });
});

describe('the documents of one artifact together', () => {
  it.each([
    ['entries', MAX_ATTESTED_ENTRIES],
    ['bytes', MAX_ATTESTED_BYTES],
  ] as const)('have so many %s, and what still fits is taken', (what, most) => {
    const budget = createAttestedBudget();
    expect(budget.take(what, most - 1)).toBeUndefined();
    expect(budget.take(what, 2)).toMatchObject({ problem: expect.stringContaining(String(most)) });
    expect(budget.take(what, 1)).toBeUndefined();
    expect(budget.take(what, 1)).toMatchObject({ problem: expect.stringContaining(String(most)) });
  });
});
