/** The only activities with keys. They take references, re-check, and sign only what they have judged themselves. */
import type { GenerationKey } from '../../domain/artifact/generation-ledger.ts';
import type { QuarantineKey } from '../../domain/incident/quarantine-book.ts';
import { findEnvironment } from '../../domain/policy/environments.ts';
import type { PromotionKey } from '../../domain/promotion/promotion-book.ts';
import { withFailures } from '../failures.ts';
import { type Admission, admit } from './admit.ts';
import { type Attested, attest } from './attest.ts';
import { attestIncidents } from './attest-incidents.ts';
import { createEvidenceMemory } from './evidence-memory.ts';
import { judge } from './judge.ts';
import { beginRotation, type RotateDependencies, resignLive } from './rotate.ts';
import { withPatience } from './with-patience.ts';

export function createTrustActivities(given: Omit<RotateDependencies, 'memory'>) {
  const deps: RotateDependencies = { ...given, memory: createEvidenceMemory() };
  return withFailures({
    /** Records foreign evidence, attaches ours, judges for every environment. */
    attest: (key: GenerationKey): Promise<Attested> => withPatience(deps.verdicts, () => attest(deps, key)),

    /** Judges again for one environment: the policy, trust or the day changed since. */
    async judgeAgain(key: PromotionKey): Promise<void> {
      const policy = await deps.verdicts.policy();
      const environment = findEnvironment(policy, key.environment);
      if (environment === undefined) return;
      const { source } = await deps.promotions.route(key);
      const observed = await deps.registry.resolve(source, key.digest);
      for (const verdict of await judge(
        deps,
        policy,
        key,
        { repository: source, observed, evidenceAlsoIn: key.repository },
        [environment],
      ))
        await deps.verdicts.record(verdict, key.generation);
    },

    /** Writes down, with the artifact, what incidents did to it. */
    attestIncidents: (key: QuarantineKey): Promise<void> => attestIncidents(deps, key),

    /** Signs the admission of what was copied under a standing reservation. */
    admit: (key: PromotionKey): Promise<Admission> => withPatience(deps.verdicts, () => admit(deps, key)),

    /** Makes the new key of a rotation that was asked for at the gateway, and has it sign from now on. */
    beginRotation: (rotation: string): Promise<{ readonly retireAt: string }> => beginRotation(deps, rotation),

    /** Signs what is live once more, with the new key; what does not pass any more is recorded, and not signed. */
    resignLive: (rotation: string, pass: number): Promise<{ readonly looked: number }> =>
      resignLive(deps, rotation, pass),

    /** Seconds that are left of the overlap; 0 where the old key is retired. */
    retireKey: (rotation: string): Promise<number> => deps.rotations.retire(rotation),
    noteRotation: (rotation: string, note: string): Promise<void> => deps.rotations.note(rotation, note),
    failRotation: (rotation: string, reason: string): Promise<void> => deps.rotations.fail(rotation, reason),
  });
}

export type TrustActivities = ReturnType<typeof createTrustActivities>;
