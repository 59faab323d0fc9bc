/** Where package clients fetch from and whom they trust: all that `fetch:` commands may know of the builder's environment. */
const PASSED = [
  /^npm_config_(?:registry|cafile|strict_ssl|fetch_\w+)$/i,
  /^(?:https?|no)_proxy$/i,
  /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/,
  /^PIP_(?:INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|CERT|DEFAULT_TIMEOUT)$/,
  /^(?:GOPROXY|GOSUMDB|GOFLAGS|CARGO_HTTP_CAINFO)$/,
];

/** The variables of `environment` that are passed on; credentials of other kinds than a proxy's or an index's own are not. */
export function pickFetchEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && PASSED.some((pattern) => pattern.test(name))) picked[name] = value;
  return picked;
}
