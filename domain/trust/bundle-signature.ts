import { preAuthenticationEncoding } from './pre-authentication-encoding.ts';

interface Envelope {
  readonly payloadType?: string;
  readonly payload?: string;
  readonly signatures?: readonly { readonly sig?: string }[];
}

const decode = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** The bytes that are signed and the one signature, of a bundle around a DSSE envelope that is known to verify; undefined for others. */
export function bundleSignature(
  bundle: Uint8Array,
): { readonly signed: Uint8Array; readonly signature: Uint8Array } | undefined {
  const { dsseEnvelope } = JSON.parse(new TextDecoder().decode(bundle)) as { dsseEnvelope?: Envelope };
  const { payloadType = '', payload, signatures = [] } = dsseEnvelope ?? {};
  const sig = signatures[0]?.sig;
  if (payload === undefined || sig === undefined) return undefined;
  return { signed: preAuthenticationEncoding(payloadType, decode(payload)), signature: decode(sig) };
}
