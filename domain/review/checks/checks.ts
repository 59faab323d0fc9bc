import type { ReviewCheck } from '../review-context.ts';
import { checkAdvisories } from './advisories.ts';
import { checkAge } from './age.ts';
import { checkDependencyConfusion } from './dependency-confusion.ts';
import { checkHashes } from './hashes.ts';
import { checkInstallScript } from './install-script.ts';
import { checkLicence } from './licence.ts';
import { checkMovedSource } from './moved-source.ts';
import { checkTyposquat } from './typosquat.ts';

/** Every check. Adding one is adding a file and a line here, and its rule in `concern.ts`. */
export const reviewChecks: readonly ReviewCheck[] = [
  checkAdvisories,
  checkTyposquat,
  checkDependencyConfusion,
  checkHashes,
  checkMovedSource,
  checkInstallScript,
  checkLicence,
  checkAge,
];
