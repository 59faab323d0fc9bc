import { topics } from './topics.ts';

/** Consumer groups of the intake, one a topic, so that urgent events are never behind a backlog. */
export const dispatcherGroups = [
  { group: 'pratique-dispatcher', topic: topics.events },
  { group: 'pratique-dispatcher-urgent', topic: topics.urgent },
] as const;
