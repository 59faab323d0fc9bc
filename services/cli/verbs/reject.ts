import { defineDecision } from '../decide.ts';
import type { Verb } from '../verb.ts';

/** `pratique reject`. */
export const verb: Verb = {
  define: (command, context) => defineDecision(command, context, 'reject'),
};
