"""Full-size decodes against other decoders: equal where nothing may be lost, close where the format loses itself.

Ours come out as TIFF without conversion (own colours, own depth), so that every sample can be looked at.
"""
import pathlib
import shutil

import numpy as np
import pytest
import tifffile

import references
import thresholds
from pixels import psnr

KEEP = ("--format", "tiff", "--bit-depth", "keep", "--icc", "keep", "--metadata", "strip")


def decode(path: pathlib.Path, prepare, folder: pathlib.Path) -> np.ndarray:
    """Our decode as float [height, width, channel], 0..1 for integers."""
    source = folder / "in"
    source.mkdir()
    shutil.copyfile(path, source / path.name)
    out = prepare(source, folder / "out", *KEEP)
    written = [p for p in out.rglob("*.tif*") if ".imagemill" not in p.parts]
    assert len(written) == 1, f"{path.name}: {len(written)} files, rejects: {rejects(out)}"
    return references.to_unit(tifffile.imread(written[0]))


def rejects(out: pathlib.Path) -> str:
    path = out / ".imagemill" / "rejects.jsonl"
    return path.read_text() if path.is_file() else "none"


def same_channels(ours: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Grey against RGB of equal channels and an alpha that is opaque are no difference."""

    def widen(a: np.ndarray) -> np.ndarray:
        colors, alpha = (a[..., :-1], a[..., -1:]) if a.shape[-1] in (2, 4) else (a, np.ones_like(a[..., :1]))
        return np.concatenate([np.repeat(colors, 3, axis=-1) if colors.shape[-1] == 1 else colors, alpha], axis=-1)

    return widen(ours), widen(theirs)


def files_of(folder: str, pattern: str = "*") -> list[str]:
    """Names for parametrize, before any fixture runs; one that says skipped where there are no pictures."""
    data = references.data_folder()
    found = sorted(p.name for p in (data / "images" / folder).glob(pattern) if p.is_file()) if data else []
    return found or ["none"]


def check(path: pathlib.Path, prepare, tmp_path) -> None:
    if not path.is_file():
        pytest.skip("no test pictures")
    expected = references.decode(path)
    if expected is None:
        pytest.skip(f"{path.name}: {references.why_without(path)}")
    ours, theirs = same_channels(decode(path, prepare, tmp_path), expected.samples)
    assert ours.shape == theirs.shape
    if expected.is_lossy:
        got = psnr(ours, theirs, peak=1.0)
        assert got >= thresholds.LOSSY_MIN_DB, f"{got:.2f} dB"
    else:
        bound = thresholds.FLOAT_MAX_DIFFERENCE if expected.is_float else thresholds.LOSSLESS_MAX_DIFFERENCE
        difference = np.abs(ours - theirs)
        assert difference.max() <= bound * max(1.0, float(np.abs(theirs).max())), (
            f"{np.count_nonzero(difference > bound)} samples differ, by {difference.max():.6f} at most")


@pytest.mark.parametrize("name", files_of("formats"))
def test_formats(name, images, prepare, tmp_path):
    check(images / "formats" / name, prepare, tmp_path)


@pytest.mark.parametrize("name", [n for n in files_of("pngsuite", "*.png") if not n.startswith("x")])
def test_pngsuite(name, images, prepare, tmp_path):
    check(images / "pngsuite" / name, prepare, tmp_path)


@pytest.mark.parametrize("name", files_of("pngsuite", "x*.png"))
def test_broken_png_is_refused_or_marked(name, images, prepare, tmp_path):
    """Broken on purpose: the item fails, or what could be decoded is delivered; the run finishes either way."""
    source = tmp_path / "in"
    source.mkdir()
    if not (images / "pngsuite" / name).is_file():
        pytest.skip("no test pictures")
    shutil.copyfile(images / "pngsuite" / name, source / name)
    prepare(source, tmp_path / "out", *KEEP)


@pytest.mark.parametrize("name", files_of("bigtiff"))
def test_bigtiff(name, images, prepare, tmp_path):
    check(images / "bigtiff" / name, prepare, tmp_path)


@pytest.mark.parametrize("name", files_of("tiff"))
def test_tiff(name, images, prepare, tmp_path):
    check(images / "tiff" / name, prepare, tmp_path)


@pytest.mark.parametrize("name", files_of("exr"))
def test_exr(name, images, prepare, tmp_path):
    check(images / "exr" / name, prepare, tmp_path)
