/** What a registry or its token server takes. Never logged, never in a message. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}
