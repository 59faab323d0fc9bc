/** The two ceremonies of Web Authentication (Level 3, 7.1 and 7.2): making a passkey, and having one sign what is decided. */
import { RefusedError } from './session.mjs';

const encoder = new TextEncoder();
/** ES256, Ed25519, RS256: what the server verifies. */
const algorithms = [-7, -8, -257];
const TIMEOUT_MS = 300_000;

const toBase64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
const sha256 = async (text) => new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
const descriptors = (passkeys) =>
  passkeys.map(({ id, transports }) => ({ type: 'public-key', id: fromBase64url(id), transports }));

/** A new passkey for the text that the server gave; what the server is told of it. */
export async function makePasskey({ statement, relyingParty, origin, user, known }) {
  checkPlace(origin);
  const credential = await asked(async () =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: relyingParty, name: 'Pratique' },
        user: { id: await sha256(`pratique:${user}`), name: user, displayName: user },
        challenge: await sha256(statement),
        pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { userVerification: 'required', residentKey: 'preferred' },
        attestation: 'none',
        excludeCredentials: descriptors(known),
        timeout: TIMEOUT_MS,
      },
    }),
  );
  const { clientDataJSON } = credential.response;
  return {
    statement,
    clientData: toBase64url(clientDataJSON),
    authenticatorData: toBase64url(credential.response.getAuthenticatorData()),
    transports: credential.response.getTransports(),
  };
}

/** One of these passkeys over the text: a proof, as the server takes it. */
export async function signWithPasskey({ statement, relyingParty, origin, passkeys }) {
  checkPlace(origin);
  const { id, response } = await asked(async () =>
    navigator.credentials.get({
      publicKey: {
        rpId: relyingParty,
        challenge: await sha256(statement),
        allowCredentials: descriptors(passkeys),
        userVerification: 'required',
        timeout: TIMEOUT_MS,
      },
    }),
  );
  const assertion = {
    credential: id,
    clientData: toBase64url(response.clientDataJSON),
    authenticatorData: toBase64url(response.authenticatorData),
    signature: toBase64url(response.signature),
  };
  return { statement, assertion };
}

function checkPlace(origin) {
  if (location.origin !== origin)
    throw new RefusedError({
      message: `passkeys are for ${origin}: open this page there, and not at ${location.origin}`,
    });
  if (!window.isSecureContext || navigator.credentials === undefined)
    throw new RefusedError({ message: 'this browser takes no passkeys here: it needs https' });
}

/** Browsers say little about why nothing came, so that pages learn little. */
async function asked(ask) {
  try {
    return await ask();
  } catch (error) {
    const messages = {
      NotAllowedError: 'nothing was signed: it was cancelled, took too long, or no passkey of yours is at hand',
      InvalidStateError: 'that passkey is registered already',
      NotSupportedError: 'this device cannot make a passkey of a kind that is taken here',
    };
    throw new RefusedError({ message: messages[error.name] ?? `the browser refuses: ${error.message}` });
  }
}
