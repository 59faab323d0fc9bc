/**
 * Every metric Pratique exports: the one place that names them, as Prometheus has names: the unit last, `_total` for counters.
 * docs/metrics.md tells of them.
 */
interface MetricDescription {
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** The end of its name. Absent: it counts, or says whether. */
  readonly unit?: 'seconds' | 'bytes';
  readonly description: string;
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

const SHORT = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LONG = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];

export const metricCatalog = {
  pratique_process_resident_memory_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    description: 'Resident memory of the process',
  },
  pratique_process_heap_used_bytes: { kind: 'gauge', unit: 'bytes', description: 'JavaScript heap in use' },
  pratique_process_event_loop_delay_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    description: 'Event loop delay since the last scrape, by quantile (0.5, 0.99, 1)',
  },
  pratique_http_request_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    description: 'HTTP requests by method, route and status',
    buckets: SHORT,
  },
  pratique_webhook_calls_total: {
    kind: 'counter',
    description: 'Webhook calls by registry kind and outcome: accepted, unauthorized, limited, malformed, unavailable',
  },
  pratique_webhook_events_total: {
    kind: 'counter',
    description: 'Events in webhook calls by registry kind and what became of them: accepted, unread, or why skipped',
  },
  pratique_source_events_total: {
    kind: 'counter',
    description: 'Calls of POST /events by outcome: accepted, unauthorized, forbidden, limited, malformed, unavailable',
  },
  pratique_requests_limited_total: {
    kind: 'counter',
    description: 'Requests answered with 429, by part: api, events, webhooks',
  },
  pratique_registry_tokens_total: {
    kind: 'counter',
    description:
      'Tokens asked for the registry by outcome: granted, reduced (less than was asked for), unauthorized, limited',
  },
  pratique_kafka_publish_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    description: 'From handing a record over to its acknowledgement by all in-sync replicas, by topic and outcome',
    buckets: SHORT,
  },
  pratique_kafka_consumed_records_total: {
    kind: 'counter',
    description: 'Records handled, by topic and outcome: handled, dead-letter, transient-failure',
  },
  pratique_kafka_record_age_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    description: 'Age of a record when its handling begins, by topic',
    buckets: LONG,
  },
  pratique_kafka_consumer_lag: {
    kind: 'gauge',
    description: 'Records in a partition not handled yet, by topic and partition, as of the last fetch',
  },
  pratique_dependency_unavailable_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    description: 'For how long what the process depends on has not answered, by dependency; 0 where it does',
  },
  pratique_backlog: {
    kind: 'gauge',
    description:
      'What waits in the database, by kind: outbox, generations, workflow-requests, unconfirmed-subjects, dead-letters',
  },
  pratique_backlog_oldest_age_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    description:
      'Age of the oldest that waits, by kind: outbox (not published), generations (taken in and not judged), workflow-requests (not started), histories (of closed workflows, not kept)',
  },
  pratique_advisories_age_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    description: 'Since advisories were last brought in; no value where they never were',
  },
  pratique_advisories_feed_age_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    description: 'Since the feed of an ecosystem was last brought in, by ecosystem; no value where nobody knows',
  },
  pratique_advisories_failed: {
    kind: 'gauge',
    description: '1 while the last import of a source failed and it was not brought in since, else 0',
  },
  pratique_advisories_behind: {
    kind: 'gauge',
    description: '1 while an import is in force whose changes are still being looked for, else 0',
  },
  pratique_trusted_root_age_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    description: 'Since the TUF repository of the trusted root was last asked and gave what verified',
  },
  pratique_trusted_root_validity_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    description: 'Until the trusted root that a TUF repository gave expires; below 0 it counts no more',
  },
  pratique_signer_validity_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    description: 'Until the trust in a signer of the policy ends, by signer; below 0 it has ended',
  },
  pratique_activity_duration_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    description: 'Tries of activities, local ones too, by activity and outcome: completed, failed, cancelled',
    buckets: LONG,
  },
  pratique_verdicts_total: {
    kind: 'counter',
    description:
      'Verdicts that were told, by environment and outcome: pass, fail, unknown; again only where the decision is another',
  },
  pratique_promotions_total: {
    kind: 'counter',
    description: 'Promotions that went live or ended, by environment and state',
  },
  pratique_quarantines_total: {
    kind: 'counter',
    description: 'Artifacts that an incident took out, once it is confirmed that they are out',
  },
  pratique_signatures_total: {
    kind: 'counter',
    description: 'Signatures by our keys and identities, by purpose: admission, evidence',
  },
  pratique_history_retention_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    description: 'When Temporal forgets a closed workflow: histories older than half of this are an alarm',
  },
} as const satisfies Readonly<Record<string, MetricDescription>>;

export type MetricName = keyof typeof metricCatalog;
export type MetricOfKind<K extends MetricDescription['kind']> = {
  [Name in MetricName]: (typeof metricCatalog)[Name]['kind'] extends K ? Name : never;
}[MetricName];

/** The catalog's entry, with its optional parts. */
export function describeMetric(name: MetricName): MetricDescription {
  return metricCatalog[name];
}
