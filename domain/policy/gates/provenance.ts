import { refusedCount } from '../../trust/trust-refusal.ts';
import type { BuildClaim } from '../gate.ts';
import { evidenceLine, refusedEvidence } from './evidence-line.ts';
import { type Gate, gateOutcome } from './gate-context.ts';
import { judgePins, sourceLine, wantedSources } from './provenance-pins.ts';
import { isProvenance, type TrustedProvenance, vouchFor } from './vouched-provenance.ts';

/**
 * Provenance of the artifact's own digest, signed by the key of a trusted builder for that builder's id, from a source
 * the policy allows. Trusted builders that name different commits make it `unknown`: one of them is wrong.
 */
export const provenanceGate: Gate<'provenance'> = (rule, judged, context) => {
  const { policy } = context;
  const accepted = rule.builders ?? policy.document.builders.map(({ name }) => name);
  const readings = judged.evidence.filter(isProvenance).map((record) => vouchFor(record, judged, context));
  const trusted = readings.filter((reading) => reading.kind === 'trusted');
  const unreadable = readings.filter((reading) => reading.kind === 'unreadable');
  const counted = trusted.filter(({ builder }) => accepted.includes(builder.name));
  const refused = [
    ...trusted
      .filter((reading) => !counted.includes(reading))
      .map(({ record, builder: { name } }) =>
        refusedEvidence(record, {
          code: 'BUILDER_NOT_ACCEPTED',
          clause: `builder "${name}" is not one this gate accepts`,
        }),
      ),
    ...readings.flatMap((reading) =>
      reading.kind === 'trusted' ? [] : [refusedEvidence(reading.record, reading.why)],
    ),
  ];
  const details = refused.map(({ line }) => line);
  const evidence = trusted.map(({ record }) => record.manifest);
  const commits = new Set(trusted.flatMap(({ facts }) => (facts.commit === undefined ? [] : [facts.commit])));
  if (commits.size > 1)
    return gateOutcome(
      'provenance',
      'unknown',
      `trusted builders name ${commits.size} different commits: one of them is wrong`,
      {
        evidence,
        details: trusted.map(({ record, builder, facts }) =>
          evidenceLine(record, `"${builder.name}" says ${sourceLine(facts)}`),
        ),
      },
    );
  if (counted.length === 0) {
    const wanted = accepted.length === 0 ? 'the policy lists no builders' : `accepted: ${accepted.join(', ')}`;
    if (unreadable.length > 0)
      return gateOutcome('provenance', 'unknown', `the provenance there is could not be read (${wanted})`, { details });
    const seen = refusedCount(refused) || 'there is no provenance';
    return gateOutcome('provenance', 'fail', `no provenance by a trusted builder (${wanted}; ${seen})`, { details });
  }
  return (
    contradiction(counted, judged.claims) ??
    judgePins(counted, rule, wantedSources(rule, policy, judged.key.repository), details)
  );
};

/** What events claim proves nothing; where it differs from what is proved, or from itself, somebody is wrong about this artifact. */
function contradiction(counted: readonly TrustedProvenance[], claims: readonly BuildClaim[]) {
  const said = [
    ...counted.flatMap(({ builder, facts }) =>
      facts.commit === undefined ? [] : [{ commit: facts.commit.toLowerCase(), by: `provenance of "${builder.name}"` }],
    ),
    ...claims.map(({ commit, source }) => ({ commit: commit.toLowerCase(), by: `an event of ${source}` })),
  ];
  const commits = new Set(said.map(({ commit }) => commit));
  if (commits.size < 2) return undefined;
  return gateOutcome(
    'provenance',
    'unknown',
    `events and provenance name ${commits.size} different commits: one of them is wrong`,
    {
      evidence: counted.map(({ record }) => record.manifest),
      details: said.map(({ by, commit }) => `${by} says ${commit}`),
    },
  );
}
