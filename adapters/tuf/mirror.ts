import { createEgress, type EgressOptions } from '../egress/egress.ts';
import { EgressError } from '../egress/egress-error.ts';
import { TufError } from './tuf-error.ts';

export interface Mirror {
  /** A file below the mirror's address, by its path as a URL has it; undefined where it has none of that name (403 and 404: storage services answer either). */
  read(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** Milliseconds. A verification may be waiting; what is last known to be valid is at hand. */
const TIMEOUTS = { connectMs: 5000, headersMs: 15_000, bodyMs: 15_000 };
const RETRIES = 1;

/** Asks this one host and follows nothing elsewhere. Plain HTTP only where the address says so: what comes is signed. */
export function openMirror(address: string, timeouts: EgressOptions['timeouts'] = TIMEOUTS): Mirror {
  const { host, protocol } = new URL(address);
  const egress = createEgress({
    configuredHosts: [host],
    plainHttpHosts: protocol === 'http:' ? [host] : [],
    allowPublicHosts: false,
    timeouts,
  });
  return {
    async read(path, maxBytes) {
      const url = `${address.replace(/\/+$/, '')}/${path}`;
      try {
        const answer = await egress.send({ method: 'GET', url, retries: RETRIES, maxBytes });
        if (answer.status === 200) return await answer.body.bytes();
        await answer.body.dump();
        if (answer.status === 403 || answer.status === 404) return undefined;
        throw new TufError('TUF_UNREACHABLE', `${url} answered ${answer.status}`);
      } catch (error) {
        throw error instanceof EgressError ? toTufError(error) : error;
      }
    },
    close: () => egress.close(),
  };
}

function toTufError(cause: EgressError): TufError {
  switch (cause.code) {
    case 'EGRESS_TOO_LARGE':
      return new TufError('TUF_TOO_LARGE', `${cause.message}: more than such a file may have`, { cause });
    case 'EGRESS_TIMEOUT':
      return new TufError('TUF_TOO_SLOW', cause.message, { cause });
    case 'EGRESS_HOST_NOT_ALLOWED':
    case 'EGRESS_PLAIN_HTTP_REFUSED':
    case 'EGRESS_REDIRECT_REFUSED':
    case 'EGRESS_UNREACHABLE':
      return new TufError('TUF_UNREACHABLE', cause.message, { cause });
  }
}
