import { defineDecision } from '../decide.ts';
import type { Verb } from '../verb.ts';

/** `pratique approve`. */
export const verb: Verb = {
  define: (command, context) => defineDecision(command, context, 'approve'),
};
