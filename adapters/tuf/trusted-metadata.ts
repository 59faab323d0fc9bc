/**
 * What is trusted of a repository, step by step: The Update Framework's client workflow (specification 1.0, section 5.3 to 5.6) over
 * bytes, at one fixed time. Knows neither network nor disk. `tuf-js` has the like, with the clock and the files inside of it.
 */
import type { MetaFile, Root, Snapshot, Targets, Timestamp } from '@tufjs/models';
import { checkSignatures, type RoleKeys } from './check-signatures.ts';
import { parseMetadata, type Signed } from './parse-metadata.ts';
import { TufError } from './tuf-error.ts';

export class TrustedMetadata {
  readonly #at: Date;
  readonly #place: string;
  #root: Signed<Root>;
  #timestamp: Signed<Timestamp> | undefined;
  #snapshot: Signed<Snapshot> | undefined;
  readonly #targets = new Map<string, Signed<Targets>>();

  /** 5.2: `root` is trusted because somebody brought it; it must have signed itself. `place` is the mirror's name in messages. */
  constructor(root: Uint8Array, at: Date, place: string) {
    this.#at = at;
    this.#place = place;
    try {
      this.#root = parseMetadata(root, 'root', 'the root to begin with');
      checkSignatures(this.#root, roleOf(this.#root, 'root'), 'the root to begin with');
    } catch (cause) {
      if (!(cause instanceof TufError)) throw cause;
      throw new TufError('TUF_ROOT_INVALID', `${place}: ${cause.message}`, { cause });
    }
  }

  get root(): Root {
    return this.#root.signed;
  }

  get timestamp(): Timestamp | undefined {
    return this.#timestamp?.signed;
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot?.signed;
  }

  role(name: string): Targets | undefined {
    return this.#targets.get(name)?.signed;
  }

  /** 5.3.4 to 5.3.7: the next root, signed by the one before and by itself. */
  updateRoot(bytes: Uint8Array): void {
    const wanted = this.root.version + 1;
    const place = `${this.#place}: ${wanted}.root.json`;
    const next = parseMetadata(bytes, 'root', place);
    checkSignatures(next, roleOf(this.#root, 'root'), place);
    const { version } = next.signed;
    if (version < wanted)
      throw new TufError('TUF_ROLLBACK', `${place} is version ${version}, and ${wanted - 1} was trusted before`);
    if (version > wanted)
      throw new TufError('TUF_MIX_AND_MATCH', `${place} is version ${version}: roots come one after the other`);
    checkSignatures(next, roleOf(next, 'root'), place);
    this.#root = next;
  }

  /** 5.3.10. Roots on the way may be expired; the last one may not. */
  checkRoot(): void {
    this.#checkExpiry(this.#root, `root.json (version ${this.root.version})`);
  }

  /**
   * What was trusted at the last look, to compare with: its expiry does not matter. False where the keys of today did not sign it;
   * then it is dropped (5.3.11: so a repository recovers whose keys were stolen and its versions run up).
   */
  rememberTimestamp(bytes: Uint8Array): boolean {
    this.#timestamp = this.#remember(bytes, 'timestamp') ?? this.#timestamp;
    return this.#timestamp !== undefined;
  }

  /** The same for the snapshot. */
  rememberSnapshot(bytes: Uint8Array): boolean {
    this.#snapshot = this.#remember(bytes, 'snapshot') ?? this.#snapshot;
    return this.#snapshot !== undefined;
  }

  /** 5.4.2 to 5.4.4. False where it is the one that is trusted already. */
  updateTimestamp(bytes: Uint8Array): boolean {
    const place = `${this.#place}: timestamp.json`;
    const next = parseMetadata(bytes, 'timestamp', place);
    checkSignatures(next, roleOf(this.#root, 'timestamp'), place);
    const before = this.timestamp;
    if (before !== undefined) {
      refuseOlder(next.signed.version, before.version, place);
      if (next.signed.version > before.version)
        refuseOlder(next.signed.snapshotMeta.version, before.snapshotMeta.version, `${place}: snapshot.json`);
    }
    const isNew = next.signed.version !== before?.version;
    if (isNew) this.#timestamp = next;
    this.checkTimestamp();
    return isNew;
  }

  checkTimestamp(): void {
    if (this.#timestamp === undefined) throw empty(this.#place);
    this.#checkExpiry(this.#timestamp, 'timestamp.json');
  }

  /** Whether these bytes are the snapshot that the timestamp names: then they need not be fetched. */
  isCurrentSnapshot(bytes: Uint8Array): boolean {
    return this.#isTrusted(() => this.#checkSnapshot(bytes));
  }

  /** 5.5.2 to 5.5.6. */
  updateSnapshot(bytes: Uint8Array): void {
    const next = this.#checkSnapshot(bytes);
    const place = `${this.#place}: snapshot.json`;
    for (const [file, { version }] of Object.entries(this.snapshot?.meta ?? {})) {
      const now = next.signed.meta[file];
      if (now === undefined)
        throw new TufError('TUF_ROLLBACK', `${place} no longer lists ${file}, which it listed before`);
      refuseOlder(now.version, version, `${place}: ${file}`);
    }
    this.#checkExpiry(next, 'snapshot.json');
    this.#snapshot = next;
  }

  /** Whether these bytes are what the snapshot names for this role. */
  isCurrentRole(bytes: Uint8Array, role: string, delegator: string): boolean {
    return this.#isTrusted(() => this.#checkRole(bytes, role, delegator));
  }

  /** 5.6.2 to 5.6.5, for the top-level targets (`delegator` is root) and for roles they delegate to. */
  updateRole(bytes: Uint8Array, role: string, delegator: string): void {
    this.#targets.set(role, this.#checkRole(bytes, role, delegator));
  }

  /** What the snapshot says about a role's file; undefined where there is none. */
  metaOf(role: string): MetaFile | undefined {
    const meta = this.snapshot?.meta ?? {};
    return Object.hasOwn(meta, `${role}.json`) ? meta[`${role}.json`] : undefined;
  }

  /** When the first of what is trusted expires. */
  get expires(): Date {
    const all = [this.#root, this.#timestamp, this.#snapshot, ...this.#targets.values()];
    return new Date(Math.min(...all.flatMap((file) => (file === undefined ? [] : [Date.parse(file.signed.expires)]))));
  }

  #remember<K extends 'timestamp' | 'snapshot'>(bytes: Uint8Array, kind: K) {
    try {
      const kept = parseMetadata(bytes, kind, `${kind}.json, as it was kept`);
      checkSignatures(kept, roleOf(this.#root, kind), `${kind}.json, as it was kept`);
      return kept;
    } catch (error) {
      if (error instanceof TufError) return undefined;
      throw error;
    }
  }

  #checkSnapshot(bytes: Uint8Array): Signed<Snapshot> {
    if (this.timestamp === undefined) throw empty(this.#place);
    const place = `${this.#place}: snapshot.json`;
    return this.#checkNamed(bytes, 'snapshot', { meta: this.timestamp.snapshotMeta, by: 'timestamp.json', place }, [
      this.#root,
      'snapshot',
    ]);
  }

  #checkRole(bytes: Uint8Array, role: string, delegator: string): Signed<Targets> {
    const place = `${this.#place}: ${role}.json`;
    const meta = this.metaOf(role);
    if (meta === undefined) throw new TufError('TUF_MIX_AND_MATCH', `${place} is not listed in snapshot.json`);
    const parent = delegator === 'root' ? this.#root : this.#targets.get(delegator);
    if (parent === undefined) throw empty(this.#place);
    const checked = this.#checkNamed(bytes, 'targets', { meta, by: 'snapshot.json', place }, [parent, role]);
    this.#checkExpiry(checked, `${role}.json`);
    return checked;
  }

  /** A file that another one names, with its version and, where it is given, length and hashes. */
  #checkNamed<K extends 'snapshot' | 'targets'>(
    bytes: Uint8Array,
    kind: K,
    { meta, by, place }: { meta: MetaFile; by: string; place: string },
    signers: readonly [Signed<Root> | Signed<Targets>, string],
  ) {
    try {
      meta.verify(Buffer.from(bytes));
    } catch (cause) {
      throw new TufError('TUF_MIX_AND_MATCH', `${place} has not the length or hash that ${by} says`, { cause });
    }
    const next = parseMetadata(bytes, kind, place);
    checkSignatures(next, roleOf(...signers), place);
    if (next.signed.version !== meta.version)
      throw new TufError(
        'TUF_MIX_AND_MATCH',
        `${place} is version ${next.signed.version}, and ${by} says ${meta.version}`,
      );
    return next;
  }

  #isTrusted(check: () => unknown): boolean {
    try {
      check();
      return true;
    } catch (error) {
      if (error instanceof TufError) return false;
      throw error;
    }
  }

  #checkExpiry({ signed }: { readonly signed: Root | Timestamp | Snapshot | Targets }, file: string): void {
    if (signed.isExpired(this.#at))
      throw new TufError(
        'TUF_EXPIRED',
        `${this.#place}: ${file} expired at ${signed.expires}, and there is no newer one: the repository is kept no longer, or somebody keeps what is new away`,
      );
  }
}

function empty(place: string): TufError {
  return new TufError('TUF_CACHE_EMPTY', `${place}: nothing that is whole was fetched from it yet`);
}

function refuseOlder(version: number, before: number, place: string): void {
  if (version < before)
    throw new TufError('TUF_ROLLBACK', `${place} is version ${version}, and version ${before} was seen before`);
}

/** A role's keys as its delegator names them. */
function roleOf({ signed }: Signed<Root> | Signed<Targets>, name: string): RoleKeys | undefined {
  if ('roles' in signed) return withKeys(signed.keys, signed.roles[name]);
  const { delegations } = signed;
  if (delegations === undefined) return undefined;
  const { roles, succinctRoles, keys } = delegations;
  if (succinctRoles?.isDelegatedRole(name) === true) return withKeys(keys, succinctRoles);
  return withKeys(keys, roles !== undefined && Object.hasOwn(roles, name) ? roles[name] : undefined);
}

function withKeys(keys: RoleKeys['keys'], role: Omit<RoleKeys, 'keys'> | undefined): RoleKeys | undefined {
  return role === undefined ? undefined : { keys, keyIDs: role.keyIDs, threshold: role.threshold };
}
