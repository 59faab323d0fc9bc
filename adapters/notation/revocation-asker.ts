/** Asks those whom certificates name whether they are revoked: OCSP first, then the list, as notation-core-go does (revocation/revocation.go). */
import type {
  RevocationFile,
  RevocationFindings,
  RevocationQuestion,
} from '../../domain/trust/notation/notation-verifier.ts';
import { createEgress, type EgressOptions } from '../egress/egress.ts';
import { readCertificate } from './certificate.ts';
import { MAX_ANSWER_BYTES, ocspRequest, readOcspAnswer } from './ocsp-answer.ts';
import { MAX_LIST_BYTES, readRevocationList } from './revocation-list.ts';
import type { RevocationWitness } from './revocation-state.ts';

export interface RevocationAsker {
  /** Whatever does not answer is among `unanswered`, and asked no more. */
  ask(questions: readonly RevocationQuestion[], now: Date): Promise<RevocationFindings>;
  close(): Promise<void>;
}

/** What somebody answered, and what it reads as. */
interface Given {
  readonly file: RevocationFile;
  readonly witness: RevocationWitness;
}

/** Milliseconds. A verification is waiting. */
const TIMEOUTS = { connectMs: 5000, headersMs: 10_000, bodyMs: 10_000 };
const RETRIES = 1;
/** Addresses of one certificate. */
const MAX_ADDRESSES = 4;

/**
 * Only about certificates below a root that is trusted: the addresses are of its authorities, at public hosts, or at those of
 * `hosts` whatever their address. Plain HTTP, as they are: answers are signed.
 */
export function createRevocationAsker(
  hosts: readonly string[],
  timeouts: EgressOptions['timeouts'] = TIMEOUTS,
): RevocationAsker {
  const egresses = new Map<string, ReturnType<typeof createEgress>>();
  const asked = new Map<string, Promise<Given>>();

  const egressFor = ({ host, origin, protocol }: URL) => {
    const found = egresses.get(origin);
    if (found !== undefined) return found;
    const plainHttpHosts = protocol === 'http:' ? [host] : [];
    const egress = createEgress({ configuredHosts: hosts, plainHttpHosts, allowPublicHosts: true, timeouts });
    egresses.set(origin, egress);
    return egress;
  };

  const fetchBytes = async (address: string, maxBytes: number, request?: Uint8Array): Promise<Uint8Array> => {
    if (!/^https?:/i.test(address) || !URL.canParse(address))
      throw new Error(`${address} is no address that is asked (http: or https:)`);
    const answer = await egressFor(new URL(address)).send({
      url: address,
      maxBytes,
      retries: RETRIES,
      ...(request === undefined
        ? { method: 'GET' }
        : { method: 'POST', body: request, headers: { 'content-type': 'application/ocsp-request' } }),
    });
    if (answer.status === 200) return await answer.body.bytes();
    await answer.body.dump();
    throw new Error(`${address} answered ${answer.status}`);
  };

  /** Once, whatever comes of it. */
  const once = (key: string, get: () => Promise<Given>) => {
    const running = asked.get(key) ?? get();
    asked.set(key, running);
    return running;
  };

  const askResponder = (address: string, { certificate, issuer }: RevocationQuestion) => {
    const request = ocspRequest(readCertificate(certificate), readCertificate(issuer));
    return once(`${address} ${request.toString('hex')}`, async () => {
      const file = { source: address, bytes: await fetchBytes(address, MAX_ANSWER_BYTES, request) };
      return { file, witness: readOcspAnswer(file) };
    });
  };

  const fetchList = (address: string) =>
    once(address, async () => {
      const file = { source: address, bytes: await fetchBytes(address, MAX_LIST_BYTES) };
      return { file, witness: readRevocationList(file) };
    });

  return {
    async ask(questions, now) {
      const lists: RevocationFile[] = [];
      const answers: RevocationFile[] = [];
      const unanswered = new Set<string>();
      const firstOf = async (addresses: readonly string[], get: (address: string) => Promise<Given>) => {
        for (const address of addresses.slice(0, MAX_ADDRESSES)) {
          try {
            return await get(address);
          } catch (error) {
            unanswered.add(error instanceof Error ? error.message : String(error));
          }
        }
        return undefined;
      };
      for (const question of questions) {
        const answer = await firstOf(question.responders, (address) => askResponder(address, question));
        if (answer !== undefined) answers.push(answer.file);
        // An answer may be that it does not know: the list is another source.
        if (answer !== undefined && isClear(answer.witness, question, now)) continue;
        const list = await firstOf(question.lists, fetchList);
        if (list !== undefined) lists.push(list.file);
      }
      return { lists, answers, unanswered: [...unanswered] };
    },
    async close() {
      await Promise.all([...egresses.values()].map((egress) => egress.close()));
    },
  };
}

function isClear(witness: RevocationWitness, { certificate, issuer }: RevocationQuestion, now: Date): boolean {
  const times = { now, signedAt: undefined };
  const said = witness.about(readCertificate(certificate), readCertificate(issuer), times);
  return said !== undefined && said.word !== 'none';
}
