// Python, away from the page: Pyodide in a module worker that gets every file from the page and asks the network nothing.
import { loadPyodide } from "pyodide";
import createPyodideModule from "pyodide/pyodide.asm.mjs";

let runner, post;

async function start({ files, library, code }) {
  self.fetch = async request => new Response(files[String(request.url ?? request).split("/").pop()], {
    headers: { "Content-Type": "application/wasm" },
  });
  const pyodide = await loadPyodide({
    createPyodideModule, lockFileContents: LOCK, indexURL: "https://python.invalid/", packageBaseUrl: "https://python.invalid/",
  });
  const folders = new Set(Object.keys(library).map(path => path.slice(0, path.lastIndexOf("/"))));
  for (const folder of folders) pyodide.FS.mkdirTree(`/home/pyodide/${folder}`);
  for (const [path, text] of Object.entries(library)) pyodide.FS.writeFile(`/home/pyodide/${path}`, text);
  const names = pyodide.globals.get("dict")();
  pyodide.runPython(code, { globals: names });
  runner = names.get("run");
}

self.onmessage = async ({ data }) => {
  try {
    if (data.files) {
      await start(data);
      return self.postMessage({ ready: true });
    }
    for (const { index, name, code } of data.cells) {
      post = (kind, text) => self.postMessage({ index, kind, text });
      const ended = runner(code, name, post);
      self.postMessage({ index, ended });
      if (!ended) break;
    }
    self.postMessage({ idle: true });
  } catch (error) {
    self.postMessage({ failed: String(error.message ?? error) });
  }
};
