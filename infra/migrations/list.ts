import type { Migration } from 'kysely/migration';
import * as intake from './0001-intake.ts';
import * as artifact from './0002-artifact.ts';
import * as trust from './0003-trust.ts';
import * as promotion from './0004-promotion.ts';
import * as incident from './0005-incident.ts';
import * as outbox from './0006-outbox.ts';
import * as claims from './0007-claims.ts';
import * as secondLooks from './0008-second-looks.ts';
import * as waiting from './0009-waiting.ts';
import * as retention from './0010-retention.ts';
import * as people from './0011-people.ts';
import * as stockLayers from './0012-stock-layers.ts';
import * as affected from './0013-affected.ts';
import * as findings from './0014-findings.ts';
import * as liveStocks from './0015-live-stocks.ts';
import * as revocationFrom from './0020-revocation-from.ts';
import * as extendLease from './0030-extend-lease.ts';
import * as findingDecisions from './0031-finding-decisions.ts';
import * as threats from './0032-threats.ts';
import * as epochKind from './0033-epoch-kind.ts';
import * as liveLayers from './0034-live-layers.ts';
import * as advisoryFeed from './0035-advisory-feed.ts';
import * as keyUses from './0037-key-uses.ts';
import * as keyRotations from './0038-key-rotations.ts';
import * as reverifications from './0039-reverifications.ts';
import * as ownIdentities from './0041-own-identities.ts';
import * as approvalProofs from './0046-approval-proofs.ts';
import * as policySignatures from './0047-policy-signatures.ts';
import * as imports from './0050-import.ts';
import * as scannerReports from './0057-scanner-reports.ts';
import * as policyExceptionEnds from './0058-policy-exception-ends.ts';
import * as advisoryFeedTimes from './0059-advisory-feed-times.ts';
import * as historyPruning from './0061-history-pruning.ts';
import * as lineStops from './0064-line-stops.ts';
import * as importIntents from './0065-import-intents.ts';
import * as tagBefore from './0066-tag-before.ts';
import * as passkeys from './0070-passkeys.ts';
import * as approverList from './0071-approver-list.ts';
import * as releaseProofs from './0072-release-proofs.ts';
import * as workflowTurns from './0080-workflow-turns.ts';
import * as dueIncidents from './0081-due-incidents.ts';
import * as matchVersion from './0082-match-version.ts';
import * as evidenceOfASubject from './0085-evidence-of-a-subject.ts';
import * as attestedStock from './0095-attested-stock.ts';
import * as policyVoteProofs from './0096-policy-vote-proofs.ts';
import * as namingAndMatching from './0100-naming-and-matching.ts';
import * as leaseByIndex from './0101-lease-by-index.ts';
import * as intentsByTag from './0105-intents-by-tag.ts';
import * as askedAt from './0117-asked-at.ts';
import * as worsenedFindings from './0125-worsened-findings.ts';
import * as intentsOfBothReleases from './0126-intents-of-both-releases.ts';
import * as leaseByNesting from './0140-lease-by-nesting.ts';
import * as whoPushed from './0141-who-pushed.ts';
import * as promotionCancel from './0150-promotion-cancel.ts';
import * as stoppedIdentities from './0165-stopped-identities.ts';
import * as newestBuild from './0180-newest-build.ts';
import * as ticketGeneration from './0190-ticket-generation.ts';
import * as feedCurrentSince from './0210-feed-current-since.ts';
import * as placementByDestination from './0220-placement-by-destination.ts';
import * as approversRequired from './0221-approvers-required.ts';
import * as pushedPastUs from './0230-pushed-past-us.ts';
import * as gonePlaces from './0231-gone-places.ts';
import * as deadLettersByBytes from './0235-dead-letters-by-bytes.ts';
import * as leftToDistribution from './0240-left-to-distribution.ts';
import * as replacedApprovals from './0255-replaced-approvals.ts';
import * as cheaperGoLive from './0260-cheaper-go-live.ts';

/** All migrations in order, by hand: a released one never changes. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-intake': intake,
  '0002-artifact': artifact,
  '0003-trust': trust,
  '0004-promotion': promotion,
  '0005-incident': incident,
  '0006-outbox': outbox,
  '0007-claims': claims,
  '0008-second-looks': secondLooks,
  '0009-waiting': waiting,
  '0010-retention': retention,
  '0011-people': people,
  '0012-stock-layers': stockLayers,
  '0013-affected': affected,
  '0014-findings': findings,
  '0015-live-stocks': liveStocks,
  '0020-revocation-from': revocationFrom,
  '0030-extend-lease': extendLease,
  '0031-finding-decisions': findingDecisions,
  '0032-threats': threats,
  '0033-epoch-kind': epochKind,
  '0034-live-layers': liveLayers,
  '0035-advisory-feed': advisoryFeed,
  '0037-key-uses': keyUses,
  '0038-key-rotations': keyRotations,
  '0039-reverifications': reverifications,
  '0041-own-identities': ownIdentities,
  '0046-approval-proofs': approvalProofs,
  '0047-policy-signatures': policySignatures,
  '0050-import': imports,
  '0057-scanner-reports': scannerReports,
  '0058-policy-exception-ends': policyExceptionEnds,
  '0059-advisory-feed-times': advisoryFeedTimes,
  '0061-history-pruning': historyPruning,
  '0064-line-stops': lineStops,
  '0065-import-intents': importIntents,
  '0066-tag-before': tagBefore,
  '0070-passkeys': passkeys,
  '0071-approver-list': approverList,
  '0072-release-proofs': releaseProofs,
  '0080-workflow-turns': workflowTurns,
  '0081-due-incidents': dueIncidents,
  '0082-match-version': matchVersion,
  '0085-evidence-of-a-subject': evidenceOfASubject,
  '0095-attested-stock': attestedStock,
  '0096-policy-vote-proofs': policyVoteProofs,
  '0100-naming-and-matching': namingAndMatching,
  '0101-lease-by-index': leaseByIndex,
  '0105-intents-by-tag': intentsByTag,
  '0117-asked-at': askedAt,
  '0125-worsened-findings': worsenedFindings,
  '0126-intents-of-both-releases': intentsOfBothReleases,
  '0140-lease-by-nesting': leaseByNesting,
  '0141-who-pushed': whoPushed,
  '0150-promotion-cancel': promotionCancel,
  '0165-stopped-identities': stoppedIdentities,
  '0180-newest-build': newestBuild,
  '0190-ticket-generation': ticketGeneration,
  '0210-feed-current-since': feedCurrentSince,
  '0220-placement-by-destination': placementByDestination,
  '0221-approvers-required': approversRequired,
  '0230-pushed-past-us': pushedPastUs,
  '0231-gone-places': gonePlaces,
  '0235-dead-letters-by-bytes': deadLettersByBytes,
  '0240-left-to-distribution': leftToDistribution,
  '0255-replaced-approvals': replacedApprovals,
  '0260-cheaper-go-live': cheaperGoLive,
};
