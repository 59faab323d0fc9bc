import { type EvidenceRecord, identityName, type ProvenanceFacts } from '../../trust/evidence.ts';
import { commandBuildType } from '../../trust/provenance-statement.ts';
import { sourceOf } from '../environments.ts';
import type { BuildClaim, JudgedArtifact } from '../gate.ts';
import type { Policy } from '../policy.ts';
import { matchesPattern } from '../repository-pattern.ts';
import { canonicalSource } from '../source-address.ts';
import { refusedLine, signerLabel, verifiedKeyId } from './evidence-line.ts';
import { type Gate, gateOutcome, type RuleOf } from './gate-context.ts';

type Builder = Policy['document']['builders'][number];

/** One provenance: who of the policy's builders vouches for it, or why nobody does. */
type Reading =
  | {
      readonly kind: 'trusted';
      readonly record: EvidenceRecord;
      readonly builder: Builder;
      readonly facts: ProvenanceFacts;
    }
  | { readonly kind: 'unreadable'; readonly record: EvidenceRecord; readonly why: string }
  | { readonly kind: 'refused'; readonly record: EvidenceRecord; readonly why: string };

/** SLSA v1 and v0.2 provenance. */
const isProvenance = (record: EvidenceRecord) => record.predicateType.startsWith('https://slsa.dev/provenance/');

function readProvenance(record: EvidenceRecord, judged: JudgedArtifact, policy: Policy): Reading {
  const refused = (why: string): Reading => ({ kind: 'refused', record, why });
  const { verification, provenance: facts } = record;
  if (record.origin === 'own') return refused("made by Pratique itself, which never counts as an artifact's origin");
  if (verification.outcome === 'rejected') return refused(`rejected (${verification.code}): ${verification.reason}`);
  if (record.subject !== judged.key.digest) return refused(`is about ${record.subject}, not this digest`);
  const keyId = verifiedKeyId(record);
  const by = signerLabel(policy, record);
  const builders = policy.document.builders.filter((builder) => policy.keyIds[builder.signer] === keyId);
  if (builders.length === 0) return refused(`signed by ${by}, who signs for no builder of the policy`);
  if (judged.revoked.includes(identityName(verification.identity))) return refused(`signed by ${by}, which is revoked`);
  if (facts === undefined)
    return { kind: 'unreadable', record, why: `signed by ${by}, but its predicate could not be read` };
  const builder = builders.find(({ id }) => id === facts.builderId);
  if (builder === undefined) return refused(`signed by ${by}, who does not speak for builder ${facts.builderId}`);
  if (builder.state === 'revoked' || judged.revoked.includes(builder.id))
    return refused(`builder "${builder.name}" is revoked`);
  return { kind: 'trusted', record, builder, facts };
}

/** Addresses the source may have; undefined where the policy asks for none. */
function wantedSources(rule: RuleOf<'provenance'>, policy: Policy, repository: string): readonly string[] | undefined {
  if (rule.sources !== undefined) return rule.sources;
  const source = sourceOf(policy, repository);
  return source === undefined ? undefined : [source.git];
}

/**
 * The SLSA Build level that holds: the lower of what the policy grants the pair of signer and builder, and what its provenance
 * shows; of several, the best. Provenance of our own build type shows level 1 until it says more. Undefined without any.
 */
export function slsaBuildLevel(judged: JudgedArtifact, policy: Policy): number | undefined {
  const levels = judged.evidence
    .filter(isProvenance)
    .map((record) => readProvenance(record, judged, policy))
    .flatMap((reading) => (reading.kind === 'trusted' ? [reading] : []))
    .map(({ builder, facts }) =>
      Math.min(builder.level, facts.buildType === commandBuildType ? (facts.slsaBuildLevel ?? 1) : builder.level),
    );
  return levels.length === 0 ? undefined : Math.max(...levels);
}

const sourceLine = ({ sourceRepository, commit }: ProvenanceFacts) =>
  `${sourceRepository === undefined ? 'an unnamed source' : canonicalSource(sourceRepository)} at ${commit ?? 'an unnamed commit'}`;

/**
 * Provenance of the artifact's own digest, signed by the key of a trusted builder for that builder's id, from a source
 * the policy allows. Trusted builders that name different commits make it `unknown`: one of them is wrong.
 */
export const provenanceGate: Gate<'provenance'> = (rule, judged, { policy }) => {
  const accepted = rule.builders ?? policy.document.builders.map(({ name }) => name);
  const readings = judged.evidence.filter(isProvenance).map((record) => readProvenance(record, judged, policy));
  const trusted = readings.filter((reading) => reading.kind === 'trusted');
  const unreadable = readings.filter((reading) => reading.kind === 'unreadable');
  const counted = trusted.filter(({ builder }) => accepted.includes(builder.name));
  const details = [
    ...trusted
      .filter((reading) => !counted.includes(reading))
      .map(({ record, builder }) => refusedLine(record, `builder "${builder.name}" is not one this gate accepts`)),
    ...readings.flatMap((reading) => (reading.kind === 'trusted' ? [] : [refusedLine(reading.record, reading.why)])),
  ];
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
          refusedLine(record, `"${builder.name}" says ${sourceLine(facts)}`),
        ),
      },
    );
  if (counted.length === 0) {
    const wanted = accepted.length === 0 ? 'the policy lists no builders' : `accepted: ${accepted.join(', ')}`;
    if (unreadable.length > 0)
      return gateOutcome('provenance', 'unknown', `the provenance there is could not be read (${wanted})`, { details });
    const seen = details.length === 0 ? 'there is no provenance' : `${details.length} refused`;
    return gateOutcome('provenance', 'fail', `no provenance by a trusted builder (${wanted}; ${seen})`, { details });
  }
  return (
    contradiction(counted, judged.claims) ??
    judgeSource(counted, wantedSources(rule, policy, judged.key.repository), details)
  );
};

/** What events claim proves nothing; where it differs from what is proved, or from itself, somebody is wrong about this artifact. */
function contradiction(counted: readonly Extract<Reading, { kind: 'trusted' }>[], claims: readonly BuildClaim[]) {
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

function judgeSource(
  counted: readonly Extract<Reading, { kind: 'trusted' }>[],
  wanted: readonly string[] | undefined,
  details: readonly string[],
) {
  const evidence = counted.map(({ record }) => record.manifest);
  const matches = ({ sourceRepository }: ProvenanceFacts) =>
    wanted === undefined ||
    (sourceRepository !== undefined &&
      wanted.some((pattern) => matchesPattern(canonicalSource(pattern), canonicalSource(sourceRepository))));
  const other = counted.find(({ facts }) => facts.sourceRepository !== undefined && !matches(facts));
  if (other !== undefined)
    return gateOutcome(
      'provenance',
      'fail',
      `built by "${other.builder.name}" from ${sourceLine(other.facts)}; the policy wants ${wanted?.join(' or ')}`,
      {
        evidence,
        details,
      },
    );
  const found = counted.find(({ facts }) => matches(facts));
  if (found === undefined)
    return gateOutcome(
      'provenance',
      'unknown',
      `built by "${counted[0]?.builder.name}", but no provenance names its source; the policy wants ${wanted?.join(' or ')}`,
      {
        evidence,
        details,
      },
    );
  const retiring = found.builder.state === 'retiring' ? ' (retiring)' : '';
  return gateOutcome(
    'provenance',
    'pass',
    `built by "${found.builder.name}"${retiring} from ${sourceLine(found.facts)}`,
    {
      evidence,
      details,
    },
  );
}
