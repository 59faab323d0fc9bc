import { decodeToml } from '../decode-toml.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { cratesNaming } from './naming.ts';
import { parseCargoLock } from './parse-cargo-lock.ts';

/** Crates that Cargo's lockfile pins. */
export const cargoLockfileCataloger = lockfileCataloger(
  { name: 'cargo-lockfile', isNamed: (file) => file === 'Cargo.lock', maxMebibytes: 8, naming: cratesNaming },
  (bytes) => parseCargoLock(decodeToml(bytes)),
);
