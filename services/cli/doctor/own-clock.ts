import type { DoctorFinding } from '../api-answers.ts';
import type { LocalCheck } from './check.ts';

/** Seconds: the answer itself took a few, with all that was asked for it. */
const WARN_ABOVE = 30;

export function judgeOwnClock(gateway: Date, ours: Date): DoctorFinding {
  const seconds = Math.round((ours.getTime() - gateway.getTime()) / 1000);
  const says = `this machine: ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the gateway`;
  return Math.abs(seconds) <= WARN_ABOVE
    ? { level: 'ok', says }
    : { level: 'warn', says, next: "set this machine's clock: signatures made here carry its time" };
}

export const check: LocalCheck = {
  name: 'own-clock',
  examine: async ({ answer, io }) => [judgeOwnClock(new Date(answer.at), io.now?.() ?? new Date())],
};
