// Bundles src/main.ts into dist/: one entry and a chunk for each command, so that a role holds in memory only the code
// it runs (the whole text of a module stays in memory for the life of the process). Processes that podflow starts of
// itself (src/**/NAME-child.ts) are entries of their own: dist/NAME-child.js.
import { cp, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const fresh = join(root, `dist.${process.pid}.tmp`);
const target = join(root, 'dist');

const CHILD = /-child\.ts$/;

// What the code reads at run time with `new URL('NAME', import.meta.url)`; all chunks lie in one folder, and these too.
const ASSET = /\.(bpf\.o|yaml|pcapng|pcap|html|css|svg)$/;

const names = await readdir(join(root, 'src'), { recursive: true });
const children = names.filter((name) => CHILD.test(name)).map((name) => join('src', name));

try {
  await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts', ...children],
    entryNames: '[name]',
    outdir: fresh,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'linked',
    // Native, or (the SDK) reading its own files at run time.
    external: ['koffi', 'cap', '@opentelemetry/sdk-node'],
    banner: { js: "import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  await copyAssets();
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
} finally {
  await rm(fresh, { recursive: true, force: true });
}

async function copyAssets() {
  for (const name of names.filter((each) => ASSET.test(each))) {
    await cp(join(root, 'src', name), join(fresh, basename(name)), { errorOnExist: true, force: false });
  }
}
