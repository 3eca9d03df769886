// One stylesheet for the whole book: bundled in the order pages would load the parts, unused rules purged, minified.
// Usage: node bundle_css.mjs OUTDIR; reads OUTDIR/_static, writes OUTDIR/_static/book.css and fonts beside it.
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.cwd(), "package.json"));
const esbuild = require("esbuild");
const { PurgeCSS } = require("purgecss");

const out = process.argv[2];
const fixed = path.join(out, "_static");
const mystnb = (await readdir(fixed)).filter(name => /^mystnb\..*css$/.test(name));
const parts = [
  "styles/theme.css", "styles/pydata-sphinx-theme.css", "styles/sphinx-book-theme.css", "pygments.css",
  "sphinx-design.min.css", "copybutton.css", ...mystnb,
].map(name => path.join(fixed, name));
parts.push(require.resolve("katex/dist/katex.css"), path.resolve("bplib/house.css"), path.join(fixed, "house-style.css"), path.join(fixed, "links.css"),
  path.join(fixed, "print.css"));

const entry = path.join(fixed, "all.css");
await writeFile(entry, parts.map(p => `@import ${JSON.stringify(p)};`).join("\n"));
const bundled = await esbuild.build({
  entryPoints: [entry], bundle: true, write: false, outfile: path.join(fixed, "book.css"), logLevel: "error",
  loader: { ".woff2": "file", ".woff": "empty", ".ttf": "empty", ".svg": "dataurl", ".png": "dataurl" },
  assetNames: "fonts/[name]",
});
for (const file of bundled.outputFiles.filter(f => f.path.endsWith(".woff2"))) {
  await mkdir(path.dirname(file.path), { recursive: true });
  await writeFile(file.path, file.contents);
}
const css = bundled.outputFiles.find(f => f.path.endsWith(".css")).text
  .replaceAll(/,\s*url\(data:[^)]*\)\s*format\("(?:woff|truetype)"\)/g, "");
const [purged] = await new PurgeCSS().purge({
  content: [path.join(out, "**/*.html"), ...["*.js", "scripts/*.js", "python/python.js"].map(name => path.join(fixed, name))],
  css: [{ raw: css }],
  // Classes are words in HTML and in scripts; KaTeX writes some with dots and digits.
  defaultExtractor: text => text.match(/[\w-/:.]+(?<![:.])/g) ?? [],
  keyframes: true, variables: false, // font faces stay: a browser fetches only those it uses
  safelist: { standard: [/^show$/, /^collapsing$/, /^tooltip/, /^bs-/, /^highlighted$/], deep: [/data-theme/, /data-mode/] },
});
const small = await esbuild.transform(purged.css, { loader: "css", minify: true });
await writeFile(path.join(fixed, "book.css"), small.code);
await rm(entry);
