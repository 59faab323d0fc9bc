/**
 * Programs and libraries that say their own version, by which they are known where no package manager is. Only files of
 * these names are looked into. A pattern follows a text of upstream's sources; builds of distributions may change that text,
 * and then the program is not known.
 */

export interface Signature {
  /** Name of the component, and of its purl: `pkg:generic/<name>`. */
  readonly name: string;
  /** Of the file, without its folders. */
  readonly file: RegExp;
  /** A rare text near the version, or how it follows from the file's name; without one all of the file is matched. */
  readonly near?: string | ((file: string) => string | undefined);
  /** The version is its first group. */
  readonly pattern: RegExp;
  /**
   * From 0 to 1: an order, not a measured frequency. A sentence of the program's own is believed more than a bare number
   * between zeros; a file that only carries another's text is told wrong with either.
   */
  readonly confidence: number;
}

const SENTENCE = 0.9;
const NUMBER = 0.7;

export const signatures: readonly Signature[] = [
  {
    name: 'bash',
    file: /^bash$/,
    near: '@(#)Bash version ',
    pattern: /Bash version (\d+\.\d+\.\d+)/,
    confidence: SENTENCE,
  },
  {
    name: 'busybox',
    file: /^busybox(?:\.\w+)?$/,
    near: 'BusyBox v',
    pattern: /BusyBox v(\d+\.\d+(?:\.\d+)?)/,
    confidence: SENTENCE,
  },
  {
    name: 'curl',
    file: /^curl$|^libcurl(?:-gnutls)?\.so/,
    near: 'curl/',
    pattern: /curl\/(\d+\.\d+\.\d+)/,
    confidence: SENTENCE,
  },
  { name: 'expat', file: /^libexpat\.so/, near: 'expat_', pattern: /expat_(\d+\.\d+\.\d+)/, confidence: SENTENCE },
  {
    name: 'git',
    file: /^git$/,
    near: 'GIT_USER_AGENT',
    pattern: /git\/(\d+\.\d+\.\d+(?:-rc\d+)?)/,
    confidence: SENTENCE,
  },
  {
    name: 'glibc',
    file: /^libc(?:-\d[\d.]*)?\.so/,
    near: 'GNU C Library (',
    pattern: /GNU C Library \([^)\0]*\) (?:stable|development) release version (\d+\.\d+(?:\.\d+)?)/,
    confidence: SENTENCE,
  },
  {
    name: 'haproxy',
    file: /^haproxy$/,
    near: ', released 20',
    pattern: /(\d+\.\d+(?:\.\d+|-dev\d+))[^,\s]*, released 20/,
    confidence: SENTENCE,
  },
  {
    name: 'httpd',
    file: /^(?:httpd|apache2)$/,
    near: 'Apache/',
    pattern: /Apache\/(\d+\.\d+\.\d+)/,
    confidence: SENTENCE,
  },
  {
    name: 'lua',
    file: /^lua[\d.]*$|^liblua[\d.]*\.so/,
    near: '$LuaVersion: Lua ',
    pattern: /LuaVersion: Lua (\d+\.\d+\.\d+)/,
    confidence: SENTENCE,
  },
  {
    name: 'mariadb',
    file: /^(?:mariadbd?|mysqld?)$/,
    near: '-MariaDB',
    pattern: /(\d+\.\d+\.\d+)-MariaDB/,
    confidence: SENTENCE,
  },
  {
    name: 'memcached',
    file: /^memcached$/,
    near: 'memcached ',
    pattern: /memcached (\d+\.\d+\.\d+)/,
    confidence: SENTENCE,
  },
  {
    name: 'musl',
    file: /^(?:ld|libc\.)-?musl-.*\.so/,
    near: '\x001.',
    pattern: /\0(1\.\d+\.\d+)\0/,
    confidence: NUMBER,
  },
  { name: 'mysql', file: /^mysqld?$/, near: '/mysql-', pattern: /\/mysql-(\d+\.\d+\.\d+)/, confidence: SENTENCE },
  {
    name: 'nginx',
    file: /^nginx(?:-debug)?$/,
    near: 'nginx version: nginx/',
    pattern: /nginx\/(\d+\.\d+\.\d+)/,
    confidence: SENTENCE,
  },
  {
    name: 'node',
    file: /^node(?:js)?$|^libnode\.so/,
    near: 'node.js/v',
    pattern: /node\.js\/v(\d+\.\d+\.\d+)/,
    confidence: SENTENCE,
  },
  {
    name: 'openresty',
    file: /^(?:nginx|openresty)$/,
    near: 'nginx version: openresty/',
    pattern: /openresty\/(\d+(?:\.\d+)+)/,
    confidence: SENTENCE,
  },
  { name: 'openssh', file: /^sshd?$/, near: 'OpenSSH_', pattern: /OpenSSH_(\d+\.\d+p\d+)/, confidence: SENTENCE },
  {
    name: 'openssl',
    file: /^openssl$|^libcrypto(?:-[\w.]+)?\.so/,
    near: 'OpenSSL ',
    pattern: /OpenSSL (\d+\.\d+\.\d+[a-z]*(?:-(?:alpha|beta)\d+)?)[\w.+-]* +\d{1,2} [A-Z][a-z]{2} 20\d\d/,
    confidence: SENTENCE,
  },
  {
    name: 'perl',
    file: /^perl[\d.]*$|^libperl\.so/,
    near: '\x00v5.',
    pattern: /\0v(5\.\d+\.\d+)\0/,
    confidence: NUMBER,
  },
  {
    name: 'php',
    file: /^php(?:-cgi|-fpm)?[\d.]*$|^libphp[\d.]*\.so/,
    near: 'X-Powered-By: PHP/',
    pattern: /PHP\/(\d+\.\d+\.\d+)/,
    confidence: SENTENCE,
  },
  {
    name: 'postgresql',
    file: /^postgres$/,
    near: '(PostgreSQL) ',
    pattern: /\(PostgreSQL\) (\d+(?:\.\d+)*(?:beta\d+|rc\d+)?)/,
    confidence: SENTENCE,
  },
  {
    name: 'python',
    file: /^(?:lib)?python[23]\.\d+/,
    // A linker may keep the number as the end of a longer text: the prefix of an installation of its own.
    near: (file) => `${/\d\.\d+/.exec(file)?.[0]}.`,
    pattern: /[\0/]([23]\.\d{1,2}\.\d{1,2}(?:(?:a|b|rc)\d{1,2})?\+?)\0/,
    confidence: NUMBER,
  },
  // The version and the build's id stand together: a host's name and, in 19 digits, the time in nanoseconds.
  {
    name: 'redis',
    file: /^redis-(?:server|check-(?:rdb|aof))$/,
    pattern: /(\d+\.\d+\.\d{1,2}?)(?:[a-z][a-z0-9.-]*-)?\d{19}\0/,
    confidence: NUMBER,
  },
  {
    name: 'ruby',
    file: /^ruby[\d.]*$|^libruby[\w.-]*\.so/,
    near: 'ruby ',
    pattern: /ruby (\d+\.\d+\.\d+)\w* \(20\d\d-/,
    confidence: SENTENCE,
  },
  {
    name: 'sqlite',
    file: /^sqlite3$|^libsqlite3\.so/,
    near: '\x003.',
    pattern: /\0(3\.\d{1,2}\.\d{1,2})\0/,
    confidence: NUMBER,
  },
  {
    name: 'zlib',
    file: /^libz\.so/,
    near: ' deflate ',
    pattern: / deflate (\d+\.\d+(?:\.\d+)*) Copyright/,
    confidence: SENTENCE,
  },
];
