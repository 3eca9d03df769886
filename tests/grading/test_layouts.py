"""Where submissions come from: nbgrader's tree, flat folders, zips of Moodle and Canvas, and what is wrong there."""

import contextlib
import doctest
import json
import shutil
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from write_samples import NAME, bpgrade, place

import bpgrade.submissions as submissions
from bpgrade.cells import MOST_BRACKETS, Unreadable, notebook
from bpgrade.errors import GradeError
from bpgrade.submissions import find

RIGHT = place("right_in_another_style").read_bytes()


def packed(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def read(path: Path) -> dict[str, str]:
    """What is found for each student: the digits of the notebook, or why it is not read."""
    found = {}
    for one in find(path, NAME):
        try:
            found[one.student] = (one.data() or b"nothing").decode()
        except Unreadable as error:
            found[one.student] = f"! {error}"
    return found


def test_docstrings_hold() -> None:
    assert doctest.testmod(submissions).failed == 0


def test_a_moodle_zip(tmp_path: Path) -> None:
    files = {
        f"Anna Lee_1234_assignsubmission_file/{NAME}.ipynb": b"1",
        "Anna Lee_77_assignsubmission_file_/mine.ipynb": b"2",
        f"Ben_Ö. O'Hara_9_assignsubmission_file_{NAME}.ipynb": b"3",
        "Carl_10_assignsubmission_file_/report.pdf": b"4",
        "Dora_11_assignsubmission_file_/one.ipynb": b"5",
        "Dora_11_assignsubmission_file_/two.ipynb": b"6",
        f"Emil_12_assignsubmission_file_/deep/er/{NAME}.ipynb": b"7",
        "__MACOSX/._x.ipynb": b"8",
    }
    expected = {
        "Anna Lee_1234": "1",
        "Anna Lee_77": "2",
        "Ben_Ö. O'Hara_9": "3",
        "Carl_10": "nothing",
        "Dora_11": f"! none of the 2 notebooks is named {NAME}.ipynb",
        "Emil_12": "7",
    }
    assert read(packed(tmp_path / "moodle.zip", files)) == expected
    assert find(tmp_path / "moodle.zip", NAME)[1].lms == {"system": "moodle", "id": "77", "name": "Anna Lee"}


def test_a_canvas_zip(tmp_path: Path) -> None:
    files = {
        f"leeanna_4711_99_{NAME}.ipynb": b"1",
        f"oharaben_LATE_4712_98_{NAME}-2.ipynb": b"2",
        "carlsson_4713_97_notes.pdf": b"3",
        f"dora_4714_96_{NAME}.ipynb": b"4",
        "dora_4714_95_scratch.ipynb": b"5",
    }
    found = {"leeanna_4711": "1", "oharaben_4712": "2", "dora_4714": "4"}
    assert read(packed(tmp_path / "canvas.zip", files)) == found


@pytest.mark.parametrize("top", ["", "submitted/"])
def test_nbgraders_tree_in_a_zip(tmp_path: Path, top: str) -> None:
    files = {f"{top}anna/{NAME}/{NAME}.ipynb": b"1", f"{top}ben/{NAME}/x.txt": b"", f"{top}carl/02_other/a.ipynb": b"2"}
    assert read(packed(tmp_path / "x.zip", files)) == {"anna": "1", "ben": "nothing", "carl": "nothing"}


def test_an_unpacked_moodle_zip_and_a_flat_folder(tmp_path: Path) -> None:
    for name in ("Anna_5_assignsubmission_file_", "Ben_6_assignsubmission_file"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.ipynb").write_bytes(b"1")
    (tmp_path / f"carl_{NAME}.ipynb").write_bytes(b"2")
    (tmp_path / f"leeanna_4711_99_{NAME}.ipynb").write_bytes(b"3")
    assert read(tmp_path) == {"Anna_5": "1", "Ben_6": "1", "carl": "2", "leeanna_4711": "3"}


def spoilt(path: Path, name: str) -> None:
    """Flip a byte of a member's data."""
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo(name).header_offset
    data = bytearray(path.read_bytes())
    at += 30 + sum(struct.unpack("<HH", data[at + 26 : at + 30])) + 5
    data[at] ^= 0xFF
    path.write_bytes(data)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A zip in which almost everything is wrong, and one student is right."""
    link = zipfile.ZipInfo("link.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    locked = zipfile.ZipInfo("locked.ipynb")
    with zipfile.ZipFile(tmp_path / "bad.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("anna.ipynb", RIGHT)
        archive.writestr("../anna.ipynb", RIGHT)
        archive.writestr("/tmp/bpgrade-was-here/anna.ipynb", RIGHT)
        archive.writestr("c:\\windows\\anna.ipynb", RIGHT)
        archive.writestr("x/../../../y.ipynb", RIGHT)
        archive.writestr(link, f"/work/solutions/{NAME}/{NAME}.ipynb")
        archive.writestr(locked, RIGHT)
        archive.writestr("crc.ipynb", RIGHT)
        archive.writestr("bomb.ipynb", bytes(10**9 // 8))
        archive.writestr("wide.ipynb", b'{"nbformat": 4, "cells": [' + b"[]," * (MOST_BRACKETS + 1) + b"[]]}")
        archive.writestr("wrong_code.ipynb", RIGHT.decode().encode("utf-16"))
        archive.writestr("latin.ipynb", b'{"nbformat": 4, "cells": ["\xe9"]}')
        archive.writestr("empty.ipynb", b"")
    spoilt(tmp_path / "bad.zip", "crc.ipynb")
    data = (tmp_path / "bad.zip").read_bytes()
    central = data.index(b"PK\x01\x02", data.rindex(b"locked.ipynb") - 60)
    (tmp_path / "bad.zip").write_bytes(data[: central + 8] + b"\x01" + data[central + 9 :])
    return tmp_path / "bad.zip"


def test_a_zip_that_climbs_out_and_worse(needs_sandbox: None, bad: Path, tmp_path: Path) -> None:
    done = bpgrade("run", str(bad), "--assignment", NAME, "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    found = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "out" / NAME).glob("*.json")]
    by_student = {one["student"]: (one["status"], one["score"], one["message"]) for one in found}
    assert by_student.pop("anna") == ("graded", 16, "")
    assert {status for status, *_ in by_student.values()} == {"unreadable"}
    said = {student: message for student, (_, _, message) in by_student.items()}
    outside = "the zip names a place outside its own folder; this file is not read"
    for name in ("../anna.ipynb", "/tmp/bpgrade-was-here/anna.ipynb", "c:\\windows\\anna.ipynb", "x/../../../y.ipynb"):
        assert said.pop(name) == outside
    for student, line in {
        "link": "it is a link",
        "locked": "encrypted",
        "crc": "cannot be read from the zip",
        "bomb": "at most 20 are read",
        "wide": "over a million brackets",
        "wrong_code": "not UTF-8",
        "latin": "not UTF-8",
        "empty": "is empty",
    }.items():
        assert line in said.pop(student)
    assert not said
    assert {path.name for path in tmp_path.iterdir()} == {"bad.zip", "out"}
    assert not Path("/tmp/bpgrade-was-here").exists()


def test_what_is_no_zip_is_one_line(tmp_path: Path) -> None:
    shutil.copy(place("right"), tmp_path / "class.zip")
    with pytest.raises(GradeError, match="neither a folder nor a zip"):
        find(tmp_path / "class.zip", NAME)
    packed(tmp_path / "cut.zip", {"a.ipynb": RIGHT})
    (tmp_path / "cut.zip").write_bytes((tmp_path / "cut.zip").read_bytes()[:-30])
    with pytest.raises(GradeError, match="neither a folder nor a zip"):
        find(tmp_path / "cut.zip", NAME)
    with pytest.raises(GradeError, match="no submissions"):
        find(packed(tmp_path / "none.zip", {"readme.txt": b""}), NAME)


@pytest.mark.parametrize("spoil", [lambda n: n.pop("metadata"), lambda n: n.update(metadata=[{"kernelspec": 3}])])
def test_metadata_is_not_needed(spoil) -> None:
    whole = json.loads(RIGHT)
    spoil(whole)
    assert notebook(json.dumps(whole).encode()).notes == ()
    with contextlib.suppress(Unreadable):
        notebook(b'\xff\xfe{"nbformat": 4}')
