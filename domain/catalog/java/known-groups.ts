/**
 * Groups of well-known artifacts whose archives do not say theirs, or say another: Gradle and Ant write no pom.properties,
 * and bundles are named by no firm rule. By the artifact's name in the archive's file name; only names that no other group
 * publishes. From Maven Central's own listing of these groups.
 */
interface KnownGroup {
  readonly names: RegExp;
  readonly group: string;
  /** The first major version published under it, where an older one was under `before`. */
  readonly since?: number;
  readonly before?: string;
}

const groups: readonly KnownGroup[] = [
  {
    names:
      /^spring-(?:aop|aspects|beans|context|context-indexer|context-support|core|core-test|expression|instrument|jcl|jdbc|jms|messaging|orm|oxm|r2dbc|test|tx|web|webflux|webmvc|websocket)$/,
    group: 'org.springframework',
  },
  { names: /^spring-boot(?:-[a-z0-9-]+)?$/, group: 'org.springframework.boot' },
  { names: /^spring-security-[a-z0-9-]+$/, group: 'org.springframework.security' },
  { names: /^spring-session-[a-z0-9-]+$/, group: 'org.springframework.session' },
  { names: /^spring-integration-[a-z0-9-]+$/, group: 'org.springframework.integration' },
  { names: /^spring-(?:amqp|rabbit(?:-[a-z]+)?)$/, group: 'org.springframework.amqp' },
  { names: /^spring-batch-[a-z-]+$/, group: 'org.springframework.batch' },
  { names: /^spring-kafka(?:-test)?$/, group: 'org.springframework.kafka' },
  {
    names:
      /^kafka(?:_2\.\d+|-(?:clients|coordinator-common|group-coordinator(?:-api)?|log4j-appender|metadata|raft|server(?:-common)?|share-coordinator|shell|storage(?:-api)?|streams[a-z0-9_.-]*|tools(?:-api)?|transaction-coordinator))$/,
    group: 'org.apache.kafka',
  },
  {
    names: /^connect-(?:api|basic-auth-extension|file|json|mirror|mirror-client|runtime|transforms)$/,
    group: 'org.apache.kafka',
  },
  {
    names: /^hibernate-(?:core|envers|jcache|spatial|hikaricp|c3p0|micrometer|jpamodelgen|community-dialects|graalvm)$/,
    group: 'org.hibernate.orm',
    since: 6,
    before: 'org.hibernate',
  },
  { names: /^hibernate-commons-annotations$/, group: 'org.hibernate.common' },
  { names: /^spring-data-[a-z0-9-]+$/, group: 'org.springframework.data' },
  { names: /^spring-retry$/, group: 'org.springframework.retry' },
  { names: /^tomcat-embed-[a-z-]+$/, group: 'org.apache.tomcat.embed' },
  {
    names:
      /^tomcat-(?:annotations-api|api|catalina|catalina-ha|coyote|dbcp|el-api|i18n-[a-z-]+|jaspic-api|jasper|jasper-el|jdbc|jni|jsp-api|juli|servlet-api|storeconfig|tribes|util|util-scan|websocket|websocket-api|websocket-client-api)$/,
    group: 'org.apache.tomcat',
  },
  { names: /^aspectj(?:matcher|rt|tools|weaver)$/, group: 'org.aspectj' },
  { names: /^checker-(?:compat-qual|qual|util)$/, group: 'org.checkerframework' },
  { names: /^asm(?:-analysis|-commons|-tree|-util)?$/, group: 'org.ow2.asm', since: 4, before: 'asm' },
  { names: /^lz4-(?:java|pure-java)$/, group: 'org.lz4' },
  { names: /^lz4$/, group: 'net.jpountz.lz4' },
  { names: /^xz$/, group: 'org.tukaani' },
  { names: /^postgresql$/, group: 'org.postgresql' },
  { names: /^jspecify$/, group: 'org.jspecify' },
  { names: /^scala-(?:compiler|library|reflect)$/, group: 'org.scala-lang' },
  { names: /^scala-logging_[\d.]+$/, group: 'com.typesafe.scala-logging' },
  { names: /^akka-[a-z-]+_[\d.]+$/, group: 'com.typesafe.akka' },
  { names: /^caffeine$/, group: 'com.github.ben-manes.caffeine' },
  { names: /^reactor-core$/, group: 'io.projectreactor' },
  { names: /^reactor-netty(?:-[a-z-]+)?$/, group: 'io.projectreactor.netty' },
  { names: /^micrometer-[a-z0-9-]+$/, group: 'io.micrometer' },
  { names: /^grpc-[a-z-]+$/, group: 'io.grpc' },
  {
    names: /^opentelemetry-(?:api|common|context|exporter-[a-z-]+|extension-[a-z-]+|sdk[a-z-]*|semconv)$/,
    group: 'io.opentelemetry',
  },
  { names: /^rxjava$/, group: 'io.reactivex.rxjava3', since: 3, before: 'io.reactivex.rxjava2' },
  { names: /^kotlin-(?:reflect|stdlib(?:-[a-z0-9-]+)?)$/, group: 'org.jetbrains.kotlin' },
  { names: /^kotlinx-(?:coroutines|serialization)-[a-z0-9-]+$/, group: 'org.jetbrains.kotlinx' },
  { names: /^okhttp(?:-jvm)?$/, group: 'com.squareup.okhttp3' },
  { names: /^okio(?:-jvm)?$/, group: 'com.squareup.okio' },
  { names: /^retrofit$/, group: 'com.squareup.retrofit2' },
  { names: /^mockito-(?:core|junit-jupiter|inline)$/, group: 'org.mockito' },
  { names: /^junit-jupiter(?:-[a-z]+)?$/, group: 'org.junit.jupiter' },
  { names: /^junit-platform-[a-z-]+$/, group: 'org.junit.platform' },
  { names: /^groovy(?:-[a-z0-9-]+)?$/, group: 'org.apache.groovy', since: 4, before: 'org.codehaus.groovy' },
  { names: /^elasticsearch$/, group: 'org.elasticsearch' },
  { names: /^lucene-[a-z-]+$/, group: 'org.apache.lucene' },
  { names: /^solr-(?:core|solrj)$/, group: 'org.apache.solr' },
  { names: /^re2j$/, group: 'com.google.re2j' },
  { names: /^pcollections$/, group: 'org.pcollections' },
  { names: /^hash4j$/, group: 'com.dynatrace.hash4j' },
  { names: /^h2$/, group: 'com.h2database' },
  { names: /^mysql-connector-java$/, group: 'mysql' },
  { names: /^mysql-connector-j$/, group: 'com.mysql' },
  { names: /^mssql-jdbc$/, group: 'com.microsoft.sqlserver' },
  { names: /^ojdbc(?:8|10|11|17)$/, group: 'com.oracle.database.jdbc' },
  { names: /^velocity$/, group: 'org.apache.velocity' },
  {
    names:
      /^commons-(?:lang3|text|compress|csv|exec|collections4|configuration2|pool2|dbcp2|math3|digester3|vfs2|rng-[a-z-]+|numbers-[a-z-]+)$/,
    group: 'org.apache.commons',
  },
  { names: /^graphql-java(?:-extended-(?:scalars|validation))?$/, group: 'com.graphql-java' },
  { names: /^dom4j$/, group: 'org.dom4j', since: 2, before: 'dom4j' },
  { names: /^zookeeper(?:-jute)?$/, group: 'org.apache.zookeeper' },
  { names: /^unboundid-ldapsdk(?:-[a-z]+-edition)?$/, group: 'com.unboundid' },
  { names: /^xercesImpl$/, group: 'xerces' },
  { names: /^xmlbeans$/, group: 'org.apache.xmlbeans' },
  { names: /^itext$/, group: 'com.lowagie' },
  { names: /^jython(?:-standalone|-slim)?$/, group: 'org.python' },
  { names: /^ktor-[a-z0-9-]+$/, group: 'io.ktor' },
  { names: /^opensearch(?:-(?:cli|common|core|geo|x-content))?$/, group: 'org.opensearch' },
  // The first releases were published under other names; their advisories are about these.
  { names: /^jdom2?$/, group: 'org.jdom' },
  {
    names:
      /^ant(?:-(?:antlr|apache-[a-z0-9]+|commons-(?:logging|net)|imageio|jai|jakartamail|javamail|jdepend|jmf|jsch|junit4?|junitlauncher|launcher|netrexx|nodeps|swing|testutil|trax|xz))?$/,
    group: 'org.apache.ant',
  },
  { names: /^jna(?:-platform)?(?:-jpms)?$/, group: 'net.java.dev.jna' },
  { names: /^tink(?:-(?:android|awskms|gcpkms|apps-[a-z]+))?$/, group: 'com.google.crypto.tink' },
  { names: /^(?:findbugs|jsr305)$/, group: 'com.google.code.findbugs' },
  // Others publish older ones of this name.
  { names: /^annotations$/, group: 'org.jetbrains', since: 13 },
  { names: /^(?:javax\.)?activation(?:-api)?$/, group: 'javax.activation' },
  { names: /^rocksdbjni$/, group: 'org.rocksdb' },
  { names: /^third-party-(?:jackson-[a-z-]+|slf4j-api)$/, group: 'software.amazon.awssdk' },
  { names: /^bsh$/, group: 'org.apache-extras.beanshell' },
  { names: /^javax\.inject$/, group: 'javax.inject' },
  { names: /^classworlds$/, group: 'classworlds' },
];

/** Published under a group of their own name, as was usual until 2005 or so. */
const oldNames =
  /^(?:antlr|aopalliance|cglib|commons-(?:beanutils|chain|cli|codec|collections|configuration|daemon|dbcp|digester|discovery|el|email|fileupload|httpclient|io|jxpath|lang|logging|math|net|pool|validator|vfs)|jaxen|joda-time|junit|log4j|oro|struts|xalan|xml-apis|xmlpull)$/;

/** `jakarta.xml.bind-api` of `jakarta.xml.bind`: the group is in the name. */
const JAKARTA = /^(jakarta\.[a-z.]+)-api$/;

/** The group, where the name leaves no doubt that is worth having. `version` decides where projects have moved. */
export function knownGroup(artifact: string, version: string): string | undefined {
  if (oldNames.test(artifact)) return artifact;
  const [, jakarta] = JAKARTA.exec(artifact) ?? [];
  if (jakarta !== undefined) return jakarta;
  const known = groups.find(({ names }) => names.test(artifact));
  if (known?.since === undefined) return known?.group;
  return Number.parseInt(version, 10) < known.since ? known.before : known.group;
}
