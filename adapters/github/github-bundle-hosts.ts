/** Where bundles of github.com are kept beside the API's answers (Azure). */
export const githubBundleHosts: readonly string[] = ['*.blob.core.windows.net'];
