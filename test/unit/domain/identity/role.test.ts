import { expect, test } from 'vitest';
import { allows, permissions, type Role, roles, rolesWith } from '../../../../domain/identity/role.ts';

test('everybody may look, a viewer nothing else', () => {
  for (const role of roles) expect(allows(role, 'read')).toBe(true);
  expect(permissions.filter((permission) => allows('viewer', permission))).toEqual(['read']);
});

// One stolen token must not be enough to get an artifact in, or out of quarantine.
test.each([
  ['promotion.request', 'promotion.decide'],
  ['release.request', 'release.decide'],
  ['token.manage', 'promotion.decide'],
  ['token.manage', 'release.decide'],
  ['policy.change', 'promotion.decide'],
] as const)('no role holds both %s and %s', (one, other) => {
  expect(roles.filter((role) => allows(role, one) && allows(role, other))).toEqual([]);
});

test.each([
  ['approver', 'incident.open', false],
  ['responder', 'incident.open', true],
  ['responder', 'promotion.decide', false],
  ['operator', 'promotion.request', true],
  ['operator', 'token.manage', false],
  ['admin', 'token.manage', true],
] satisfies [Role, (typeof permissions)[number], boolean][])('%s %s: %s', (role, permission, expected) => {
  expect(allows(role, permission)).toBe(expected);
});

test('every permission is somebody\u2019s', () => {
  for (const permission of permissions)
    expect([permission, rolesWith(permission).length > 0]).toEqual([permission, true]);
});
