import type { StackHome } from '../../../infra/dev/stack-home.ts';
import type { DoctorAnswer, DoctorFinding } from '../api-answers.ts';
import type { CliIo } from '../io.ts';

/** What the checks made from here know. */
export interface Surroundings {
  readonly io: CliIo;
  readonly answer: DoctorAnswer;
  /** The address of the gateway. */
  readonly gatewayUrl: string;
  /** The local stack the answer is of; undefined where the server is somewhere else. */
  readonly home: StackHome | undefined;
  /** `user:password` of somebody who pushes to intake and must push nowhere else. */
  readonly builderLogin: string | undefined;
}

/** A check made from where the command runs. */
export interface LocalCheck {
  readonly name: string;
  /** Undefined where it has nothing to look at here. Throws where something does not answer. */
  examine(surroundings: Surroundings): Promise<readonly DoctorFinding[] | undefined>;
}
