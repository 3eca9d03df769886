"""What every test stands on: which oracles are there, and that in CI nothing is skipped unseen."""

import os
from importlib.util import find_spec

import pytest
from browser import browser, open_page, served  # noqa: F401  (fixtures: one browser for a worker, whatever it runs)

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a worker, in the notebooks that tests run too
IN_CI = os.environ.get("CI") == "true"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, rather than skip, what needs an oracle that this run was not asked to bring."""
    absent = {"gpu": find_spec("cupy") is None, "torch": os.environ.get("TORCH") != "1"}
    dropped = [item for item in items if any(absent[name] and item.get_closest_marker(name) for name in absent)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failure: there every system program is installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter and reporter.stats.get("skipped"):
        reporter.write_line("CI: skipped tests count as failures", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
