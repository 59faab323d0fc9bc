/** Counts what was decided and done, where every outcome passes once it is committed: whoever tries a step again writes no second one. */
import { z } from 'zod';
import { isOpen, storedPromotionStates } from '../../domain/promotion/state.ts';
import { createCounter } from '../telemetry/instruments.ts';

/** A row of the outbox, as far as it is counted. */
export interface Outcome {
  readonly type: string;
  readonly data: object;
}

const judged = z.object({ environment: z.string(), outcome: z.string() });
const promoted = z.object({ environment: z.string() });
const signed = z.object({ key: z.string(), uses: z.array(z.unknown()) });

/** `promotion.live`, `promotion.denied`, … → the state it ended in. */
const endStates: ReadonlyMap<string, string> = new Map(
  storedPromotionStates.filter((state) => !isOpen(state)).map((state) => [`promotion.${state}`, state]),
);

/** Labels are environments of the policy and words of ours, never names from outside. What is of another form is not counted. */
export function createOutcomeCounter(): (outcome: Outcome) => void {
  const verdicts = createCounter('pratique_verdicts_total');
  const promotions = createCounter('pratique_promotions_total');
  const quarantines = createCounter('pratique_quarantines_total');
  const signatures = createCounter('pratique_signatures_total');
  return ({ type, data }) => {
    const state = endStates.get(type);
    if (state !== undefined) {
      const read = promoted.safeParse(data);
      if (read.success) promotions.add(1, { environment: read.data.environment, state });
    } else if (type === 'artifact.judged-for') {
      const read = judged.safeParse(data);
      if (read.success) verdicts.add(1, { environment: read.data.environment, outcome: read.data.outcome });
    } else if (type === 'artifact.quarantined') quarantines.add(1);
    else if (type === 'key.used') {
      const read = signed.safeParse(data);
      if (read.success) signatures.add(read.data.uses.length, { purpose: purposeOf(read.data.key) });
    }
  };
}

/** Of `evidence`, `admission-prod`, `pq-evidence`. */
function purposeOf(key: string): 'admission' | 'evidence' {
  return /^(?:pq-)?admission-/.test(key) ? 'admission' : 'evidence';
}
