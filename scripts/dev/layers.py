#!/usr/bin/env python3
"""Checks who includes whom: folders only downwards, third-party headers only in their one place.

Run by ./dev lint and as a test; prints one line a violation, exits 1 when there is any.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

GROUND = {"imagemill", "base"}
PIXELS = GROUND | {"image"}
CAPABILITIES = {"codec", "infer", "kernels", "source", "sink", "store", "pipeline", "vectors"}
# Folder of a source -> folders it may include besides its own. Capabilities never include each other.
MAY_INCLUDE = {
    "include": {"imagemill"},
    "src/base": {"imagemill"},
    "src/telemetry": GROUND,
    "src/image": GROUND,
    "src/pipeline": GROUND | {"telemetry"},  # no pixels: it moves items, whatever they are
    "src/kernels": PIXELS,
    "src/vectors": GROUND,  # no pixels: numbers in, numbers out
    "src/infer": GROUND,  # tensors and threads: no pixels
    "src/codec": PIXELS | {"telemetry"},
    "src/source": GROUND | {"telemetry"},
    "src/sink": GROUND | {"telemetry"},
    "src/store": GROUND | {"telemetry"},
    "src/models": PIXELS | {"infer"},
    "src/jobs": PIXELS | CAPABILITIES | {"telemetry", "models"},
    "src/engine": PIXELS | CAPABILITIES | {"telemetry", "models", "jobs"},
    # Skins see the public headers only; the telemetry sampler is not public yet and the CLI shows it.
    "apps/cli": {"imagemill", "telemetry"},
    # The helper process answers the protocol of src/codec with the engine's own picture type.
    "apps/codec_host": PIXELS | {"codec"},
}
# Header -> the only places that may include it (tests, benchmarks and fuzzers apart).
CONTAINED = [
    (r"sqlite3\.h", r"src/store/"),
    (r"zimg.*|lcms2\w*\.h", r"src/kernels/"),
    (r"hwy/.*", r"src/(kernels|codec|vectors)/"),
    (r"hnswlib/.*", r"src/vectors/hnsw_index\.cc"),
    (r"jpeglib\.h|jerror\.h|turbojpeg\.h", r"src/codec/jpeg"),
    (r"png\.h|pngconf\.h", r"src/codec/png"),
    (r"webp/.*", r"src/codec/webp"),
    (r"tiff\w*\.h", r"src/codec/tiff"),
    (r"onnxruntime\w*\.h", r"src/infer/onnx_runtime_state\.h"),
    (r"zip\.h|archive\w*\.h", r"src/(source|sink)/"),
    (r"expat\.h", r"src/image/"),
    (r"yaml-cpp/.*", r"src/(engine|models)/"),
    (r"httplib\.h", r"src/models/http_fetch"),
    (r"openssl/.*", r"src/models/sha256"),
    (r"CLI/.*", r"apps/cli/"),
    (r"(libheif|avif|jxl|libraw|OpenImageIO)/.*|seccomp\.h", r"apps/codec_host/"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def complaints(path: pathlib.Path):
    name = path.relative_to(ROOT).as_posix()
    parts = name.split("/")
    place = "include" if parts[0] == "include" else "/".join(parts[:2])
    if place not in MAY_INCLUDE:
        yield f"{name}: the folder {place} has no row in scripts/dev/layers.py"
        return
    checked_apart = re.search(r"_(test|bench)\.cc$", name)
    for bracket, header in INCLUDE.findall(path.read_text(encoding="utf-8")):
        folder = header.split("/")[0] if "/" in header else None
        if bracket == '"' and folder and folder != parts[1] and not (checked_apart and folder == "support"):
            if folder not in MAY_INCLUDE[place]:
                yield f"{name}: includes {header}, {place} may include {sorted(MAY_INCLUDE[place])}"
        for pattern, home in CONTAINED:
            if not checked_apart and re.fullmatch(pattern, header) and not re.match(home, name):
                yield f"{name}: includes <{header}>, which belongs to {home}"


def main() -> int:
    sources = [p for top in ("include", "src", "apps") for p in (ROOT / top).rglob("*") if p.suffix in (".h", ".cc")]
    found = [line for path in sorted(sources) for line in complaints(path)]
    print("\n".join(found) or f"layers: {len(sources)} files, none includes upwards or sideways")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
