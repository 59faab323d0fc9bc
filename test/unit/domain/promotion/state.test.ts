import { expect, test } from 'vitest';
import { isOpen, mayMove, type PromotionState, promotionStates } from '../../../../domain/promotion/state.ts';

test.each([
  [['requested', 'reserved', 'copying', 'live'], 'straight through'],
  [
    ['requested', 'waiting', 'reserved', 'waiting', 'reserved', 'copying', 'live', 'quarantined', 'requested'],
    'a freeze begins, an incident comes',
  ],
  [['requested', 'denied', 'requested', 'waiting', 'rejected'], 'a second generation'],
  [['requested', 'reserved', 'copying', 'failed', 'undone'], 'a copy that broke'],
  [['requested', 'reserved', 'copying', 'waiting', 'reserved'], 'a copy that was taken back, and is tried again'],
  [['requested', 'waiting', 'expired'], 'nobody decided'],
] satisfies [PromotionState[], string][])('%j is legal: %s', (path: PromotionState[], _what: string) => {
  for (const [index, to] of path.slice(1).entries())
    expect([path[index], to, mayMove(path[index]!, to)]).toEqual([path[index], to, true]);
});

test.each([
  ['requested', 'live'],
  ['waiting', 'live'],
  ['reserved', 'live'],
  ['requested', 'copying'],
  ['waiting', 'copying'],
  ['copying', 'reserved'],
  ['live', 'copying'],
  ['quarantined', 'live'],
  ['denied', 'live'],
  ['denied', 'reserved'],
  ['live', 'live'],
] satisfies [PromotionState, PromotionState][])('%s never becomes %s', (from, to) => {
  expect(mayMove(from, to)).toBe(false);
});

test('live is reached from copying alone, and every state can be reached and left', () => {
  expect(promotionStates.filter((from) => mayMove(from, 'live'))).toEqual(['copying']);
  for (const state of promotionStates) {
    expect([state, promotionStates.some((from) => mayMove(from, state))]).toEqual([state, true]);
    expect([state, promotionStates.some((to) => mayMove(state, to))]).toEqual([state, true]);
  }
});

test('a quarantine can end every promotion that is open', () => {
  const open = promotionStates.filter(isOpen);
  expect(open).toEqual(['requested', 'waiting', 'reserved', 'copying']);
  for (const state of [...open, 'live'] as const) expect([state, mayMove(state, 'quarantined')]).toEqual([state, true]);
});
