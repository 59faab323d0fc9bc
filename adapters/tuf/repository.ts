/** A repository of The Update Framework: the client workflow (specification 1.0, section 5) between a mirror and a folder. */
import { createHash } from 'node:crypto';
import type { TargetFile } from '@tufjs/models';
import { z } from 'zod';
import type { MetadataFolder } from './metadata-folder.ts';
import type { Mirror } from './mirror.ts';
import { TrustedMetadata } from './trusted-metadata.ts';
import { TufError } from './tuf-error.ts';

/** Bytes, as tuf-js and python-tuf bound them; of a target at most so many, whatever is signed for it. */
const LIMITS = { root: 512_000, timestamp: 16_384, snapshot: 2_000_000, targets: 5_000_000, target: 16 * 1024 * 1024 };
/** Roots in one update. */
const MAX_ROOTS = 256;
/** Roles that are asked for one target. */
const MAX_ROLES = 32;

export interface RepositorySource {
  /** The mirror's address, for messages. */
  readonly place: string;
  /** The root to begin with; what was fetched since is in the folder. */
  readonly root: Uint8Array;
  readonly folder: MetadataFolder;
  /** The one time that everything is compared with. */
  readonly at: Date;
}

export interface RepositoryState {
  readonly versions: {
    readonly root: number;
    readonly timestamp: number;
    readonly snapshot: number;
    readonly targets: number;
  };
  /** When the first of these expires. */
  readonly expires: Date;
  /** When the mirror was last asked, and everything verified. */
  readonly checkedAt: Date;
  /** Names of the targets that the top-level role has. */
  readonly names: readonly string[];
}

export interface Repository {
  readonly state: RepositoryState;
  /** Verified bytes, from the folder or the mirror. Throws TUF_TARGET_UNKNOWN, TUF_TARGET_MISMATCH, TUF_CACHE_EMPTY without a mirror. */
  target(name: string): Promise<Uint8Array>;
}

/**
 * Asks the mirror for what is new, and for these targets; keeps what verifies, and throws a TufError for what does not. Only with
 * all of it there does it take the place of what was kept.
 */
export async function updateRepository(
  source: RepositorySource,
  mirror: Mirror,
  names: readonly string[],
): Promise<Repository> {
  const { folder, place, at } = source;
  const trusted = new TrustedMetadata((await folder.read('root.json')) ?? source.root, at, place);
  await updateRoots(trusted, folder, mirror);
  trusted.checkRoot();
  const timestamp = await updateTimestamp(trusted, folder, mirror, place);
  const snapshot = await updateSnapshot(trusted, folder, mirror, place);
  await updateRole(trusted, { folder, mirror, place }, 'targets', 'root');
  const repository = createRepository(trusted, at, { folder, mirror, place });
  for (const name of names) await repository.target(name);
  await folder.write('kept.json', encodeKept({ checkedAt: at, timestamp, snapshot }));
  return repository;
}

/** The last state that was verified as a whole, while it is valid; nobody is asked. Throws TUF_CACHE_EMPTY, or TUF_EXPIRED. */
export async function openKeptRepository(source: RepositorySource): Promise<Repository> {
  const { folder, place, at } = source;
  const [root, kept] = await Promise.all([folder.read('root.json'), folder.read('kept.json')]);
  const trusted = new TrustedMetadata(root ?? source.root, at, place);
  trusted.checkRoot();
  const state = kept === undefined ? undefined : decodeKept(kept);
  // Keys of before: what they signed counts no longer.
  if (state === undefined || !trusted.rememberTimestamp(state.timestamp))
    throw new TufError('TUF_CACHE_EMPTY', `${place}: nothing that is whole was fetched from it yet`);
  trusted.checkTimestamp();
  trusted.updateSnapshot(state.snapshot);
  const sources = { folder, mirror: undefined, place };
  await updateRole(trusted, sources, 'targets', 'root');
  return createRepository(trusted, state.checkedAt, sources);
}

/** Timestamp and snapshot that belong together: a look that fails half-way leaves them as they were. */
interface Kept {
  readonly checkedAt: Date;
  readonly timestamp: Uint8Array;
  readonly snapshot: Uint8Array;
}

function encodeKept({ checkedAt, timestamp, snapshot }: Kept): Uint8Array {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return Buffer.from(JSON.stringify({ checkedAt, timestamp: text(timestamp), snapshot: text(snapshot) }));
}

/** Undefined for what somebody else wrote there. */
function decodeKept(bytes: Uint8Array): Kept | undefined {
  try {
    return keptSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return undefined;
  }
}

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const keptSchema = z.object({
  checkedAt: z.iso.datetime().transform((text) => new Date(text)),
  timestamp: base64,
  snapshot: base64,
});

interface Sources {
  readonly folder: MetadataFolder;
  readonly mirror: Mirror | undefined;
  readonly place: string;
}

/** 5.3: one after the other, until there is none. Each is kept as soon as it is trusted. */
async function updateRoots(trusted: TrustedMetadata, folder: MetadataFolder, mirror: Mirror): Promise<void> {
  for (let count = 0; count < MAX_ROOTS; count += 1) {
    const bytes = await mirror.read(`${trusted.root.version + 1}.root.json`, LIMITS.root);
    if (bytes === undefined) return;
    trusted.updateRoot(bytes);
    await folder.write('root.json', bytes);
  }
}

/** 5.4. `timestamp.json` and `snapshot.json` in the folder are what later ones are compared with. Returns the one in force. */
async function updateTimestamp(trusted: TrustedMetadata, folder: MetadataFolder, mirror: Mirror, place: string) {
  const kept = await folder.read('timestamp.json');
  const isRemembered = kept !== undefined && trusted.rememberTimestamp(kept);
  const bytes = await mustRead(mirror, 'timestamp.json', LIMITS.timestamp, place);
  if (!trusted.updateTimestamp(bytes) && isRemembered) return kept;
  await folder.write('timestamp.json', bytes);
  return bytes;
}

/** 5.5. */
async function updateSnapshot(trusted: TrustedMetadata, folder: MetadataFolder, mirror: Mirror, place: string) {
  const kept = await folder.read('snapshot.json');
  if (kept !== undefined) {
    trusted.rememberSnapshot(kept);
    if (trusted.isCurrentSnapshot(kept)) {
      trusted.updateSnapshot(kept);
      return kept;
    }
  }
  const { version, length } = trusted.timestamp?.snapshotMeta ?? { version: 0 };
  const name = trusted.root.consistentSnapshot ? `${version}.snapshot.json` : 'snapshot.json';
  const bytes = await mustRead(mirror, name, length ?? LIMITS.snapshot, place);
  trusted.updateSnapshot(bytes);
  await folder.write('snapshot.json', bytes);
  return bytes;
}

async function updateRole(
  trusted: TrustedMetadata,
  { folder, mirror, place }: Sources,
  role: string,
  delegator: string,
): Promise<void> {
  if (trusted.role(role) !== undefined) return;
  const meta = trusted.metaOf(role);
  if (meta === undefined)
    throw new TufError('TUF_MIX_AND_MATCH', `${place}: ${role}.json is not listed in snapshot.json`);
  // A version each: what is kept stays whole while the next one comes.
  const file = `roles/${sha256(role)}-${meta.version}.json`;
  const kept = await folder.read(file);
  if (kept !== undefined && (mirror === undefined || trusted.isCurrentRole(kept, role, delegator)))
    return trusted.updateRole(kept, role, delegator);
  if (mirror === undefined) throw new TufError('TUF_CACHE_EMPTY', `${place}: ${role}.json was not fetched yet`);
  const encoded = `${encodeURIComponent(role)}.json`;
  const name = trusted.root.consistentSnapshot ? `${meta.version}.${encoded}` : encoded;
  const bytes = await mustRead(mirror, name, meta.length ?? LIMITS.targets, place);
  trusted.updateRole(bytes, role, delegator);
  await folder.write(file, bytes);
}

async function mustRead(mirror: Mirror, name: string, maxBytes: number, place: string): Promise<Uint8Array> {
  const bytes = await mirror.read(name, Math.min(maxBytes, LIMITS.target));
  if (bytes === undefined) throw new TufError('TUF_UNREACHABLE', `${place} has no ${name}`);
  return bytes;
}

function createRepository(trusted: TrustedMetadata, checkedAt: Date, sources: Sources): Repository {
  const { root, timestamp, snapshot } = trusted;
  const targets = trusted.role('targets');
  return {
    state: {
      versions: {
        root: root.version,
        timestamp: timestamp?.version ?? 0,
        snapshot: snapshot?.version ?? 0,
        targets: targets?.version ?? 0,
      },
      expires: trusted.expires,
      checkedAt,
      names: Object.keys(targets?.targets ?? {}),
    },
    async target(name) {
      const file = await findTarget(trusted, sources, name);
      if (file === undefined)
        throw new TufError('TUF_TARGET_UNKNOWN', `${sources.place} has no target ${JSON.stringify(name)}`);
      return readTarget(trusted.root.consistentSnapshot, sources, file);
    },
  };
}

/** 5.6.7: the roles in order of trust, each before those it delegates to. */
async function findTarget(trusted: TrustedMetadata, sources: Sources, name: string): Promise<TargetFile | undefined> {
  const asked = new Set<string>();
  let left: (readonly [role: string, delegator: string])[] = [['targets', 'root']];
  for (;;) {
    const [next, ...others] = left;
    if (next === undefined || asked.size >= MAX_ROLES) return undefined;
    left = others;
    const [role, delegator] = next;
    if (asked.has(role)) continue;
    asked.add(role);
    await updateRole(trusted, sources, role, delegator);
    const { targets, delegations } = trusted.role(role) ?? {};
    if (targets !== undefined && Object.hasOwn(targets, name)) return targets[name];
    const children: (readonly [string, string])[] = [];
    for (const { role: child, terminating } of delegations?.rolesForTarget(name) ?? []) {
      children.push([child, role]);
      if (!terminating) continue;
      left = [];
      break;
    }
    left = [...children, ...left];
  }
}

/** 5.7. */
async function readTarget(isConsistent: boolean, { folder, mirror, place }: Sources, file: TargetFile) {
  const key = `targets/${sha256(JSON.stringify(file.toJSON()))}`;
  const kept = await folder.read(key);
  if (kept !== undefined && isTarget(kept, file)) return kept;
  if (mirror === undefined) throw new TufError('TUF_CACHE_EMPTY', `${place}: ${file.path} was not fetched yet`);
  const [hash] = Object.values(file.hashes);
  const parts = file.path.split('/').map(encodeURIComponent);
  const base = parts.pop() ?? '';
  const name = ['targets', ...parts, isConsistent ? `${hash}.${base}` : base].join('/');
  const bytes = await mustRead(mirror, name, file.length, place);
  if (!isTarget(bytes, file))
    throw new TufError('TUF_TARGET_MISMATCH', `${place}: ${file.path} has not the length or hash that was signed`);
  await folder.write(key, bytes);
  return bytes;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** With SHA-256 or SHA-512 at the least: what has neither is no target. */
function isTarget(bytes: Uint8Array, { length, hashes }: TargetFile): boolean {
  const known = Object.entries(hashes).filter(([algorithm]) => algorithm === 'sha256' || algorithm === 'sha512');
  return (
    bytes.length === length &&
    known.length > 0 &&
    known.every(([algorithm, hex]) => createHash(algorithm).update(bytes).digest('hex') === hex)
  );
}
