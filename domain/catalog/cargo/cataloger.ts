import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeToml } from '../decode-toml.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { cratesNaming } from './naming.ts';
import { parseCargoLock } from './parse-cargo-lock.ts';

/** Crates that Cargo's lockfile pins. */
export const cargoLockfileCataloger = lockfileCataloger(
  { name: 'cargo-lockfile', isNamed: (file) => file === 'Cargo.lock', maxMebibytes: 8, naming: cratesNaming },
  (bytes) => parseCargoLock(decodeToml(bytes)),
);

/** What `cargo vendor` leaves in each folder it makes: that it is a crate of the registry, not the project's. */
export const cargoVendorCataloger: FileCataloger = {
  kind: 'file',
  name: 'cargo-vendor',
  maxBytes: 16 * MEBIBYTE,
  treesOnly: true,
  wants: (path) => path.endsWith('/.cargo-checksum.json'),
  catalog: () => ({ kind: 'vendored' }),
};
