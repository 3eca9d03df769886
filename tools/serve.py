"""Serve a folder of pages on this machine, compressed as a web server would; a busy port is passed over aloud."""

import gzip
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TEXT = (".html", ".css", ".js", ".json", ".svg", ".ipynb", ".txt", ".xml")


class Handler(SimpleHTTPRequestHandler):
    """Static files, gzipped where they are text and the browser takes it."""

    def do_GET(self) -> None:
        """Answer with the file, compressed if it is text."""
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.split("?")[0].endswith("/"):
            path /= "index.html"
        if path.suffix not in TEXT or not path.is_file() or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return super().do_GET()
        body = gzip.compress(path.read_bytes(), 9)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)) + "; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        """Let the browser ask again each time, so that a rebuilt page is seen."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing of each request."""


def bind(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of `folder` on the first free port from `port` on; raises OSError where twenty are taken."""
    for candidate in range(port, port + 20):
        try:
            server = ThreadingHTTPServer(("127.0.0.1", candidate), partial(Handler, directory=str(folder)))
        except OSError:
            print(f"port {candidate} is in use, trying the next one", flush=True)
            continue
        return server
    raise OSError(f"ports {port} to {port + 19} are all in use; choose another with make read PORT=9000")


def serve(folder: Path, port: int) -> None:
    """Serve `folder` until Ctrl-C."""
    try:
        server = bind(folder, port)
    except OSError as error:
        sys.exit(f"serve: {error}")
    print(f"the book is at http://127.0.0.1:{server.server_port}/ (Ctrl-C stops)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nstopped")


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 8000)
