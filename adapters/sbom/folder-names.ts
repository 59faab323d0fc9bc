/** Which paths of a layer may be where a layer beneath has the other kind: a folder for a file, a file for a folder. */

/** Endings of files that hold no package, by far the most there are: no folder with packages in it has such a name. */
const FILES = new Set(
  (
    'a acl afm al asc asm avif bat bmp bz2 c cc cfg cjs class cmake cmd coffee conf cpp crt cs css csv ctypes cts cxx d dat db def ' +
    'diff dtd ejs el enc eot err exp f f90 flow frag gif go gresource gz h hpp htm html hxx i icns ico idl in inc info ini ' +
    'ipynb j2 jpeg jpg js json json5 jst jsx la less license lock log lua m m4 man map markdown md mdx mjs mo mts nib npz ' +
    'npy o otf p patch pb pc pdf pem pl ply pm png pnm po pod pot prefs properties proto ps pxd pxi py pyc pyf pyi pyx r ' +
    'raw rb rng rs rst s sass scss sh so sql svg sum tcl tex tga tif tiff tmpl toml tpl ts tsv tsx ttf txt typed vim vue ' +
    'wasm wav webp woff woff2 xbm xml xpm xsd xsl xslt xz y yaml yml zip zst'
  ).split(' '),
);
/** Packages lie in folders of their own right below these, by any name: `node_modules/chart.js`. */
const PACKAGES = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/;
const MAX_DEPTH = 3;

/** Whether a folder with packages in it may have had the path that is a file's now. */
export function canBeFolder(path: string): boolean {
  const dot = path.lastIndexOf('.');
  const isFile = dot > path.lastIndexOf('/') && FILES.has(path.slice(dot + 1).toLowerCase());
  return !isFile || (path.includes('node_modules/') && PACKAGES.test(path));
}

/** Whether a program may have had the path that is a folder's now: `/app`, `/opt/tool`, `/usr/local/tool`. */
export function canBeProgram(folder: string): boolean {
  return !folder.includes('.') && folder.split('/', MAX_DEPTH + 1).length <= MAX_DEPTH;
}
