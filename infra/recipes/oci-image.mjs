#!/usr/bin/env node
/**
 * Makes an OCI image layout from folders: the same files give the same digest, on any machine and at any time. For the `build:`
 * commands of a pratique.build.yaml; needs nothing but Node, so a repository can carry a copy.
 *
 *   node oci-image.mjs --output out --layer dist:/app --layer node_modules:/app/node_modules \
 *     --entrypoint node --entrypoint /app/main.js --workdir /app --env NODE_ENV=production --user 65532 \
 *     --label org.opencontainers.image.source=https://example.com/shop --platform linux/amd64 --exclude .git
 *
 * Each --layer FROM:TO is one gzipped layer with the folder (or file) FROM at the path TO. Entries are sorted by path and belong to
 * 0:0, times are SOURCE_DATE_EPOCH, modes are 0755 or 0644, symbolic links stay links. --exclude leaves out what has that path
 * under a layer's FROM, or that name where it holds no slash.
 * Written after image-layout.md, layer.md and config.md of the OCI image specification 1.1, and pax(1) for the archives.
 */
import { createHash } from 'node:crypto';
import { createWriteStream, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, open, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';

const BLOCK = 512;
/**
 * Files up to this size are read whole, and at once: to have another thread look at each of 20,000 files, and read it, takes several
 * times what the file does. Larger ones are streamed.
 */
const SMALL_FILE = 1024 ** 2;
/** Bytes that are compressed at a time, which is another thread's work too. */
const PIECE = 1024 ** 2;
/** Fixed, because another level gives other bytes; 4 takes two thirds of the time of 6 for three per cent more bytes. */
const GZIP_LEVEL = 4;

const { values } = parseArgs({
  options: {
    output: { type: 'string' },
    layer: { type: 'string', multiple: true, default: [] },
    label: { type: 'string', multiple: true, default: [] },
    entrypoint: { type: 'string', multiple: true, default: [] },
    env: { type: 'string', multiple: true, default: [] },
    exclude: { type: 'string', multiple: true, default: [] },
    workdir: { type: 'string' },
    user: { type: 'string' },
    platform: { type: 'string', default: 'linux/amd64' },
  },
});

const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? '0');
if (!Number.isSafeInteger(epoch) || epoch < 0) fail('SOURCE_DATE_EPOCH must be whole seconds since 1970');
if (values.output === undefined || values.layer.length === 0) fail('--output and at least one --layer are needed');
const output = path.resolve(values.output);
await writeImage();

async function writeImage() {
  await rm(output, { recursive: true, force: true });
  await mkdir(path.join(output, 'blobs', 'sha256'), { recursive: true });
  const created = `${new Date(epoch * 1000).toISOString().slice(0, 19)}Z`;
  const layers = [];
  for (const layer of values.layer) layers.push(await writeLayer(layer));
  const [os, architecture, variant] = values.platform.split('/');
  if (!os || !architecture) fail(`--platform ${values.platform}: expected os/architecture[/variant]`);
  const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) };
  const labels = Object.fromEntries(values.label.map((label) => splitPair(label, '--label')).sort(byFirst));
  const config = await writeJson('application/vnd.oci.image.config.v1+json', {
    created,
    ...platform,
    config: {
      ...(values.user === undefined ? {} : { User: values.user }),
      ...(values.env.length === 0 ? {} : { Env: values.env.map((pair) => splitPair(pair, '--env').join('=')) }),
      ...(values.entrypoint.length === 0 ? {} : { Entrypoint: values.entrypoint }),
      ...(values.workdir === undefined ? {} : { WorkingDir: values.workdir }),
      ...(values.label.length === 0 ? {} : { Labels: labels }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map((layer) => ({ created, created_by: `oci-image --layer ${layer.source}` })),
  });
  const manifest = await writeJson('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: layers.map((layer) => layer.descriptor),
  });
  await writeFile(path.join(output, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...manifest, platform }],
  };
  await writeFile(path.join(output, 'index.json'), JSON.stringify(index));
  process.stdout.write(`${manifest.digest}\n`);
}

async function writeLayer(argument) {
  const colon = argument.lastIndexOf(':');
  const target = argument.slice(colon + 1).replace(/^\/+|\/+$/g, '');
  if (colon < 1 || target.split('/').includes('..')) fail(`--layer ${argument}: expected FROM:/PATH/IN/IMAGE`);
  const from = await realpath(argument.slice(0, colon)).catch(() =>
    fail(`--layer ${argument}: there is no such folder`),
  );
  const entries = listEntries(from, target);
  const diff = createHash('sha256');
  const packed = createHash('sha256');
  let size = 0;
  const temporary = path.join(output, 'blobs', 'layer.partial');
  await pipeline(
    Readable.from(packEntries(entries)),
    watch((chunk) => diff.update(chunk)),
    createGzip({ level: GZIP_LEVEL, chunkSize: 256 * 1024 }),
    watch((chunk) => {
      // RFC 1952: byte 9 names the operating system that compressed; 255 is "unknown".
      if (size === 0) chunk[9] = 255;
      packed.update(chunk);
      size += chunk.length;
    }),
    createWriteStream(temporary),
  );
  const hex = packed.digest('hex');
  await rename(temporary, path.join(output, 'blobs', 'sha256', hex));
  const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: `sha256:${hex}`, size };
  return { descriptor, diffId: `sha256:${diff.digest('hex')}`, source: argument };
}

/** What the layer holds, sorted by the bytes of its path; the folders above the target come first. */
function listEntries(from, target) {
  const root = lstatSync(from);
  const entries = parentsOf(root.isDirectory() ? `${target}/x` : target);
  if (root.isDirectory()) listFolder(from, target, '');
  else entries.push(describeFile(from, target));
  return entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));

  function listFolder(folder, prefix, relative) {
    for (const child of readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, child.name);
      const below = relative === '' ? child.name : `${relative}/${child.name}`;
      if (file === output || values.exclude.includes(below) || values.exclude.includes(child.name)) continue;
      const name = prefix === '' ? child.name : `${prefix}/${child.name}`;
      if (child.isDirectory()) {
        entries.push({ name: `${name}/`, type: '5', mode: 0o755, size: 0 });
        listFolder(file, name, below);
      } else entries.push(describeFile(file, name, from));
    }
  }
}

function parentsOf(name) {
  const parts = name
    .split('/')
    .filter((part) => part !== '')
    .slice(0, -1);
  return parts.map((_, at) => ({ name: `${parts.slice(0, at + 1).join('/')}/`, type: '5', mode: 0o755, size: 0 }));
}

function describeFile(file, name, from) {
  const found = lstatSync(file);
  if (found.isSymbolicLink()) {
    const link = readlinkSync(file);
    if (link.startsWith(`${from}/`)) fail(`${file}: the link names this machine's path ${link}; make it relative`);
    return { name, type: '2', mode: 0o777, size: 0, link };
  }
  if (!found.isFile()) fail(`${file}: only files, folders and symbolic links go into an image`);
  return { name, type: '0', mode: found.mode & 0o111 ? 0o755 : 0o644, size: found.size, file };
}

/** The archive, in pieces. */
async function* packEntries(entries) {
  let held = [];
  let size = 0;
  const hold = (bytes) => {
    held.push(bytes);
    size += bytes.length;
  };
  const take = () => {
    const piece = Buffer.concat(held);
    [held, size] = [[], 0];
    return piece;
  };
  for (const entry of entries) {
    hold(header(entry));
    if (entry.file !== undefined && entry.size <= SMALL_FILE) hold(readWhole(entry));
    else if (entry.file !== undefined)
      for await (const chunk of readStream(entry)) {
        hold(chunk);
        if (size >= PIECE) yield take();
      }
    const rest = entry.size % BLOCK;
    if (rest > 0) hold(Buffer.alloc(BLOCK - rest));
    if (size >= PIECE) yield take();
  }
  hold(Buffer.alloc(2 * BLOCK));
  yield take();
}

function readWhole(entry) {
  const whole = readFileSync(entry.file);
  if (whole.length !== entry.size) changed(entry);
  return whole;
}

async function* readStream(entry) {
  const handle = await open(entry.file);
  let read = 0;
  for await (const chunk of handle.createReadStream({ highWaterMark: SMALL_FILE })) {
    read += chunk.length;
    yield chunk;
  }
  if (read !== entry.size) changed(entry);
}

/** ustar, after a pax header where a name or size does not fit into it. */
function header(entry) {
  const records = [];
  const record = (key, value) => {
    const length = Buffer.byteLength(` ${key}=${value}\n`);
    // The count includes its own digits.
    let total = length + String(length).length;
    if (length + String(total).length > total) total = length + String(total).length;
    records.push(`${total} ${key}=${value}\n`);
  };
  const fits = (text, limit) => Buffer.byteLength(text) <= limit && /^[\x20-\x7e]*$/.test(text);
  if (!fits(entry.name, 100)) record('path', entry.name);
  if (!fits(entry.link ?? '', 100)) record('linkpath', entry.link);
  if (entry.size > 0o77777777777) record('size', String(entry.size));
  const own = ustar(entry);
  if (records.length === 0) return own;
  const body = Buffer.from(records.join(''));
  const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
  return Buffer.concat([ustar({ name: 'PaxHeader', type: 'x', mode: 0o644, size: body.length }), body, padding, own]);
}

function ustar(entry) {
  const block = Buffer.alloc(BLOCK);
  const octal = (value, at, length) => block.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  // Cut where it does not fit: the pax header before it has the whole.
  Buffer.from(entry.name).copy(block, 0, 0, 100);
  octal(entry.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(Math.min(entry.size, 0o77777777777), 124, 12);
  octal(epoch, 136, 12);
  block.write('        ', 148, 'latin1');
  block.write(entry.type, 156, 'latin1');
  Buffer.from(entry.link ?? '').copy(block, 157, 0, 100);
  block.write('ustar\u000000', 257, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

async function writeJson(mediaType, value) {
  const bytes = Buffer.from(JSON.stringify(value));
  const hex = createHash('sha256').update(bytes).digest('hex');
  await writeFile(path.join(output, 'blobs', 'sha256', hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}

function watch(see) {
  return new Transform({
    transform(chunk, _encoding, done) {
      see(chunk);
      done(null, chunk);
    },
  });
}

function splitPair(text, option) {
  const at = text.indexOf('=');
  if (at < 1) fail(`${option} ${text}: expected NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function byFirst([a], [b]) {
  return a < b ? -1 : 1;
}

function changed(entry) {
  fail(`${entry.file} changed while it was read`);
}

function fail(message) {
  process.stderr.write(`oci-image: ${message}\n`);
  process.exit(2);
}
