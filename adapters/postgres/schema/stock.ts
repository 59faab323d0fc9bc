import type { GeneratedAlways } from 'kysely';
import type { Defaulted, Json, MaybeTime, Time } from './columns.ts';

/** What artifacts are made of. */
export interface StockTables {
  layer_stock: { cache_key: string; findings: Json<object>; created_at: Time };
  component: {
    id: GeneratedAlways<number>;
    /** With the distribution that it is left to, where it is (`createComponentKeys`). */
    purl: string;
    ecosystem: string;
    advisory_name: string;
    name: string;
    version: string;
    /** Null in rows of before, until a stock that has it is read again. */
    advisory_version: string | null;
    release: string | null;
    /** The name advisories are indexed by (`normalisePackageName`); null likewise. */
    package_key: string | null;
    /** The epoch it was matched under first; null where it never was. */
    matched_epoch: number | null;
    /** Was matched, and is to be matched again: what is known of it counts until then, and what differs then is told. */
    was_matched: Defaulted<boolean>;
    /** The distribution whose advisories answer for it, where there are any: `Debian:12`. */
    left_to: string | null;
    /** Whether there were when it was matched last. */
    is_left: Defaulted<boolean>;
  };
  stock: {
    digest: string;
    complete: boolean;
    component_count: number;
    created_at: Time;
    /** In the order they were taken. */
    id: Defaulted<number>;
    /** Its components are under its layers; false where a worker of before wrote it. */
    layered: Defaulted<boolean>;
    /** What is left to a distribution is a row of its own in it; false where a worker of before wrote it. */
    left_noted: Defaulted<boolean>;
    /** Grows when the findings of any of its components change. */
    findings_version: Defaulted<number>;
    /** It runs somewhere; kept by the database itself. */
    live: Defaulted<boolean>;
    scanned_at: MaybeTime;
  };
  layer_set: { id: GeneratedAlways<number>; digest: string; layer: string | null };
  layer_component: { layer_set: number; component: number; path: string; places: number };
  stock_layer: { layer_set: number; stock: number };
  artifact_stock: {
    digest: string;
    platform_digest: string;
    platform: string;
    stock: string | null;
    failure: string | null;
    taken_at: Time;
  };
  /** An SBOM that another attests, of one platform, where the policy reads it. */
  attested_stock: {
    digest: string;
    platform_digest: string;
    platform: string;
    /** Of the attestation. */
    manifest: string;
    /** As the policy names it. */
    signer: string;
    stock: string;
    taken_at: Time;
  };
  /** A view: `artifact_stock` and `attested_stock`. */
  artifact_contents: {
    digest: string;
    platform_digest: string;
    platform: string;
    stock: string | null;
    attested_by: string | null;
  };
}
