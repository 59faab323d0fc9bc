import type { Api, People, Stage, startBuild } from './stage.ts';
import type { Teller } from './teller.ts';

/** What every chapter is told with. */
export interface Story {
  readonly teller: Teller;
  readonly stage: Stage;
  readonly api: Api;
  readonly people: People;
  readonly builds: Readonly<Record<'shop' | 'legacy' | 'clock', ReturnType<typeof startBuild>>>;
}
