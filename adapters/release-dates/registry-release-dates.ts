/** When versions were published, as the registries of npm and PyPI say. */
import { z } from 'zod';
import type { ReleaseDates } from '../../domain/review/release-dates.ts';
import type { Component } from '../../domain/sbom/component.ts';
import type { Egress } from '../egress/egress.ts';
import { EgressError } from '../egress/egress-error.ts';

/** The document of a package of npm names all of its versions. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

const npmDocument = z.object({ time: z.record(z.string(), z.unknown()) });
const pypiDocument = z.object({ urls: z.array(z.object({ upload_time_iso_8601: z.string() })) });

/** Addresses of registries, without a slash at their end. */
export interface RegistryAddresses {
  readonly npm?: string;
  readonly pypi?: string;
}

/** A registry that does not answer, or answers something else, knows no date. Throws the signal's reason. */
export class RegistryReleaseDates implements ReleaseDates {
  readonly #egress: Egress;
  readonly #addresses: RegistryAddresses;
  readonly #signal: AbortSignal;

  constructor(egress: Egress, addresses: RegistryAddresses, signal: AbortSignal) {
    this.#egress = egress;
    this.#addresses = addresses;
    this.#signal = signal;
  }

  knows({ ecosystem, version }: Component): boolean {
    if (version === '') return false;
    return ecosystem === 'npm'
      ? this.#addresses.npm !== undefined
      : ecosystem === 'PyPI' && this.#addresses.pypi !== undefined;
  }

  async publishedAt({ ecosystem, advisoryName, version }: Component): Promise<string | undefined> {
    const name = encodeURIComponent(advisoryName);
    if (ecosystem === 'npm') {
      const document = npmDocument.safeParse(await this.#get(`${this.#addresses.npm}/${name}`));
      const time =
        document.success && Object.hasOwn(document.data.time, version) ? document.data.time[version] : undefined;
      return typeof time === 'string' ? time : undefined;
    }
    const place = `${this.#addresses.pypi}/pypi/${name}/${encodeURIComponent(version)}/json`;
    const document = pypiDocument.safeParse(await this.#get(place));
    const times = document.success ? document.data.urls.map((file) => file.upload_time_iso_8601) : [];
    // The first of its files: one that is added later does not make the others younger.
    return times.toSorted()[0];
  }

  async #get(url: string): Promise<unknown> {
    try {
      const response = await this.#egress.send({
        method: 'GET',
        url,
        headers: { accept: 'application/json' },
        signal: this.#signal,
        maxBytes: MAX_DOCUMENT_BYTES,
        retries: 1,
      });
      if (response.status === 200) return await response.body.json();
      await response.body.dump();
      return undefined;
    } catch (error) {
      if (error instanceof EgressError) return undefined;
      throw error;
    }
  }
}
