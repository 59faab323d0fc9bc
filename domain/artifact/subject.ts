/** Names of the things workflows are about. One place, so that ids agree between starter, worker, API and CLI. */
import { type Digest, isDigest } from './digest.ts';

/** An artifact where it was pushed: the pair every pipeline and promotion is about. */
export interface ArtifactKey {
  readonly repository: string;
  readonly digest: Digest;
}

/** `<repository>@<digest>`: outbox subject, event subject, and the tail of workflow ids. */
export function subjectOf(key: ArtifactKey): string {
  return `${key.repository}@${key.digest}`;
}

/** Reverse of `subjectOf`; undefined where the text is none. */
export function parseSubject(text: string): ArtifactKey | undefined {
  const at = text.lastIndexOf('@');
  const digest = text.slice(at + 1);
  return at > 0 && isDigest(digest) ? { repository: text.slice(0, at), digest } : undefined;
}

export const workflowIds = {
  artifact: (key: ArtifactKey) => `artifact/${subjectOf(key)}`,
  promotion: (environment: string, key: ArtifactKey) => `promotion/${environment}/${subjectOf(key)}`,
  incident: (id: string) => `incident/${id}`,
  quarantine: (digest: Digest) => `quarantine/${digest}`,
  rebuild: (digest: Digest) => `rebuild/${digest}`,
  rescan: 'rescan',
  keyRotation: (id: string) => `key-rotation/${id}`,
  import: (id: string) => `import/${id}`,
  reverify: (id: string) => `reverify/${id}`,
} as const;

/** Task queues keep privileges and load apart: see docs/architecture.md. */
export const taskQueues = {
  control: 'control',
  urgent: 'urgent',
  inspect: 'inspect',
  trust: 'trust',
  build: 'build',
} as const;
export type TaskQueue = (typeof taskQueues)[keyof typeof taskQueues];
