"""What the book does with the outputs of a run, apart from a build."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_text_that_the_kernel_sent_in_pieces_is_whole() -> None:
    pieces = [{"output_type": "stream", "name": "stdout", "text": text} for text in ("c", " 27.0\n", "  two\n")]
    given = f"import sys; sys.path.insert(0, 'book/_ext'); import execution; print(execution.joined({pieces}))"
    done = subprocess.run([sys.executable, "-c", given], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == [{**pieces[0], "text": "c 27.0\n  two\n"}]
