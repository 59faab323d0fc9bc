import type { Role } from '../identity/role.ts';
import type { FoundReference, ImportSourceKind } from './import-book.ts';

export interface ImportRequest {
  readonly environment: string;
  /** RFC 3339 */
  readonly until: string;
  readonly reason: string;
  readonly sourceKind: ImportSourceKind;
  /** Of a registry a repository or a pattern of them; else what the caller calls it. */
  readonly source: string;
  readonly dryRun: boolean;
  readonly by: { readonly subject: string; readonly role: Role };
}

/** Asking for an import: opened, told its references, started. */
export interface ImportDesk {
  open(request: ImportRequest): Promise<string>;
  /** False where that would be more than one import may have. */
  add(id: string, references: readonly FoundReference[]): Promise<boolean>;
  /** False where it was started before. */
  start(id: string): Promise<boolean>;
}
