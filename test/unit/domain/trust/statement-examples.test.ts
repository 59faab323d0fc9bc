/** The statements that the in-toto attestation framework prints as examples, of its own predicates: each is read, and no spoilt one. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { statementSchema } from '../../../../domain/trust/statement.ts';
import { testData } from '../../../fixtures/test-data.ts';

const vectors = testData('vectors.tar.gz');
const folder = `${vectors}/in-toto-attestation/spec/predicates`;

type Example = Readonly<Record<string, unknown>> & { readonly subject: readonly object[] };

function examplesOf(file: string): [name: string, example: Example][] {
  const blocks = readFileSync(`${folder}/${file}`, 'utf8').matchAll(/```json\w*\n([\s\S]*?)```/g);
  return [...blocks].flatMap(([, text = ''], index): [string, Example][] => {
    try {
      const value = JSON.parse(text) as Partial<Example>;
      return value._type === undefined ? [] : [[`${file}, example ${index + 1}`, value as Example]];
    } catch {
      // A schema with its comments.
      return [];
    }
  });
}

describe.skipIf(vectors === undefined)("in-toto's own examples", () => {
  const examples =
    vectors === undefined
      ? []
      : readdirSync(folder)
          .filter((name) => name.endsWith('.md'))
          .flatMap(examplesOf);

  it('are there', () => {
    expect(examples.length).toBeGreaterThan(8);
  });

  it.each(examples)('%s', (_name, example) => {
    const { subject, predicateType } = example;
    expect(statementSchema.parse(example)).toMatchObject({ subject, predicateType });
    const spoilt = [
      { ...example, _type: 'https://in-toto.io/Statement/v9' },
      { ...example, subject: [] },
      { ...example, subject: subject.map((one) => ({ ...one, digest: 'sha256' })) },
      { ...example, predicateType: undefined },
    ];
    for (const one of spoilt) expect(statementSchema.safeParse(one).success, JSON.stringify(one)).toBe(false);
  });
});
