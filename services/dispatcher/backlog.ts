/** How much waits in the database, and for how long, as metrics. */

import type { Database } from '../../adapters/postgres/database.ts';
import {
  type AdvisoryState,
  type Backlog,
  readAdvisoryState,
  readBacklog,
} from '../../adapters/postgres/read-status.ts';
import { observeGauge } from '../../adapters/telemetry/instruments.ts';

const LOOK_EVERY_MS = 10_000;

/** Looks every ten seconds. While the database is away there is nothing to observe: its own metric says so. */
export function measureBacklog(db: Database, onError: (error: unknown) => void): { stop(): void } {
  let last: Backlog | undefined;
  let advisories: AdvisoryState | undefined;
  const look = () =>
    Promise.all([readBacklog(db), readAdvisoryState(db)]).then(
      ([backlog, state]) => {
        last = backlog;
        advisories = state;
      },
      (error: unknown) => {
        last = undefined;
        advisories = undefined;
        onError(error);
      },
    );
  void look();
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  const forget = [
    observeGauge('pratique_backlog', (result) => {
      if (last === undefined) return;
      result.observe(last.outbox.waiting, { kind: 'outbox' });
      result.observe(last.generations.pending + last.generations.running, { kind: 'generations' });
      result.observe(last.workflowRequests.pending, { kind: 'workflow-requests' });
      result.observe(last.incidents.subjectsUnconfirmed, { kind: 'unconfirmed-subjects' });
      result.observe(last.deadLetters.notReplayed, { kind: 'dead-letters' });
    }),
    observeGauge('pratique_backlog_oldest_age_seconds', (result) => {
      if (last === undefined) return;
      result.observe(last.outbox.oldestSeconds ?? 0, { kind: 'outbox' });
      result.observe(last.generations.oldestSeconds ?? 0, { kind: 'generations' });
      result.observe(last.workflowRequests.oldestSeconds ?? 0, { kind: 'workflow-requests' });
      result.observe(last.histories.oldestSeconds ?? 0, { kind: 'histories' });
    }),
    observeGauge('pratique_advisories_age_seconds', (result) => {
      const at = advisories?.syncedAt ?? undefined;
      if (at !== undefined) result.observe((Date.now() - Date.parse(at)) / 1000);
    }),
    observeGauge('pratique_advisories_feed_age_seconds', (result) => {
      for (const { ecosystem, syncedAt } of advisories?.feeds ?? [])
        if (syncedAt !== null) result.observe((Date.now() - Date.parse(syncedAt)) / 1000, { ecosystem });
    }),
    observeGauge('pratique_advisories_failed', (result) => {
      if (advisories !== undefined) result.observe(advisories.failure === null ? 0 : 1);
    }),
    observeGauge('pratique_advisories_behind', (result) => {
      if (advisories !== undefined) result.observe(advisories.epoch > advisories.rescannedThrough ? 1 : 0);
    }),
    observeGauge('pratique_history_retention_seconds', (result) => {
      const seconds = last?.histories.retentionSeconds ?? undefined;
      if (seconds !== undefined) result.observe(seconds);
    }),
  ];
  return {
    stop() {
      clearInterval(timer);
      for (const each of forget) each();
    },
  };
}
