/** Passkeys and security keys (Web Authentication, Level 3) as what people prove their decisions with. */
import { z } from 'zod';

/** What a browser answers a challenge with; each member in base64url without padding. */
export interface GivenAssertion {
  /** The id of the credential. */
  readonly credential: string;
  /** `clientDataJSON`, its bytes. */
  readonly clientData: string;
  readonly authenticatorData: string;
  readonly signature: string;
}

/** The same as it is kept: with the key, so that it verifies by itself. */
export interface StoredAssertion extends GivenAssertion {
  /** SubjectPublicKeyInfo in DER, base64url. */
  readonly publicKey: string;
}

/** Whose pages passkeys are made for and used on: of the configuration, never of a request. */
export interface RelyingParty {
  /** The host, which is what a passkey is bound to (Web Authentication, 5.1.2). */
  readonly id: string;
  /** `https://pratique.example.com` */
  readonly origin: string;
  /** Where the page is that approves: `https://pratique.example.com/approve`. */
  readonly page: string;
}

export interface NewPasskey {
  readonly id: string;
  /** SubjectPublicKeyInfo in DER, base64url. */
  readonly publicKey: string;
  /** `SHA256:` and base64 without padding, over the bytes of `publicKey`: what an administrator joins to a principal. */
  readonly fingerprint: string;
  readonly relyingParty: string;
  /** As its owner calls it. */
  readonly name: string;
  /** How a browser reaches it: `usb`, `internal`, `hybrid`, … */
  readonly transports: readonly string[];
  readonly signCount: number;
}

export interface Passkey extends NewPasskey {
  /** Of the token it was registered with. */
  readonly subject: string;
  /** The principal an administrator joined it to; without one it proves nothing. */
  readonly holder: string | undefined;
  /** RFC 3339 */
  readonly registeredAt: string;
  readonly usedAt: string | undefined;
}

export interface PasskeyBook {
  /** Keeps it as registered by `subject`, for nobody yet. */
  register(
    subject: string,
    passkey: NewPasskey,
  ): Promise<{ outcome: 'registered' | 'unchanged' } | { outcome: 'refused'; reason: string }>;
  /** Those that the person behind a subject registered, whatever subject of theirs it was; oldest first. */
  of(subject: string): Promise<readonly Passkey[]>;
  find(id: string): Promise<Passkey | undefined>;
  /**
   * Counts one use. False where the counter did not grow (6.1.1: unless it is and was 0), or what was signed is no later than what
   * it signed before: that is how one without a counter is kept from being shown twice.
   */
  use(id: string, signed: { readonly signCount: number; readonly at: string }): Promise<boolean>;
  /** Forgets one of the person's own, and whose it was. False where they have none of that id. */
  forget(subject: string, id: string): Promise<boolean>;
}

/** What registering binds to: who registers, what they call it, and when. */
export interface PasskeyClaim {
  readonly by: string;
  readonly name: string;
  /** RFC 3339 in UTC with milliseconds. */
  readonly at: string;
}

const claimSchema = z.strictObject({
  by: z.string(),
  name: z.string().min(1).max(64),
  at: z.iso.datetime({ precision: 3 }),
});
const HEADER = 'Pratique passkey, version 1';

/** The text whose SHA-256 is the challenge of a registration. */
export function passkeyText({ by, name, at }: PasskeyClaim): string {
  return `${HEADER}\n${JSON.stringify({ by, name, at })}\n`;
}

/** Undefined where it is not, to the byte, what `passkeyText` makes. */
export function parsePasskeyText(text: string): PasskeyClaim | undefined {
  try {
    const claim = claimSchema.parse(JSON.parse(text.split('\n')[1] ?? ''));
    return passkeyText(claim) === text ? claim : undefined;
  } catch {
    return undefined;
  }
}
