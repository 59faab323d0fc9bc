import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { registerAdvisoryRoutes } from './advisories.ts';
import { registerAffectedRoutes } from './affected.ts';
import { registerArtifactRoutes } from './artifacts.ts';
import { registerDecisionRoutes } from './decisions.ts';
import { registerDoctorRoutes } from './doctor.ts';
import { registerEventRoutes } from './events.ts';
import { registerHistoryRoutes } from './histories.ts';
import { registerIdentityRoutes } from './identity.ts';
import { registerImportRoutes } from './imports.ts';
import { registerIncidentRoutes } from './incidents.ts';
import { registerKeyRotationRoutes } from './key-rotations.ts';
import { registerKeyUseRoutes } from './key-uses.ts';
import { registerKeyRoutes } from './keys.ts';
import { registerLineRoutes } from './line.ts';
import { registerPasskeyRoutes } from './passkeys.ts';
import { registerPolicyRoutes } from './policies.ts';
import { registerPolicyProposalRoutes } from './policy-proposals.ts';
import { registerPolicyReportRoutes } from './policy-report.ts';
import { registerPrincipalRoutes } from './principals.ts';
import { registerPromotionRoutes } from './promotions.ts';
import { registerProofStatementRoutes } from './proof-statements.ts';
import { registerRebuildRoutes } from './rebuilds.ts';
import { registerReconcileRoutes } from './reconcile.ts';
import { registerReleaseRoutes } from './releases.ts';
import { registerRetryRoutes } from './retry.ts';
import { registerScannerReportRoutes } from './scanner-reports.ts';
import { registerStatusRoutes } from './status.ts';
import { registerTokenRoutes } from './tokens.ts';

/** Every resource of /api/v1, by hand. */
export const apiRoutes: readonly ((api: GatewayServer, deps: GatewayDependencies) => void)[] = [
  registerArtifactRoutes,
  registerAffectedRoutes,
  registerPromotionRoutes,
  registerRetryRoutes,
  registerIncidentRoutes,
  registerReleaseRoutes,
  registerLineRoutes,
  registerRebuildRoutes,
  registerReconcileRoutes,
  registerImportRoutes,
  registerEventRoutes,
  registerHistoryRoutes,
  registerAdvisoryRoutes,
  registerDecisionRoutes,
  registerScannerReportRoutes,
  registerPolicyRoutes,
  registerPolicyReportRoutes,
  registerPolicyProposalRoutes,
  registerTokenRoutes,
  registerPrincipalRoutes,
  registerIdentityRoutes,
  registerPasskeyRoutes,
  registerProofStatementRoutes,
  registerKeyRoutes,
  registerKeyRotationRoutes,
  registerKeyUseRoutes,
  registerStatusRoutes,
  registerDoctorRoutes,
];
