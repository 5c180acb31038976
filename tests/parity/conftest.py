import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def images() -> pathlib.Path:
    """The real test pictures; they are no part of the repository."""
    data = pathlib.Path(os.environ.get("IMAGEMILL_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (data / "images").is_dir():
        pytest.skip("no test pictures: IMAGEMILL_TEST_DATA names no folder and there is no ../shared/data")
    return data / "images"


@pytest.fixture(scope="session")
def binary(tmp_path_factory) -> str:
    os.environ["IMAGEMILL_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    return os.environ["IMAGEMILL_BINARY"]


@pytest.fixture(scope="session")
def prepare(binary):
    """prepare(source, out, *options): runs the binary; items may fail (exit code 3), the run may not."""

    def run(source: pathlib.Path, out: pathlib.Path, *options: str) -> pathlib.Path:
        done = subprocess.run([binary, "prepare", str(source), str(out), *options], capture_output=True, text=True)
        assert done.returncode in (0, 3), f"exit {done.returncode}\n{done.stderr[-2000:]}"
        return out

    return run


@pytest.fixture(scope="session")
def sharp():
    """sharp(source, out, size, quality), with sharp's own defaults."""
    script = ROOT / ".cache" / "node" / "sharp_resize.mjs"

    def run(source: pathlib.Path, out: pathlib.Path, size: int, quality: int) -> pathlib.Path:
        subprocess.run(["node", str(script), str(source), str(out), str(size), str(quality)], check=True)
        return out

    return run
