/** Roles of people and machines, and what each may do. One identity has one role; groups come on top for approvals. */
import { z } from 'zod';

export const roles = ['viewer', 'approver', 'responder', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];
export const roleSchema = z.enum(roles);

/**
 * What each act needs. Roles are not a ladder: deciding (approver), stopping (responder), running (operator) and naming
 * who may do which (admin) are held apart, so that no single stolen token both asks for an act and lets it through.
 */
const table = {
  read: roles,
  'promotion.request': ['operator'],
  'promotion.cancel': ['operator', 'responder'],
  'step.retry': ['operator'],
  'promotion.decide': ['approver'],
  'line.stop': ['responder', 'operator', 'admin'],
  'line.resume': ['operator', 'admin'], // who stops has seen something; who runs it says when it is over
  'incident.open': ['responder', 'operator', 'admin'], // stopping is cheap to undo and late is dear
  'incident.close': ['responder'],
  'release.request': ['responder', 'operator'],
  'release.decide': ['approver'],
  'rebuild.request': ['responder', 'operator'],
  'event.read': ['responder', 'operator', 'admin'], // dead letters hold what outsiders sent, histories in full what people typed
  'event.replay': ['operator'],
  'artifact.import': ['operator', 'admin'], // it may stay where it is; nothing is let in by it
  'advisories.sync': ['operator'],
  'finding.decide': ['approver'], // it lets something through; a VEX document does too
  'finding.revoke': ['approver', 'responder', 'admin'], // what was let through counts again
  'report.add': ['operator', 'responder'], // it can hold something back, and let nothing through
  'report.withdraw': ['approver'], // what it held back may go on
  'key.revoke': ['responder', 'admin'],
  'key.rotate': ['admin'],
  'policy.change': ['admin'],
  'policy.decide': ['approver', 'admin'], // never who proposed it, whatever their role
  'token.manage': ['admin'],
  'doctor.run': ['operator', 'admin'], // it says what is weak
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof table;
export const permissions = Object.keys(table) as readonly Permission[];

/** The roles that hold a permission: for the message that refuses. */
export function rolesWith(permission: Permission): readonly Role[] {
  return table[permission];
}

export function allows(role: Role, permission: Permission): boolean {
  return rolesWith(permission).includes(role);
}
