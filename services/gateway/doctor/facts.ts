/** What the checks look at, as the servers say it; wired in ports.ts. Each call throws where its server does not answer. */
import type { TopicFacts } from '../../../adapters/kafka/kafka-inspector.ts';
import type { GrandfatheredCounts } from '../../../adapters/postgres/read-grandfatherings.ts';
import type { AdvisoryState } from '../../../adapters/postgres/read-status.ts';

export interface TemporalFacts {
  /** `1.29.1` */
  readonly version: string;
  readonly missingSearchAttributes: readonly string[];
  readonly missingSchedules: readonly string[];
  /** There, and paused by somebody. */
  readonly pausedSchedules: readonly string[];
}

export interface RegistryFacts {
  /** Its `Date` header, to the second. */
  readonly clock: Date | undefined;
  /** Of `Docker-Distribution-Api-Version`. */
  readonly apiVersion: string | undefined;
}

export interface KeyFacts {
  readonly signers: readonly {
    readonly name: string;
    /** RFC 3339 */
    readonly until?: string | undefined;
    readonly state: 'trusted' | 'retiring' | 'revoked';
  }[];
  /** Names of own keys of which none signs. */
  readonly stopped: readonly string[];
  /** The last rotation of each key, where it left something unsigned that is live. */
  readonly toRotate: readonly { readonly key: string; readonly refused: number }[];
}

export interface ApproverFacts {
  /** Environments of production that enforce, and whose approvals are proven. */
  readonly production: readonly string[];
  /** What the trust worker said of its own list; a digest of null: it has none. */
  readonly list: { readonly digest: string | null; readonly people: number } | undefined;
}

export interface DoctorFacts {
  now(): Date;
  databaseClock(): Promise<Date>;
  /** `server_version_num`: 180004 is 18.4. */
  databaseVersion(): Promise<number>;
  temporalClock(): Promise<Date>;
  temporal(): Promise<TemporalFacts>;
  topics(): Promise<{ readonly brokers: number; readonly topics: readonly TopicFacts[] }>;
  registry(): Promise<RegistryFacts>;
  advisories(): Promise<AdvisoryState>;
  /** Of the components that are stored. */
  neededEcosystems(): Promise<readonly string[]>;
  /** Seconds: the shortest that a gate of the policy in force allows; undefined where none asks. */
  advisoriesMaximumAge(): Promise<number | undefined>;
  keys(): Promise<KeyFacts>;
  approvers(): Promise<ApproverFacts>;
  grandfathered(): Promise<GrandfatheredCounts>;
}
