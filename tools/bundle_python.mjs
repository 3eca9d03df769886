// What "Python in the page" loads: Pyodide in one worker, the editor, the loader. Usage: node bundle_python.mjs OUTDIR
import { copyFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.cwd(), "package.json"));
const esbuild = require("esbuild");
const out = path.join(process.argv[2], "_static", "python");
const pyodide = path.dirname(require.resolve("pyodide/package.json"));
const { info } = JSON.parse(await readFile(path.join(pyodide, "pyodide-lock.json"), "utf8"));

await mkdir(out, { recursive: true });
const common = { bundle: true, minify: true, target: "es2022", logLevel: "error", charset: "utf8", legalComments: "eof" };
await esbuild.build({
  ...common, entryPoints: ["book/play/worker.mjs"], outfile: path.join(out, "worker.js"), format: "esm",
  external: ["node:*", "ws"], define: { LOCK: JSON.stringify({ info, packages: {} }) },
});
await esbuild.build({ ...common, entryPoints: ["book/play/editor.mjs"], outfile: path.join(out, "editor.js"), format: "iife" });
await esbuild.build({ ...common, bundle: false, entryPoints: ["book/play/python.js"], outfile: path.join(out, "python.js") });
await esbuild.build({ ...common, entryPoints: ["book/play/python.css"], outfile: path.join(out, "python.css") });
for (const name of ["pyodide.asm.wasm", "python_stdlib.zip"]) await copyFile(path.join(pyodide, name), path.join(out, name));
