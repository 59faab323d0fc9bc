/**
 * Groups of well-known artifacts whose archives do not say theirs: Gradle writes no pom.properties. By the artifact's name
 * in the archive's file name; only names that no other group publishes.
 */
const groups: readonly (readonly [RegExp, string])[] = [
  [
    /^spring-(?:aop|aspects|beans|context|context-indexer|context-support|core|core-test|expression|instrument|jcl|jdbc|jms|messaging|orm|oxm|r2dbc|test|tx|web|webflux|webmvc|websocket)$/,
    'org.springframework',
  ],
  [/^spring-boot(?:-[a-z-]+)?$/, 'org.springframework.boot'],
  [/^spring-security-[a-z0-9-]+$/, 'org.springframework.security'],
  [
    /^kafka(?:_2\.\d+|-(?:clients|coordinator-common|group-coordinator(?:-api)?|log4j-appender|metadata|raft|server(?:-common)?|share-coordinator|shell|storage(?:-api)?|streams[a-z0-9_.-]*|tools(?:-api)?|transaction-coordinator))$/,
    'org.apache.kafka',
  ],
  [/^connect-(?:api|basic-auth-extension|file|json|mirror|mirror-client|runtime|transforms)$/, 'org.apache.kafka'],
  [/^lz4-java$/, 'org.lz4'],
  [/^caffeine$/, 'com.github.ben-manes.caffeine'],
  [/^reactor-core$/, 'io.projectreactor'],
  [/^reactor-netty(?:-[a-z-]+)?$/, 'io.projectreactor.netty'],
  [/^micrometer-[a-z0-9-]+$/, 'io.micrometer'],
  [/^okhttp(?:-jvm)?$/, 'com.squareup.okhttp3'],
  [/^okio(?:-jvm)?$/, 'com.squareup.okio'],
  [/^retrofit$/, 'com.squareup.retrofit2'],
  [/^junit-jupiter(?:-[a-z]+)?$/, 'org.junit.jupiter'],
  [/^re2j$/, 'com.google.re2j'],
  [/^pcollections$/, 'org.pcollections'],
  [/^hash4j$/, 'com.dynatrace.hash4j'],
];

/** The group, where the name leaves no doubt that is worth having. */
export function knownGroup(artifact: string): string | undefined {
  return groups.find(([pattern]) => pattern.test(artifact))?.[1];
}
