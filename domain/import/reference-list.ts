import { type FoundReference, MAX_IMPORT_REFERENCES } from './import-book.ts';
import { ImportError } from './import-error.ts';

/** Something that names an image, and can not be told which. */
export interface ImportProblem {
  readonly place: string;
  readonly reason: string;
}

/** Problems that are listed one by one; what is said of more is said of them all. */
const MAX_PROBLEMS = 10_000;
const MAX_PLACE = 400;
const MAX_REFERENCE = 512;
/** distribution's client and Kubernetes read `nginx` so. */
const DEFAULT_HOST = 'docker.io';
const DEFAULT_FOLDER = 'library';

/** What was found so far: each reference once for each place that names it. */
export class ReferenceList {
  readonly #found = new Map<string, FoundReference>();
  readonly #problems: ImportProblem[] = [];

  /** In the order they came. */
  get references(): readonly FoundReference[] {
    return [...this.#found.values()];
  }

  get problems(): readonly ImportProblem[] {
    return this.#problems;
  }

  /** `image` as a manifest has it: without a host it is Docker Hub's. Throws an ImportError past the limit. */
  add(image: string, place: string): void {
    const text = image.trim();
    const problem = problemOf(text);
    if (problem !== undefined) {
      this.report(place, problem);
      return;
    }
    const found = { reference: withHost(text), place: place.slice(0, MAX_PLACE) };
    const name = JSON.stringify([found.reference, found.place]);
    if (this.#found.has(name)) return;
    if (this.#found.size >= MAX_IMPORT_REFERENCES)
      throw new ImportError(
        'IMPORT_TOO_MANY',
        `more than ${MAX_IMPORT_REFERENCES} references: bring them in by namespace or by folder`,
      );
    this.#found.set(name, found);
  }

  /** Never lost: what can not be told is not the same as what is not there. */
  report(place: string, reason: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ place: place.slice(0, MAX_PLACE), reason });
    else if (this.#problems.length === MAX_PROBLEMS)
      this.#problems.push({ place: 'elsewhere', reason: `more than ${MAX_PROBLEMS} places can not be told` });
  }
}

function problemOf(image: string): string | undefined {
  if (image === '') return 'names no image';
  if (/[$]\{?\w|\{\{/.test(image)) return 'the image is a variable or a template: render it first';
  return image.length > MAX_REFERENCE ? `the image has more than ${MAX_REFERENCE} characters` : undefined;
}

function withHost(image: string): string {
  const slash = image.indexOf('/');
  const head = image.slice(0, Math.max(0, slash));
  if (head.includes('.') || head.includes(':') || head === 'localhost') return image;
  return slash === -1 ? `${DEFAULT_HOST}/${DEFAULT_FOLDER}/${image}` : `${DEFAULT_HOST}/${image}`;
}
