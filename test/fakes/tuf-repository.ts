/** A repository of The Update Framework on a loopback port, with keys of its own; tests write what is wrong into it. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { type FakeAnswer, startHttpServer } from './http-server.ts';

export interface FakeKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  /** As it stands in a root. */
  readonly entry: object;
}

export function makeKey(): FakeKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  const entry = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: raw } };
  return { id: createHash('sha256').update(canonicalJson(entry)).digest('hex'), privateKey, entry };
}

const roles = ['root', 'timestamp', 'snapshot', 'targets'] as const;
type Role = (typeof roles)[number];
export type RoleKeys = Readonly<Record<Role, { readonly keys: readonly FakeKey[]; readonly threshold: number }>>;

/** Two of three for root, two of two for targets. */
export function makeKeys(): RoleKeys {
  const some = (count: number, threshold: number) => ({ keys: Array.from({ length: count }, makeKey), threshold });
  return { root: some(3, 2), timestamp: some(1, 1), snapshot: some(1, 1), targets: some(2, 2) };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Signed metadata with these fields. */
export function signMetadata(kind: Role, fields: object, keys: readonly FakeKey[]): Buffer {
  const signed = { _type: kind, spec_version: '1.0.31', ...fields };
  const bytes = Buffer.from(canonicalJson(signed));
  const signatures = keys.map(({ id, privateKey }) => ({
    keyid: id,
    sig: sign(null, bytes, privateKey).toString('hex'),
  }));
  return Buffer.from(JSON.stringify({ signatures, signed }));
}

/** The fields of a root. */
export function rootFields(version: number, keys: RoleKeys, expires: string): object {
  return {
    ...{ version, expires, consistent_snapshot: true },
    keys: Object.fromEntries(roles.flatMap((role) => keys[role].keys.map(({ id, entry }) => [id, entry]))),
    roles: Object.fromEntries(
      roles.map((role) => [role, { keyids: keys[role].keys.map(({ id }) => id), threshold: keys[role].threshold }]),
    ),
  };
}

export const metaOf = (version: number, bytes: Buffer) => ({
  version,
  length: bytes.length,
  hashes: { sha256: sha256(bytes) },
});

export interface Published {
  readonly targets: Readonly<Record<string, string>>;
  /** Of targets, snapshot and timestamp alike, unless given. */
  readonly version: number;
  readonly expires: string;
  readonly keys: RoleKeys;
  readonly snapshotVersion?: number;
  readonly targetsVersion?: number;
  /** More files in the snapshot. */
  readonly meta?: object;
  readonly delegations?: object;
}

/** The files of one state, by their path below the mirror. */
export function publish(state: Published): Map<string, Buffer> {
  const { version, expires, keys, targetsVersion = version, snapshotVersion = version } = state;
  const files = new Map<string, Buffer>();
  const entries = Object.entries(state.targets).map(([name, text]) => {
    const bytes = Buffer.from(text);
    const parts = name.split('/');
    const base = parts.pop() ?? '';
    files.set(['targets', ...parts, `${sha256(bytes)}.${base}`].join('/'), bytes);
    return [name, { length: bytes.length, hashes: { sha256: sha256(bytes) } }];
  });
  const { delegations } = state;
  const fields = {
    ...{ version: targetsVersion, expires, targets: Object.fromEntries(entries) },
    ...(delegations === undefined ? {} : { delegations }),
  };
  const targets = signMetadata('targets', fields, keys.targets.keys);
  const meta = { 'targets.json': metaOf(targetsVersion, targets), ...state.meta };
  const snapshot = signMetadata('snapshot', { version: snapshotVersion, expires, meta }, keys.snapshot.keys);
  const named = { 'snapshot.json': metaOf(snapshotVersion, snapshot) };
  return files
    .set(`${targetsVersion}.targets.json`, targets)
    .set(`${snapshotVersion}.snapshot.json`, snapshot)
    .set('timestamp.json', signMetadata('timestamp', { version, expires, meta: named }, keys.timestamp.keys));
}

export interface FakeMirror {
  readonly url: string;
  /** What it serves; tests change it. */
  readonly files: Map<string, Buffer>;
  /** Paths that are answered otherwise. */
  readonly answers: Map<string, () => FakeAnswer>;
  /** Paths that were asked for. */
  readonly asked: string[];
  stop(): Promise<void>;
}

export async function startMirror(): Promise<FakeMirror> {
  const files = new Map<string, Buffer>();
  const answers = new Map<string, () => FakeAnswer>();
  const asked: string[] = [];
  const server = await startHttpServer(({ path }) => {
    const name = path.slice(1);
    asked.push(name);
    const other = answers.get(name) ?? answers.get('*');
    if (other !== undefined) return other();
    const bytes = files.get(name);
    return bytes === undefined ? { status: 404, body: {} } : { status: 200, body: bytes };
  });
  return { url: `http://${server.host}`, files, answers, asked, stop: server.stop };
}
