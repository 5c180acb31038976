"""The pictures that benchmarks run on: many names for a few photographs, as folders and as archives."""
import os
import pathlib
import shutil
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import display_p3  # noqa: E402

JPEG = {".jpg", ".jpeg"}


def find_photographs(data: str | None) -> list[pathlib.Path]:
    """The JPEGs of --data, $IMAGEMILL_TEST_DATA, ../shared/data, else of ./dev demo."""
    candidates = [data, os.environ.get("IMAGEMILL_TEST_DATA"), ROOT.parent / "shared" / "data", ROOT / "demo" / "pictures"]
    for candidate in candidates:
        if not candidate or not pathlib.Path(candidate).is_dir():
            continue
        top = pathlib.Path(candidate)
        named = [top / "images" / "camera", top / "images" / "large"]
        folders = named if named[0].is_dir() else [top]
        found = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix.lower() in JPEG and p.stat().st_size)
        if found:
            return found
    raise SystemExit("bench: no photographs: name a folder with --data, or run ./dev demo first")


class Corpus:
    """Folders below one cache folder, each made when it is first asked for."""

    def __init__(self, cache: pathlib.Path, photographs: list[pathlib.Path], count: int):
        self.photographs = photographs
        self.count = count
        total = sum(p.stat().st_size for p in photographs)
        self.folder = cache / f"corpus-{len(photographs)}-{total}"

    def _multiply(self, name: str, originals: list[pathlib.Path], count: int) -> pathlib.Path:
        """`count` names for the originals, in turn: hard links, so that they cost no disk."""
        out = self.folder / f"{name}-{count}"
        if out.is_dir():
            return out
        making = out.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        for i in range(count):
            os.link(originals[i % len(originals)], making / f"{i:05d}.jpg")
        making.rename(out)
        return out

    def _originals(self, name: str, convert) -> list[pathlib.Path]:
        folder = self.folder / name
        if not folder.is_dir():
            making = folder.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir(parents=True)
            for i, path in enumerate(self.photographs):
                (making / f"{i:03d}.jpg").write_bytes(convert(path.read_bytes()))
            making.rename(folder)
        return sorted(folder.iterdir())

    def camera(self) -> pathlib.Path:
        return self._multiply("camera", self._originals("camera", bytes), self.count)

    def p3(self) -> pathlib.Path:
        """The same pictures, saying that they are Display P3."""
        return self._multiply("p3", self._originals("p3", display_p3.inject), self.count)

    def small(self, count: int) -> pathlib.Path:
        """Many files of which each is quick: for what depends on their number alone."""
        by_size = sorted(self._originals("camera", bytes), key=lambda p: p.stat().st_size)
        return self._multiply("small", by_size[:8], count)

    def archive(self, method: int) -> pathlib.Path:
        out = self.folder / f"camera-{self.count}-{'stored' if method == zipfile.ZIP_STORED else 'deflated'}.zip"
        if not out.is_file():
            making = out.with_suffix(".making")
            with zipfile.ZipFile(making, "w", method, compresslevel=6) as archive:
                for path in sorted(self.camera().iterdir()):
                    archive.write(path, path.name)
            making.rename(out)
        return out
