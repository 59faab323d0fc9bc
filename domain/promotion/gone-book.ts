import type { Digest } from '../artifact/digest.ts';
import type { ArtifactKey } from '../artifact/subject.ts';

/** Something a promotion let in and the registry has no more, though nobody here took it out. */
export interface Gone {
  readonly place: { readonly environment: string; readonly destination: string };
  /** By the repository it was pushed to. */
  readonly key: ArtifactKey;
  /** The artifact itself, or a part of it. */
  readonly lacks: Digest;
  /** The artifact is there, and this tag names it no more. */
  readonly tag?: string;
}

/** What promotions let in, under one of its tags there, null where none names it. */
export interface LivePlace extends Pick<Gone, 'place' | 'key'> {
  readonly tag: string | null;
  /** What it was seen to lack: itself or a part of it, or the tag alone. */
  readonly lacks: 'nothing' | 'tag' | 'artifact';
}

export interface GoneBook {
  /** In the environments of the policy in force, by their repositories: under each of its tags, and what was found gone lately without one. */
  livePlaces(): Promise<readonly LivePlace[]>;
  /** A finding and an event, once, until it is there again; nothing of what is on its way out by us. */
  recordGone(gone: Gone): Promise<void>;
  /** Somebody else put it there again: as it was. */
  recordBack(back: Pick<LivePlace, 'place' | 'key' | 'tag'>): Promise<void>;
}
