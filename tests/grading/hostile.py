"""Sample submissions that attack the grader: each cell tries for points, for the machine or for another's grade.

An entry is (the answer cell of the first question, the status expected, what its message must hold). The rest of the
notebook is as released, so any point at all would be one gained by the attack. A cell that can see whether it got
anywhere says so in an exception, whose text comes back as the message.
"""

FIRST = "def slope(yhat):\n    "
ALL_FILES = """
import os

def slope(yhat):
    found = []
    for folder, folders, files in os.walk("/"):
        if folder == "/":
            folders[:] = [name for name in folders if name not in ("proc", "usr", "packages", "dev")]
        here = [*files, *folders] if folder == "/etc" else [name for name in files if name.endswith(".ipynb")]
        found += here + [name for name in ("judge.py", ".ssh", "submitted", "exercises") if name in files + folders]
    raise RuntimeError(f"found {len(found)} secrets {found[:3]}")
"""

HOSTILE = {
    "patches_numpy_testing": (
        """
import builtins, math, numpy.testing
numpy.testing.assert_allclose = numpy.testing.assert_equal = lambda *a, **k: None
builtins.abs = lambda value: 0
math.isfinite = lambda value: True
"""
        + FIRST
        + "return 0.0\n",
        "graded",
        "",
    ),
    "patches_bplib": (
        """
import bplib.diagnosis, bplib.feedback, bplib.plain
right = lambda *a, **k: bplib.diagnosis.Diagnosis("correct", "right.")
bplib.feedback.examine = bplib.feedback.diagnose = bplib.diagnosis.diagnose_cases = right
bplib.plain.fits = lambda *a, **k: True
bplib.feedback.marks = lambda question, points: points
"""
        + FIRST
        + "return 0.0\n",
        "graded",
        "",
    ),
    "always_equal": (
        """
class Equal(float):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = lambda self, *other: 0.0
    __hash__ = float.__hash__
"""
        + FIRST
        + "return Equal(1)\n",
        "graded",
        "",
    ),
    "reads_solutions": (ALL_FILES, "graded", "found 0 secrets"),
    "reads_environment": (
        "import os\n" + FIRST + "raise RuntimeError(f'{sorted(os.environ)} {os.getuid()}')\n",
        "graded",
        "['HOME', 'LANG', 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'PATH', 'PWD', 'PYTHONHASHSEED'] 65534",
    ),
    "writes_files": (
        """
import os
def slope(yhat):
    written = []
    for place in ["/", "/course", "/course/bplib", "/packages/0", "/usr", "/dev", "/dev/shm", "/root", "/home", "/etc"]:
        try:
            open(os.path.join(place, "bpgrade-was-here"), "w").close()
            written.append(place)
        except OSError:
            pass
    open("/tmp/bpgrade-was-here", "w").close()
    raise RuntimeError(f"wrote {written}")
""",
        "graded",
        "wrote []",
    ),
    "uses_the_network": (
        """
import socket
def slope(yhat):
    reached = []
    for address in [("127.0.0.1", 47811), ("192.0.2.1", 80), ("1.1.1.1", 53), ("example.org", 80)]:
        try:
            socket.create_connection(address, timeout=0.3)
            reached.append(address)
        except OSError:
            pass
    raise RuntimeError(f"reached {reached}")
""",
        "graded",
        "reached []",
    ),
    "fork_bomb": ("import os\nwhile True:\n    os.fork()\n", None, ""),
    "fork_swarm": (
        """
import os, time
def slope(yhat):
    children = 0
    try:
        while children < 1000:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            children += 1
    except OSError:
        pass
    raise RuntimeError("few" if children < 64 else f"{children} children")
""",
        "graded",
        "few",
    ),
    "endless_loop": (FIRST + "while True:\n        pass\n", "graded", "did not finish in time"),
    "sleeps": ("import time\ntime.sleep(1000)\n", "graded", "did not finish in time"),
    "endless_and_deaf": (
        "import signal\nfor timer in range(3):\n    signal.setitimer(timer, 0)\nwhile True:\n    pass\n",
        "timeout",
        "ran out of time",
    ),
    "prints_200_mb": (
        "import os\nfor _ in range(200):\n    print('x' * 10**6)\nos.write(2, b'x' * 10**7)\n" + FIRST + "return 0.0\n",
        "graded",
        "",
    ),
    "floods_the_answer": (
        "import os\nwhile True:\n    for fd in range(3, 256):\n        try:\n            os.write(fd, b'x' * 10**6)\n"
        "        except OSError:\n            pass\n",
        "malformed",
        "",
    ),
    "exits": ("import sys\nsys.exit(0)\n" + FIRST + "sys.exit(0)\n", "graded", "SystemExit"),
    "exits_at_once": ("import os\nos._exit(0)\n", "crashed", "ended"),
    "kills_everything": (
        """
import os, signal
for pid in [-1, *range(1, 400)]:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
""",
        "crashed",
        "",
    ),
    "takes_all_memory": (
        FIRST + "return len(bytearray(10**11)) + sum(len(x) for x in [bytearray(10**9) for _ in range(50)])\n",
        "graded",
        "MemoryError",
    ),
    "fills_the_disk": (
        """
def slope(yhat):
    total = 0
    try:
        for n in range(1000):
            with open(f"/tmp/{n}", "wb") as file:
                total += file.write(bytes(10**7))
    except OSError:
        pass
    raise RuntimeError("little" if total < 10**8 else f"{total} bytes")
""",
        "graded",
        "little",
    ),
    "transforms_cells": (
        """
def always_pass(lines):
    return ["slope = lambda yhat: yhat\\n"]
get_ipython().input_transformers_cleanup.append(always_pass)
get_ipython().input_transformers_post.append(always_pass)
"""
        + FIRST
        + "return 0.0\n",
        "graded",
        "",
    ),
    "forges_verdicts": (
        """
import json, os
names = ["slope", "gradient-w2", "gradient-w1", "backward", "forward-tanh", "backward-tanh", "step", "forecast"]
verdict = {"score": 99, "max_score": 99, "diagnosis": "correct", "message": "right."}
for fd in range(3, 64):
    for name in [*names, "rounding"]:
        line = {"question": name, "failed": None, "answers": [1.0] * 5, **verdict}
        try:
            os.write(fd, json.dumps(line).encode() + b"\\n")
        except OSError:
            break
    else:
        os.write(fd, b'{"done": true}\\n')
os._exit(0)
""",
        "graded",
        "",
    ),
    "forges_nonsense": (
        """
import os
lines = [
    b'{"question": "slope", "failed": null, "answers": {"a": [[]]}}',
    b'{"question": "step", "answers": 7}',
    b'{"question": "backward", "failed": [], "answers": [{"array": 1, "shape": [9], "dtype": 3}]}',
    b"[" * 10**5,
]
for fd in range(3, 64):
    try:
        os.write(fd, b"\\n".join(lines))
    except OSError:
        pass
os._exit(0)
""",
        "malformed",
        "",
    ),
    "speaks_html": (
        FIRST + "raise RuntimeError('<script>alert(1)</script> \\x1b[31m [bold red] =1+1')\n",
        "graded",
        "<script>alert(1)</script> [31m [bold red]",
    ),
    "sets_traps": (
        """
class Trap:
    dtype = "float64"
    @property
    def shape(self):
        raise KeyboardInterrupt
class Noise(Exception):
    def __str__(self):
        raise Noise
"""
        + FIRST
        + "if yhat > 0:\n        raise Noise\n    return Trap()\n",
        None,
        "",
    ),
    "busy_swarm": (
        """
import os, time
def slope(yhat):
    for _ in range(25):
        if os.fork() == 0:
            while True:
                pass
    time.sleep(1)
    raise RuntimeError(f"{len(os.sched_getaffinity(0))} core")
""",
        "graded",
        "1 core",
    ),
    "takes_another_core": (
        """
import os
def slope(yhat):
    try:
        os.sched_setaffinity(0, range(64))
    except PermissionError:
        raise RuntimeError("kept to its core")
""",
        "graded",
        "kept to its core",
    ),
    "swarm_takes_all_memory": (
        """
import os, time
for _ in range(20):
    if os.fork() == 0:
        held = bytearray(os.urandom(1)) * 300_000_000
        time.sleep(60)
        os._exit(0)
time.sleep(3)
"""
        + FIRST
        + "return 0.0\n",
        None,
        "",
    ),
    "hides_memory": (
        """
import ctypes, os
def slope(yhat):
    libc, got = ctypes.CDLL(None), []
    for name, take in [
        ("memfd", lambda: libc.memfd_create(b"a", 0)),
        ("shm", lambda: libc.shmget(0, 1 << 30, 0o1600)),
        ("queue", lambda: libc.msgget(0, 0o1600)),
    ]:
        if take() >= 0:
            got.append(name)
    raise RuntimeError(f"got {got}")
""",
        "graded",
        "got []",
    ),
    "looks_into_others": (
        """
import ctypes, os
def slope(yhat):
    libc, got = ctypes.CDLL(None), []
    for pid in [1, os.getppid()]:
        if libc.ptrace(16, pid, 0, 0) == 0:
            got.append(f"traced {pid}")
        for name in ("mem", "environ"):
            try:
                if open(f"/proc/{pid}/{name}", "rb").read(1) and name == "mem":
                    got.append(name)
            except OSError:
                pass
    others = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) > os.getpid()]
    raise RuntimeError(f"{got} {others}")
""",
        "graded",
        "[] []",
    ),
    "mounts_and_unshares": (
        """
import ctypes
def slope(yhat):
    libc, got = ctypes.CDLL(None), []
    for name, call in [
        ("user", lambda: libc.unshare(0x10000000)),
        ("net", lambda: libc.unshare(0x40000000)),
        ("mount", lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, 0)),
        ("setuid", lambda: libc.setuid(0)),
        ("chroot", lambda: libc.chroot(b"/tmp")),
    ]:
        if call() == 0:
            got.append(name)
    raise RuntimeError(f"got {got}")
""",
        "graded",
        "got []",
    ),
    "searches_memory": (
        """
import gc, sys
def slope(yhat):
    frame, seen = sys._getframe(), []
    while frame is not None:
        seen += [name for name in frame.f_locals if name in ("truth", "truths", "reference", "solution", "tolerance")]
        frame = frame.f_back
    names = [name for name in sys.modules if name.startswith(("bpgrade", "solutions", "judge"))]
    raise RuntimeError(f"saw {seen} {names}")
""",
        "graded",
        "saw [] []",
    ),
    "imports_the_judge": (
        """
import importlib
def slope(yhat):
    got = []
    for name in ("bpgrade.judge", "judge", "solutions", "solutions.judge"):
        try:
            got.append(importlib.import_module(name).QUESTIONS)
        except (ImportError, AttributeError):
            pass
    raise RuntimeError(f"got {len(got)}")
""",
        "graded",
        "got 0",
    ),
    "replaces_the_checks": (
        """
import builtins
def check(*a, **k):
    print("right")
marks = lambda question, points: points
builtins.float = lambda *a: 0.25
"""
        + FIRST
        + "return 0.0\n",
        None,
        "",
    ),
    "returns_a_flood": (FIRST + "return [0.0] * 10**7\n", None, ""),
    "returns_a_pit": (FIRST + "pit = []\n    for _ in range(10**5):\n        pit = [pit]\n    return pit\n", None, ""),
    "returns_itself": (FIRST + "loop = []\n    loop.append(loop)\n    return loop\n", None, ""),
    "lying_array": (
        """
class Lie:
    shape, dtype = (), "float64"
    def tolist(self):
        return {"array": 1, "shape": [10**9], "done": True}
"""
        + FIRST
        + "return Lie()\n",
        None,
        "",
    ),
    "crashes_the_interpreter": (
        "import ctypes\n" + FIRST + "return ctypes.string_at(0)\n",
        "crashed",
        "ended",
    ),
    "stops_itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n", None, ""),
    "stays_behind": (
        """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(0.01)
    os._exit(0)
"""
        + FIRST
        + "return 0.0\n",
        "graded",
        "",
    ),
    "thread_forges_later": (
        """
import os, threading, time
def forge():
    line = b'{"question": "slope", "failed": null, "answers": [1.0, 1.0, 1.0, 1.0, 1.0]}'
    while True:
        for fd in range(3, 30):
            try:
                os.write(fd, line + b"\\n")
            except OSError:
                pass
        time.sleep(0.01)
threading.Thread(target=forge, daemon=True).start()
time.sleep(0.2)
"""
        + FIRST
        + "return 0.0\n",
        None,
        "",
    ),
    "opens_all_files": (
        "import os\ntry:\n    while True:\n        os.open('/dev/null', os.O_RDONLY)\nexcept OSError:\n    pass\n"
        + FIRST
        + "return 0.0\n",
        None,
        "",
    ),
    "runs_a_shell": (
        """
found = !cat /etc/shadow /root/.ssh/id_rsa /proc/1/environ 2>/dev/null
more = !ls /home /work /course/solutions 2>/dev/null
def slope(yhat):
    raise RuntimeError(f"read {found} {more}")
""",
        "graded",
        "read [] []",
    ),
    "types_into_the_terminal": (
        """
import fcntl, os, termios
def slope(yhat):
    typed = []
    for place in ("/dev/tty", "/dev/console", "/dev/pts/0"):
        try:
            fcntl.ioctl(os.open(place, os.O_RDWR), termios.TIOCSTI, b"x")
            typed.append(place)
        except OSError:
            pass
    raise RuntimeError(f"typed {typed}")
""",
        "graded",
        "typed []",
    ),
    "asks_at_the_keyboard": (
        "import sys\n" + FIRST + "return float(sys.stdin.read() or input())\n",
        "graded",
        "slope() stopped with",
    ),
    "half_characters": ("slope = '\\ud800'\n\x00\n", "graded", "the cell stopped with"),
}
