/** Named places between two writes, where a test stops, kills or delays a process. Outside tests nothing happens there. */
import { installed } from './fault-hook.ts';

/** What was written before the point, and what is written after it. Every one is driven: test/unit/domain/fault. */
export const faultPoints = {
  'consumer.handled': 'the effect of a record is stored; its offset is not committed',
  'consumer.dead-letter-sent': 'the dead-letter topic has the record; the list and the offset do not',
  'intake.build-recorded': 'the fact of a build is stored; no decision about its event',
  'intake.accepted': 'the decision about an event is stored; its workflow is not started',
  'outbox.sent': 'Kafka has the outcome; its row is not marked',
  'workflow.started': 'Temporal runs what was requested; the request still says pending',
  'generation.claimed': 'a run owns the generation; its manifest is not read',
  'generation.requested': 'the first promotions are requested; the generation is open',
  'generation.concluded': 'the generation is closed; its promotions are not started',
  'evidence.signed': 'a statement is signed and kept; it is not attached',
  'evidence.attached': 'the registry shows the evidence; the database does not',
  'promotion.reserved': 'the place is reserved; the workflow does not know',
  'copy.planned': 'the book knows of a manifest that is about to be made; it is not made',
  'copy.written': 'one manifest of an artifact is copied; it is not read back, and those that name it are missing',
  'promotion.copied': 'the artifact is at the destination; its evidence is not',
  'promotion.evidence-copied': 'artifact and evidence are at the destination; the book does not know of the evidence',
  'promotion.admitted': 'the admission is attached; the verdict does not name its summary',
  'promotion.tag-planned': 'the book knows what the tag names; it is not moved',
  'promotion.tag-moved': 'the tag names the artifact; the book does not call it live',
  'promotion.tag-put-back': 'the tag names what it named before; what was copied is still there',
  'promotion.live': 'the book calls it live; the next promotions are not started',
  'promotion.released': 'the claim is given up; what it made is still in the registry',
  'incident.fenced': 'the fences are up; nothing that removes is started',
  'quarantine.kept': 'a copy is kept for investigation; the original is still served',
  'quarantine.deleted': 'the manifest is gone; its children are still served',
  'quarantine.removed': 'the registry no longer serves it; the book says it does',
  'quarantine.read-back': 'seen to be gone; not confirmed',
  'release.decided': 'the fence is down; the generation that judges it again is not started',
  'referrers.written': 'a referrer is stored; no list names it',
  'referrers.listed': 'the list of referrers was read; the longer one is not written',
  'rebuild.pushed': 'a build is in the registry; it has no evidence and no tag',
  'rebuild.copied': 'the rebuilt artifact is at its place; the tag names the old one',
  'rebuild.tagged': 'the tag names the rebuilt artifact; the book does not know of it',
  'rebuild.concluded': 'the rebuild is concluded; its pipeline is not started',
  'blob.stored': 'a body is stored; nothing refers to it',
  'lease.taken': 'the lease is held; nothing is written under it',
  'lease.done': 'what the lease was for is written; it is still held',
  'migration.applied': 'one migration is applied, in the transaction of all of them',
  'policy.inserted': 'the policy is inserted, in its transaction; trust and base layers are those of before',
  'policy.activated': 'the policy is in force; nothing that is live is judged by it yet',
  'advisories.activated': 'the advisories are in force; the rescan that matches them is not started',
  'decision.made': 'the decision holds; the rescan that tells of it is not started',
  'decisions.found': 'a decision was made, revoked or is over; nobody is told, and no gate looks again',
  'rescan.matched': 'findings are written; nobody is told, and no gate looks again',
  'token.stored': 'the token is inserted, in its transaction; nobody was told of it',
} as const;

export type FaultPoint = keyof typeof faultPoints;

/** `subject`: what the point is about (a digest, a key), so that a test may pick one. Costs a property read outside tests. */
export function reach(point: FaultPoint, subject: string): Promise<void> | undefined {
  return installed.hook?.(point, subject);
}
