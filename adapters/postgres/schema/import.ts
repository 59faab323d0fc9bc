import type { Role } from '../../../domain/identity/role.ts';
import type { ImportOutcome, ImportSourceKind } from '../../../domain/import/import-book.ts';
import type { Defaulted, MaybeTime, Time } from './columns.ts';

/** What ran before Pratique did, and until when it may stay. */
export interface ImportTables {
  import_run: {
    id: string;
    environment: string;
    until: Time;
    reason: string;
    source_kind: ImportSourceKind;
    source: string;
    dry_run: boolean;
    requested_by: string;
    requested_role: Role;
    state: Defaulted<'open' | 'started' | 'done' | 'failed'>;
    listed: Defaulted<boolean>;
    note: Defaulted<string>;
    requested_at: Time;
    ended_at: MaybeTime;
  };
  import_reference: {
    import: string;
    position: number;
    reference: string;
    place: string;
    outcome: Defaulted<ImportOutcome | null>;
    reason: Defaulted<string>;
    repository: Defaulted<string | null>;
    digest: Defaulted<string | null>;
  };
  grandfathering: {
    id: string;
    environment: string;
    repository: string;
    digest: string;
    destination: string;
    until: Time;
    reason: string;
    source_kind: ImportSourceKind;
    source: string;
    place: string;
    import: string;
    made_by: string;
    made_role: Role;
    made_at: Time;
  };
  grandfathering_end: { grandfathering: string; at: Time; found: boolean };
}
