import { ensureTopics } from './kafka-topics.ts';
import type { Log } from './part.ts';
import type { StackHome } from './stack-home.ts';
import type { Connection } from './stack-record.ts';

/** What a preparation step is given: running servers, and the folder for what it writes. */
export interface PrepareContext {
  readonly home: StackHome;
  readonly connection: Connection;
  readonly log: Log;
}

/** One step between the servers' start and the services'. Runs at every `up`: doing it again must change nothing. */
export interface PrepareStep {
  readonly name: string;
  readonly run: (context: PrepareContext) => Promise<void>;
}

/** In order; the first failure ends the `up`. */
export const prepareSteps: readonly PrepareStep[] = [
  { name: 'Kafka topics', run: ({ connection, log }) => ensureTopics(connection.kafkaBrokers, log) },
];
