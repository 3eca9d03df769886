// Python in the page: cells that need only the standard library and a few small modules of bplib carry a Run button.
// The first run fetches the editor and Python (with progress); they then stay in memory, so that a cell can be stopped
// and Python started again with the network off. One namespace serves the page; cells above run first.
(() => {
  const listed = document.getElementById("bp-cells");
  if (!listed) return;
  const { cells: notebook, sizes } = JSON.parse(listed.textContent);
  const place = new URL("./", document.currentScript.src);
  const boxes = [...document.querySelectorAll("div.cell")];
  const cells = [];
  for (const { shown, run, code, practice } of notebook) {
    const box = shown ? boxes.shift() : null;
    if (run) cells.push({ box, code, practice, index: cells.length, ran: false });
  }
  let python = null; // the worker, once it is ready
  let files = null; // what it is made from, once fetched
  let busy = null; // the cell whose run is under way

  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const original = cell => cell.code ?? cell.box.querySelector("pre").textContent.replace(/\n$/, "");
  const source = cell => cell.editor?.text() ?? original(cell);

  async function fetched(name, progress) {
    const answer = await fetch(new URL(name, place));
    if (!answer.ok) throw new Error(`${name} could not be fetched (${answer.status})`);
    const parts = [];
    for (const reader = answer.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(parts);
      parts.push(value);
      progress(value.length);
    }
  }

  async function fetchAll(say) {
    const names = Object.keys(sizes);
    const total = names.reduce((sum, name) => sum + sizes[name], 0);
    let got = 0;
    const progress = more => say(`Loading Python: ${Math.min(100, Math.round((100 * (got += more)) / total))} %`);
    const blobs = await Promise.all(names.map(name => fetched(name, progress)));
    const by = Object.fromEntries(names.map((name, i) => [name, blobs[i]]));
    return {
      worker: URL.createObjectURL(new Blob([by["worker.js"]], { type: "text/javascript" })),
      wasm: await by["pyodide.asm.wasm"].arrayBuffer(),
      stdlib: await by["python_stdlib.zip"].arrayBuffer(),
      library: JSON.parse(await by["library.json"].text()),
    };
  }

  function editorOnce() {
    return editorOnce.loading ??= new Promise((done, failed) => {
      const script = element("script", { src: new URL("editor.js", place), onload: done });
      script.onerror = () => (editorOnce.loading = null, script.remove(), failed(new Error("the editor could not be fetched")));
      document.head.append(script);
    });
  }

  async function start(say) {
    files ??= await fetchAll(say);
    say("Starting Python");
    const worker = new Worker(files.worker, { type: "module" });
    await new Promise((done, failed) => {
      worker.onmessage = ({ data }) => (data.ready ? done() : failed(new Error(data.failed)));
      worker.onerror = event => failed(new Error(event.message || "this browser cannot start a module worker"));
      const { "runner.py": code, ...library } = files.library;
      worker.postMessage({ files: { "pyodide.asm.wasm": files.wasm, "python_stdlib.zip": files.stdlib }, library, code });
    });
    return worker;
  }

  function stop(reason) {
    python?.terminate();
    python = null;
    for (const cell of cells) cell.ran = false;
    busy?.end(reason);
  }

  async function run(cell) {
    if (busy) return cell.say("Another cell is running: stop it first.");
    if (location.protocol === "file:") {
      return cell.say("Python cannot start on a page opened from the disk. Serve the book with “make read”, or work in JupyterLab with “make lab”.");
    }
    let cancelled = false;
    busy = cell;
    cell.begin();
    cell.end = reason => {
      cancelled = true;
      busy = null;
      cell.rest(reason);
    };
    try {
      await Promise.all([editorOnce().then(() => cell.edit()), (async () => { python ??= await start(cell.say); })()]);
      if (cancelled) return;
      await perform(cell);
    } catch (problem) {
      stop(`Python did not start: ${problem.message}. The text and its outputs stay as they are.`);
    }
  }

  function perform(cell) {
    const first = cells.slice(0, cell.index).filter(each => !each.ran);
    const before = first.length;
    cell.say(before ? `Running this cell and the ${before} above it that it may need` : "Running");
    return new Promise(done => {
      python.onerror = event => stop(`Python stopped: ${event.message}`);
      python.onmessage = ({ data }) => {
        const from = cells[data.index];
        if (data.failed) stop(`Python stopped: ${data.failed}. The next run starts it again.`);
        else if (data.idle) {
          busy?.end(cell.ran ? "Done" : "It stopped at an error");
          done();
        } else if ("ended" in data) from.ran = data.ended;
        else if (from === cell) cell.show(data.kind, data.text);
        else if (data.kind === "error") cell.show("error", `A cell above, which begins “${source(from).split("\n")[0]}”, failed:\n${data.text}`);
      };
      cell.ran = false;
      python.postMessage({ cells: [...first, cell].map(each => ({ index: each.index, name: `cell ${each.index + 1}`, code: source(each) })) });
    });
  }

  for (const cell of cells.filter(each => each.box)) {
    const input = cell.box.querySelector(".cell_input");
    const code = input.querySelector("div[class^=highlight]");
    const still = cell.box.querySelector(".cell_output");
    const status = element("span", { className: "bp-run-status" });
    status.setAttribute("role", "status");
    const button = (text, act, hidden = true) => element("button", { type: "button", textContent: text, onclick: act, hidden });
    const runs = button("Run", () => run(cell), false);
    const stops = button("Stop", () => stop("Stopped. The next run starts Python again and first runs the cells above."));
    const resets = button("Reset", () => cell.reset());
    const hint = element("p", { className: "bp-run-hint", textContent: "Ctrl+Enter runs. Tab indents; Esc, then Tab, leaves the editor.", hidden: true });
    const output = element("div", { className: "bp-run-output", hidden: true });
    const bar = element("div", { className: "bp-run" }, runs, stops, resets, status);
    if (cell.practice) cell.box.classList.add("bp-practice");
    code.after(bar, hint);
    (still ?? input).after(output);

    cell.say = text => { status.textContent = text; };
    cell.begin = () => {
      stops.hidden = false;
      output.replaceChildren();
      delete output.dataset.error;
      cell.box.dataset.running = "";
    };
    cell.rest = text => {
      stops.hidden = true;
      delete cell.box.dataset.running;
      cell.say(text);
    };
    cell.show = (kind, text) => {
      if (still) still.hidden = true;
      output.hidden = false;
      if (kind === "html") return output.append(element("div", { innerHTML: text, className: "bp-run-html" }));
      const last = output.lastElementChild;
      const kept = last?.tagName === "PRE" && last.dataset.kind === kind ? last : output.appendChild(element("pre", { tabIndex: 0 }));
      kept.dataset.kind = kind;
      kept.append(text);
    };
    cell.edit = () => {
      if (cell.editor) return;
      cell.holder = element("div", { className: "bp-run-editor" });
      code.after(cell.holder);
      cell.editor = window.bplibEditor({ parent: cell.holder, doc: original(cell), label: "The code of this cell", run: () => run(cell) });
      code.hidden = true;
      resets.hidden = hint.hidden = false;
      cell.editor.focus();
    };
    cell.reset = () => {
      if (busy === cell) stop("");
      cell.editor?.remove();
      cell.holder?.remove();
      cell.editor = null;
      code.hidden = false;
      output.hidden = resets.hidden = hint.hidden = true;
      output.replaceChildren();
      if (still) still.hidden = false;
      cell.ran = false;
      cell.say("As printed");
      runs.focus();
    };
  }
})();
