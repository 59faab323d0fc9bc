/** What a recipe may try against the machine it runs on: each attempt fails, and for its own reason. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultBuildUser } from '../../../adapters/builder/command-builder.ts';
import { createSandbox } from '../../../adapters/builder/sandbox.ts';
import { createRecipeStage, processesWith, type RecipeStage } from './recipe-stage.ts';

const { isolation, hasWayOut } = await createSandbox(defaultBuildUser, []);
const CANARY = `canary-${randomBytes(8).toString('hex')}`;

let stage: RecipeStage;
let outside: string;
/** Whoever gets through to one of these is counted. */
const servers: Server[] = [];
let reached = 0;
const abstract = `\0pratique-${randomBytes(6).toString('hex')}`;

async function listen(where: { port: number; host: string } | { path: string }): Promise<Server> {
  const server = createServer((socket) => {
    reached += 1;
    socket.end(CANARY);
  });
  server.listen(where);
  await once(server, 'listening');
  servers.push(server);
  return server;
}

beforeAll(async () => {
  stage = await createRecipeStage();
  outside = await mkdtemp(path.join(tmpdir(), 'pratique-outside-'));
  await chmod(outside, 0o755);
  process.env.PRATIQUE_KEY_PASSPHRASE = CANARY;
});
afterAll(async () => {
  delete process.env.PRATIQUE_KEY_PASSPHRASE;
  for (const server of servers) server.close();
  await rm(outside, { recursive: true, force: true });
  await stage[Symbol.asyncDispose]();
});

/** Runs in the recipe with Node: prints `<what>: <code of the error>`, or REACHED. */
const connecting = (options: object) =>
  `node -e 'const s = require("net").connect(${JSON.stringify(options)}); s.on("connect", () => { console.log("REACHED"); process.exit() }); s.on("error", (e) => { console.log("refused:", e.code); process.exit() })'`;

describe.runIf(isolation.namespaces)('looking for secrets', () => {
  test.each<[string, () => string | Promise<string>, RegExp]>([
    ['in its environment', () => 'env; echo "end"', /^end$/],
    [
      'in files that anybody may read, elsewhere in /tmp',
      async () => {
        const file = path.join(outside, 'secret');
        await writeFile(file, CANARY, { mode: 0o644 });
        return `cat ${file}; ls ${outside}`;
      },
      /No such file/,
    ],
    ['in homes', () => `ls -A ${homedir()} /home; echo "$(ls -A ${homedir()} /home | grep -vc ':$')"`, /^[0-2]$/],
    [
      'in the workspaces of other builds, and of its own git',
      async () => {
        const other = path.join(stage.workFolder, 'build-other');
        await mkdir(other, { mode: 0o755 });
        await writeFile(path.join(other, 'secret'), CANARY, { mode: 0o644 });
        return `cat ${other}/secret; ls ${stage.workFolder}; ls /build; ls /build/..; find / -path /proc -prune -o -name gitconfig -print`;
      },
      /No such file/,
    ],
    [
      'in the environment and memory of other processes',
      () => 'cat /proc/1/environ /proc/1/mem /proc/1/maps',
      /ermission denied/,
    ],
    ['among all processes', () => 'ls -d /proc/[0-9]* | wc -l', /^[2-9]$/],
    [
      'in files its parents hold open',
      () => 'for fd in /proc/self/fd/*; do readlink $fd; done; ls -l /proc/1/fd',
      /ermission denied/,
    ],
    [
      'under what covers a folder, by mounts of its own',
      () =>
        'unshare --user --map-root-user --mount sh -c "umount /etc /usr /home /; mount --bind /proc/1/root /tmp; ls /tmp /home /root"; echo "ended"',
      /^ended$/,
    ],
    [
      'in the set-uid programs of the system',
      () => 'su -c id root </dev/null; sudo -n id; grep NoNewPrivs /proc/self/status',
      /^NoNewPrivs:\t1$/,
    ],
  ])('%s', async (_, script, reason) => {
    const { lines, error } = await stage.run({ script: `( ${await script()} ) 2>&1; true` });
    expect(error).toMatchObject({ code: 'OUTPUT_INVALID' });
    expect(lines.filter((line) => reason.test(line))).not.toEqual([]);
    expect(lines.join('\n')).not.toContain(CANARY);
    expect(lines.join('\n')).not.toMatch(/uid=0\(root\)(?!.*nogroup)/);
  });

  test('what it can see of the machine it cannot write', async () => {
    const script =
      'for place in / /usr /etc /opt /dev /run /var /proc/sys/kernel; do touch $place/x && echo "WROTE $place"; done 2>&1; true';
    const { lines } = await stage.run({ script });
    expect(lines).toHaveLength(8);
    for (const line of lines) expect(line).toMatch(/Read-only file system|Permission denied|No such file/);
  });
});

describe.runIf(isolation.network)('looking for the network', () => {
  test.each<[string, () => Promise<string>, RegExp]>([
    [
      'a server of ours on loopback',
      async () => {
        const { port } = (await listen({ port: 0, host: '127.0.0.1' })).address() as AddressInfo;
        return connecting({ port, host: '127.0.0.1' });
      },
      /refused: ECONNREFUSED/,
    ],
    [
      "an address of this machine's own",
      async () => {
        const { port } = (await listen({ port: 0, host: '0.0.0.0' })).address() as AddressInfo;
        return connecting({ port, host: '0.0.0.0' });
      },
      /refused: ECONNREFUSED/,
    ],
    [
      'an abstract socket, which has no file',
      async () => {
        await listen({ path: abstract });
        return connecting({ path: abstract });
      },
      /refused: ECONNREFUSED/,
    ],
    [
      'a socket that has a file',
      async () => {
        const file = path.join(outside, 'socket');
        await listen({ path: file });
        await chmod(file, 0o777);
        return connecting({ path: file });
      },
      /refused: ENOENT/,
    ],
    ['the metadata service', async () => connecting({ port: 80, host: '169.254.169.254' }), /refused: ENETUNREACH/],
    ['any address', async () => connecting({ port: 443, host: '192.0.2.1' }), /refused: ENETUNREACH/],
    ['a name', async () => connecting({ port: 443, host: 'example.com' }), /refused: (EAI_AGAIN|ENOTFOUND)/],
  ])('%s', async (_, script, reason) => {
    const before = reached;
    const { lines } = await stage.run({ script: await script() });
    expect(lines.join('\n')).toMatch(reason);
    expect(reached).toBe(before);
  });
});

describe.runIf(hasWayOut)('looking for more than packages while it fetches', () => {
  test.each<[string, () => Promise<string>]>([
    [
      'a server of ours on loopback, by itself',
      async () =>
        connecting({
          port: ((await listen({ port: 0, host: '127.0.0.1' })).address() as AddressInfo).port,
          host: '127.0.0.1',
        }),
    ],
    [
      'an abstract socket',
      async () => {
        const own = `${abstract}-fetch`;
        await listen({ path: own });
        return connecting({ path: own });
      },
    ],
    ['the metadata service, by itself', async () => connecting({ port: 80, host: '169.254.169.254' })],
  ])('%s', async (_, script) => {
    const before = reached;
    const { lines } = await stage.run({ script: await script(), phase: 'fetch' });
    expect(lines.join('\n')).toMatch(/refused: (ECONNREFUSED|ENETUNREACH)/);
    expect(reached).toBe(before);
  });

  /** Asks the proxy, as a package client does. */
  const asking = (line: string) =>
    `node -e 'const s = require("net").connect(3128, "127.0.0.1"); s.on("connect", () => s.write("${line}\\r\\nHost: x\\r\\n\\r\\n")); s.on("data", (d) => { console.log("answer:", String(d).split("\\r")[0]); process.exit() }); s.on("error", (e) => console.log(e.code))'`;

  test.each([
    ['loopback', '127.0.0.1'],
    ['loopback, by its name', 'localhost'],
    ['loopback, mapped', '[::ffff:127.0.0.1]'],
    ['any address', '0.0.0.0'],
  ])('a server of ours, through the proxy: %s', async (_, host) => {
    const { port } = (await listen({ port: 0, host: '127.0.0.1' })).address() as AddressInfo;
    const before = reached;
    for (const line of [`CONNECT ${host}:${port} HTTP/1.1`, `GET http://${host}:${port}/ HTTP/1.1`]) {
      const { lines } = await stage.run({ script: asking(line), phase: 'fetch' });
      expect(lines.join('\n')).toMatch(/answer: HTTP\/1\.1 (403|502)/);
    }
    expect(reached).toBe(before);
  });

  test.each([
    ['the metadata service', 'CONNECT 169.254.169.254:80 HTTP/1.1'],
    ['a private network', 'CONNECT 10.0.0.1:443 HTTP/1.1'],
    ['another port than the web has', 'CONNECT registry.npmjs.org:22 HTTP/1.1'],
    ['a user in the address', 'CONNECT registry.npmjs.org@10.0.0.1:443 HTTP/1.1'],
  ])('%s, through the proxy; the log says what was not reached', async (_, line) => {
    const { lines } = await stage.run({ script: asking(line), phase: 'fetch' });
    expect(lines.join('\n')).toMatch(/answer: HTTP\/1\.1 403/);
    if (!line.includes('@')) expect(lines.join('\n')).toMatch(/not reached, .*: [\w.]+:\d+\)/);
  });

  test('a host that the environment names is reached, wherever it is', async () => {
    const { port } = (await listen({ port: 0, host: '127.0.0.1' })).address() as AddressInfo;
    const fetchEnvironment = { npm_config_registry: `http://127.0.0.1:${port}/` };
    const before = reached;
    await stage.run({ script: asking(`CONNECT 127.0.0.1:${port} HTTP/1.1`), phase: 'fetch' }, { fetchEnvironment });
    expect(reached).toBe(before + 1);
  });

  test('the proxy behind it is not shown to the recipe', async () => {
    const { port } = (await listen({ port: 0, host: '127.0.0.1' })).address() as AddressInfo;
    const fetchEnvironment = { https_proxy: `http://ann:s3cret-word@127.0.0.1:${port}` };
    const { lines } = await stage.run({ script: 'env; cat /proc/*/environ', phase: 'fetch' }, { fetchEnvironment });
    expect(lines.join('\n')).not.toMatch(/s3cret|ann:/);
    const before = reached;
    await stage.run(
      { script: asking('CONNECT registry.npmjs.org:443 HTTP/1.1'), phase: 'fetch' },
      { fetchEnvironment },
    );
    expect(reached).toBe(before + 1);
  });
});

describe('staying', () => {
  const mark = `3600.${process.pid}`;
  const double = `( setsid sh -c "setsid sleep ${mark} & setsid sleep ${mark} &" & ); nohup sleep ${mark} >/dev/null 2>&1 &`;

  test.runIf(isolation.namespaces || isolation.user)(
    'what is left running ends with the command that started it',
    async () => {
      await stage.run({ script: `${double} sleep 0.3` });
      await expect.poll(() => processesWith(mark)).toEqual([]);
    },
  );

  // The first process of a tree could make a session of its own, and so leave the group that is killed.
  test.runIf(isolation.namespaces)('a time limit ends all of it, whatever sessions there are', async () => {
    const started = performance.now();
    const { error } = await stage.run({ script: `${double} exec setsid sleep ${mark}`, timeout: 'PT2S' });
    expect(error).toMatchObject({ code: 'RECIPE_TIMEOUT' });
    expect(performance.now() - started).toBeLessThan(15_000);
    await expect.poll(() => processesWith(mark)).toEqual([]);
  });

  test('nothing is left on disk of a recipe that failed', async () => {
    const before = await readdir(stage.workFolder);
    await stage.run({ script: 'mkdir -p deep/er; chmod 000 deep; exit 3' });
    expect(await readdir(stage.workFolder)).toEqual(before);
  });
});

describe('taking too much', () => {
  test.each([
    ['in one file', 'dd if=/dev/zero of=big bs=1M count=200 status=none; sleep 20'],
    ['in many files', 'for i in $(seq 200); do dd if=/dev/zero of=../tmp/$i bs=1M count=1 status=none; done; sleep 20'],
    ['quickly, and gone before somebody looks', 'dd if=/dev/zero of=out bs=1M count=90 status=none'],
  ])('disk: %s', async (_, script) => {
    const { error } = await stage.run({ script }, { maximumBytes: 50 * 1024 ** 2 });
    expect(error).toMatchObject({ code: 'RECIPE_OVER_LIMIT', message: expect.stringMatching(/on disk, and may take/) });
  });

  test.runIf(isolation.namespaces || isolation.user)('a file with a hole larger than any output', async () => {
    const { lines } = await stage.run({ script: 'truncate -s 1T hole 2>&1; ls -l hole' });
    expect(lines.join('\n')).toMatch(/File too large|File size limit/);
  });

  test.runIf(isolation.namespaces)('processes without end', async () => {
    const mark = `3601.${process.pid}`;
    const { error, lines } = await stage.run({
      script: `for i in $(seq 5000); do sleep ${mark} & done; wait`,
      timeout: 'PT20S',
    });
    expect(error).toMatchObject({ code: 'RECIPE_FAILED' });
    expect(lines.join('\n')).toMatch(/Cannot fork/);
    await expect.poll(() => processesWith(mark)).toEqual([]);
  });

  test('a log without end', async () => {
    const { error, lines } = await stage.run({ script: 'yes' });
    expect(error).toMatchObject({ code: 'RECIPE_OVER_LIMIT', message: expect.stringMatching(/printed more/) });
    expect(lines.length).toBeLessThan(50_010);
  });

  test('a line without end', async () => {
    const { error, lines } = await stage.run({ script: 'head -c 80000000 /dev/zero' });
    expect(error).toMatchObject({ code: 'RECIPE_OVER_LIMIT' });
    expect(lines.join('').length).toBeLessThan(20_000);
  });
});

describe('what it leaves for the registry', () => {
  const write = `
    const { createHash } = require("crypto"), fs = require("fs");
    const sha = (b) => createHash("sha256").update(b).digest("hex");
    fs.mkdirSync("out/blobs/sha256", { recursive: true });
    const put = (b, name = sha(b)) => { fs.writeFileSync("out/blobs/sha256/" + name, b); return { digest: "sha256:" + name, size: b.length } };
    const config = { mediaType: "application/vnd.oci.image.config.v1+json", ...put(Buffer.from("{}")) };
    const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar", ...put(Buffer.alloc(1024)) };
    const manifest = { schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config, layers: [layer] };
    const finish = (m = manifest, index = {}) => {
      const top = { mediaType: m.mediaType, ...put(Buffer.from(JSON.stringify(m))), ...index };
      fs.writeFileSync("out/oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
      fs.writeFileSync("out/index.json", JSON.stringify({ schemaVersion: 2, manifests: [top] }));
    };`;
  const layout = (edit: string) => ({ script: 'node attack.cjs', files: { 'attack.cjs': `${write}\n${edit}\n` } });

  test('is taken where it is as it says', async () => {
    const { finished } = await stage.run(layout('finish();'));
    expect(finished?.digest).toMatch(/^sha256:/);
    await rm(finished?.workspace ?? '', { recursive: true });
  });

  test.each<[string, string, RegExp]>([
    ['a digest that is a path', 'finish(manifest, { digest: "sha256:../../../../etc/passwd" });', /index\.json/],
    [
      'a link in the place of a blob',
      'finish(); const b = "out/blobs/sha256/" + layer.digest.slice(7); fs.rmSync(b); fs.symlinkSync("/etc/passwd", b);',
      /a link/,
    ],
    [
      'a link in the place of the blobs',
      'finish(); fs.renameSync("out/blobs", "blobs"); fs.symlinkSync("../blobs", "out/blobs");',
      /a link/,
    ],
    [
      'a link in the place of the layout',
      'finish(); fs.renameSync("out", "../tmp/out"); fs.symlinkSync("../tmp/out", "out");',
      /leads out|no such folder/,
    ],
    [
      'a pipe in the place of a blob',
      'finish(); const b = "out/blobs/sha256/" + layer.digest.slice(7); fs.rmSync(b); require("child_process").execFileSync("mkfifo", [b]);',
      /not a regular file/,
    ],
    [
      'a manifest under another digest',
      'finish(); const n = "a".repeat(64); put(Buffer.from(JSON.stringify(manifest)), n); const i = JSON.parse(fs.readFileSync("out/index.json")); i.manifests[0].digest = "sha256:" + n; fs.writeFileSync("out/index.json", JSON.stringify(i));',
      /holds other bytes/,
    ],
    [
      'a layer under another digest',
      'fs.writeFileSync("out/blobs/sha256/" + layer.digest.slice(7), Buffer.alloc(1024, 1)); finish();',
      /layers\.0/,
    ],
    ['a layer of another size', 'layer.size = 5; finish();', /layers\.0/],
    ['a layer that would never end', 'layer.size = 1e15; finish();', /together/],
    ['a config that is not there', 'config.digest = "sha256:" + "b".repeat(64); finish();', /config/],
  ])('%s', async (_, edit, reason) => {
    const { error } = await stage.run(layout(edit));
    expect(error).toMatchObject({ code: 'OUTPUT_INVALID', message: expect.stringMatching(reason) });
    expect(error?.message).not.toContain('root:');
  });
});

test('what it prints is in no error; the end of it is kept for the user of the builder alone', async () => {
  const logFolder = path.join(outside, 'logs');
  const { error } = await stage.run({ script: `echo ${CANARY}; exit 5` }, { logFolder });
  expect(error).toMatchObject({ code: 'RECIPE_FAILED', message: expect.stringMatching(/ended with 5; .*logs/) });
  const [name = ''] = await readdir(logFolder);
  const file = path.join(logFolder, name);
  expect(error?.message).toContain(file);
  expect(error?.message).not.toContain(CANARY);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toContain(CANARY);
});

test('a secret of the fetch that a recipe prints is struck out, also out of the end that is kept', async () => {
  const fetchEnvironment = { https_proxy: 'http://builder:s3cret-word@proxy.invalid:3128', npm_config_token: CANARY };
  const script = 'env; echo "$https_proxy"; echo "$npm_config_token" | sed s/canary/canary/; exit 4';
  const { lines, error } = await stage.run({ script, phase: 'fetch' }, { fetchEnvironment });
  expect(error).toMatchObject({ code: 'RECIPE_FAILED' });
  expect([...lines, error?.message].join('\n')).not.toMatch(new RegExp(`${CANARY}|s3cret-word`));
  expect(lines.join('\n')).toContain('***');
});
