/** Signers of the policy whose trust ends: told once for each threshold, and measured. */
import type { Database } from '../../adapters/postgres/database.ts';
import type { PolicyStore } from '../../adapters/postgres/policy-store.ts';
import { tellTrustEnds } from '../../adapters/postgres/tell-trust-ends.ts';
import { observeGauge } from '../../adapters/telemetry/instruments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { trustEnds } from '../../domain/trust/trust-ends.ts';

const LOOK_EVERY_MS = 60_000;

/** Looks every minute; while the database is away it says nothing, and looks again. */
export function watchTrustEnds(
  db: Database,
  policies: Pick<PolicyStore, 'current'>,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  let signers: Policy['document']['signers'] = [];
  let told = new Set<string>();
  let looking: Promise<void> | undefined;
  const look = async () => {
    ({ signers } = (await policies.current()).document);
    const ends = trustEnds(signers, new Date().toISOString());
    const name = (end: object) => JSON.stringify(end);
    // Each has a row of its own that says it was told: this keeps from asking every minute.
    await tellTrustEnds(
      db,
      ends.filter((end) => !told.has(name(end))),
    );
    told = new Set(ends.map(name));
  };
  const start = () => {
    looking ??= look()
      .catch(onError)
      .finally(() => {
        looking = undefined;
      });
  };
  start();
  const timer = setInterval(start, LOOK_EVERY_MS);
  const forget = observeGauge('pratique_signer_validity_seconds', (result) => {
    for (const { name, until, state } of signers)
      if (until !== undefined && state !== 'revoked')
        result.observe((Date.parse(until) - Date.now()) / 1000, { signer: name });
  });
  return {
    async stop() {
      clearInterval(timer);
      forget();
      await looking;
    },
  };
}
