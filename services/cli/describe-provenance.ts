import type { JudgedProvenance } from './judge-provenance.ts';

/** Lines for people, indented under the line of the evidence. */
export function describeProvenance({ slsa, ...said }: JudgedProvenance): string[] {
  const { source } = said;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['builder', `${said.builderId}${said.producer === undefined ? '' : ` (${said.producer})`}`],
    [
      'source',
      source === undefined
        ? 'not named'
        : `${source.repository} at ${source.commit ?? 'no commit'}${source.ref === undefined ? '' : `, ${source.ref}`}`,
    ],
    ['entry point', said.entryPoint],
    [
      'level',
      `SLSA Build level ${slsa.level}${slsa.whyNotHigher.length === 0 ? '' : `, because ${slsa.whyNotHigher.map(({ reason }) => reason).join('; ')}`}`,
    ],
    [
      'facts',
      `${slsa.hermetic ? 'hermetic' : 'not shown to be hermetic'}, ${slsa.reproducible ? 'reproducible' : 'not shown to be reproducible'}`,
    ],
    ['older names', slsa.older],
  ];
  return rows.flatMap(([name, text]) => (text === undefined ? [] : [`              ${name}: ${text}`]));
}
