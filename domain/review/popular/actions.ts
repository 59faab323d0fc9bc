/** Among the most used actions of GitHub, as of 2025. */
export const popularActions = `
actions/cache actions/checkout actions/configure-pages actions/create-github-app-token actions/create-release actions/dependency-review-action
actions/deploy-pages actions/download-artifact actions/github-script actions/labeler actions/setup-dotnet actions/setup-go
actions/setup-java actions/setup-node actions/setup-python actions/stale actions/upload-artifact actions/upload-pages-artifact
actions/upload-release-asset anchore/sbom-action anchore/scan-action aquasecurity/trivy-action astral-sh/setup-uv
aws-actions/amazon-ecr-login aws-actions/configure-aws-credentials azure/login azure/setup-helm cachix/install-nix-action
changesets/action codecov/codecov-action coverallsapp/github-action crazy-max/ghaction-import-gpg docker/build-push-action
docker/login-action docker/metadata-action docker/setup-buildx-action docker/setup-qemu-action dorny/paths-filter
dtolnay/rust-toolchain github/codeql-action golangci/golangci-lint-action google-github-actions/auth
google-github-actions/setup-gcloud goreleaser/goreleaser-action gradle/actions gradle/wrapper-validation-action
hashicorp/setup-terraform helm/chart-releaser-action jamesives/github-pages-deploy-action microsoft/setup-msbuild
ncipollo/release-action oven-sh/setup-bun ossf/scorecard-action peaceiris/actions-gh-pages peter-evans/create-or-update-comment
peter-evans/create-pull-request pnpm/action-setup pypa/gh-action-pypi-publish reviewdog/action-setup ruby/setup-ruby
shivammathur/setup-php sigstore/cosign-installer slackapi/slack-github-action snyk/actions softprops/action-gh-release
step-security/harden-runner stefanzweifel/git-auto-commit-action swatinem/rust-cache tj-actions/changed-files
trufflesecurity/trufflehog
`;
