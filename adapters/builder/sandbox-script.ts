/**
 * Puts together the root a command sees, from nothing: the paths it needs, read-only; its workspace; empty folders for what is
 * temporary; the few devices every program takes. Then leaves the machine's own root behind (pivot_root(2)) and runs the command
 * as a child: the shell stays as the first process of the tree, so that its death, which the command cannot put off, ends all.
 *
 * $1 an empty folder for the root, $2 the workspace, $3 where it is seen, $4 a socket or nothing, then visible paths up to `--`, writable paths up to
 * `--`, hidden paths up to `--`, and the command.
 */
export const ENTER = `set -eu
umask 022
root=$1 work=$2 view=$3 out=$4
shift 4
mount -t tmpfs -o size=4m,mode=0755,nosuid,nodev tmpfs "$root"
take() {
  if [ -L "$1" ]; then mkdir -p "$root$(dirname "$1")"; ln -s "$(readlink "$1")" "$root$1"; return; fi
  [ -e "$1" ] || return 0
  if [ -d "$1" ]; then mkdir -p "$root$1"; else mkdir -p "$root$(dirname "$1")"; : >"$root$1"; fi
  mount --bind "$1" "$root$1" 2>/dev/null || mount --rbind "$1" "$root$1"
}
mkdir -p "$root/proc" "$root/dev/shm" "$root$view" "$root/run" "$root/var/tmp" "$root/tmp" "$root/home" "$root/root"
mount -t tmpfs -o size=256m,mode=1777,nosuid,nodev tmpfs "$root/tmp"
mount -t tmpfs -o size=64m,mode=1777,nosuid,nodev tmpfs "$root/var/tmp"
mount -t tmpfs -o size=64m,mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
while [ "$1" != -- ]; do
  take "$1"
  # In a user namespace, what the mount forbids already must be said again.
  if [ ! -L "$1" ] && [ -e "$1" ]; then
    mount -o remount,bind,ro,nosuid "$root$1" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev "$root$1"
  fi
  shift
done
shift
while [ "$1" != -- ]; do take "$1"; shift; done
shift
while [ "$1" != -- ]; do
  if [ -d "$root$1" ]; then mount -t tmpfs -o size=4k,mode=0555 tmpfs "$root$1"; elif [ -e "$root$1" ]; then mount --bind /dev/null "$root$1"; fi
  shift
done
shift
if [ -n "$out" ]; then : >"$root/run/way-out"; mount --bind "$out" "$root/run/way-out"; fi
mount --bind "$work" "$root$view"
mount -o remount,bind,nosuid,nodev "$root$view"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
for device in null zero full random urandom; do : >"$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
ln -s /proc/self/fd "$root/dev/fd"
for at in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/\${at%%:*}" "$root/dev/\${at#*:}"; done
mkdir "$root/.old"
cd "$root"
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
mount -o remount,bind,ro,nosuid,nodev /
ip link set lo up 2>/dev/null || :
hostname build 2>/dev/null || :
# Out of memory, the recipe goes first.
echo 1000 >/proc/self/oom_score_adj 2>/dev/null || :
cd "$view/source"
unset OLDPWD
status=0
"$@" || status=$?
exit "$status"`;

/** Without namespaces: $1 the workspace, then the command. */
export const ENTER_PLAIN = 'umask 022; ulimit -c 0; cd "$1/source"; shift; unset OLDPWD; exec "$@"';

/** Exits 0 where 127.0.0.1 is there: the local routing table names it. */
export const LOOPBACK_IS_UP = 'grep -q 127.0.0.1 /proc/net/fib_trie';

const LISTEN = `
const net = require('node:net');
const server = net.createServer((inside) => {
  const outside = net.connect('/run/way-out');
  for (const [one, other] of [[inside, outside], [outside, inside]]) one.on('error', () => other.destroy()).on('close', () => other.destroySoon());
  inside.pipe(outside).pipe(inside);
});
server.listen(3128, '127.0.0.1', () => process.stdout.write('ready'));
`;

/** $1 Node, then the command: which finds the proxy behind the socket at 127.0.0.1:3128 for as long as it runs. */
export const FORWARD = `ready=$TMPDIR/.way-out
"$1" -e ${quote(LISTEN)} >"$ready" 2>/dev/null &
forwarder=$!
until [ -s "$ready" ]; do kill -0 $forwarder || exit 120; sleep 0.02; done
rm -f "$ready"
shift
"$@"`;

function quote(text: string): string {
  return `'${text.trim().replaceAll("'", `'"'"'`)}'`;
}
