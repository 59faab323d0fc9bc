/** What manifests say that only other files of the same tree make whole: kept raw until composition. Plain JSON. */
import { z } from 'zod';

const replacedSchema = z.object({
  path: z.string(),
  version: z.string().optional(),
  newPath: z.string(),
  /** Absent where the replacement is a folder. */
  newVersion: z.string().optional(),
});

const goModSchema = z.object({
  format: z.literal('go-mod'),
  module: z.string(),
  /** Of the `go` line, `1.21` or `1.21.3`. */
  goVersion: z.string().optional(),
  requires: z.array(z.object({ path: z.string(), version: z.string() })),
  replaces: z.array(replacedSchema),
  excludes: z.array(z.string()),
});
/** go.mod. Its go.sum has the hashes, and before Go 1.17 the modules that others ask for. */
export type GoMod = z.infer<typeof goModSchema>;

const goSumSchema = z.object({
  format: z.literal('go-sum'),
  /** `path@version` of modules whose code is used, with their hash `h1:…`. */
  hashes: z.array(z.tuple([z.string(), z.string()])),
});
export type GoSum = z.infer<typeof goSumSchema>;

const goWorkSchema = z.object({
  format: z.literal('go-work'),
  /** Folders of modules, from its own: `./a`. */
  uses: z.array(z.string()),
  replaces: z.array(replacedSchema),
});
/** go.work: modules that are built with one another, and replacements that come before theirs. */
export type GoWork = z.infer<typeof goWorkSchema>;

const mavenDependencySchema = z.object({
  groupId: z.string(),
  artifactId: z.string(),
  version: z.string().optional(),
  /** `jar` where absent. */
  type: z.string().optional(),
  classifier: z.string().optional(),
  scope: z.string().optional(),
  optional: z.literal(true).optional(),
});
export type MavenDependency = z.infer<typeof mavenDependencySchema>;

const mavenPomSchema = z.object({
  format: z.literal('maven-pom'),
  artifactId: z.string(),
  groupId: z.string().optional(),
  version: z.string().optional(),
  parent: z
    .object({ groupId: z.string(), artifactId: z.string(), version: z.string(), relativePath: z.string() })
    .optional(),
  properties: z.array(z.tuple([z.string(), z.string()])),
  managed: z.array(mavenDependencySchema),
  dependencies: z.array(mavenDependencySchema),
});
/** pom.xml. Its parents have properties, versions and dependencies that count for it too. */
export type MavenPom = z.infer<typeof mavenPomSchema>;

const dotnetProjectSchema = z.object({
  format: z.literal('dotnet-project'),
  properties: z.array(z.tuple([z.string(), z.string()])),
  references: z.array(
    z.object({ name: z.string(), version: z.string().optional(), isDevelopment: z.literal(true).optional() }),
  ),
  /** Versions that projects in and below this folder take, `Directory.Packages.props`. */
  central: z.array(z.tuple([z.string(), z.string()])),
});
/** A project file of .NET, or properties that count for all projects below its folder. */
export type DotnetProject = z.infer<typeof dotnetProjectSchema>;

export const manifestSchema = z.discriminatedUnion('format', [
  goModSchema,
  goSumSchema,
  goWorkSchema,
  mavenPomSchema,
  dotnetProjectSchema,
]);
export type Manifest = z.infer<typeof manifestSchema>;
