"""What other decoders make of a file: samples as float [height, width, channel], integers scaled to 0..1."""
import dataclasses
import os
import pathlib

import imagecodecs
import numpy as np
import OpenEXR
import pillow_heif
import tifffile
from PIL import Image, ImageOps

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Reference:
    samples: np.ndarray
    is_lossy: bool = False
    is_float: bool = False


# File -> why no independent decoder says what is right.
WITHOUT = {
    ".psd": "no other decoder at hand reads 16-bit CMYK",
    ".nef": "a RAW picture is what its converter makes of it",
    "ojpeg-tile.tif": "old-style JPEG in TIFF: no other decoder at hand reads it",
    "XYZ_YC.exr": "luminance and subsampled chroma: how chroma is filled in is the reader's choice",
}


def data_folder() -> pathlib.Path | None:
    data = pathlib.Path(os.environ.get("IMAGEMILL_TEST_DATA", ROOT.parent / "shared" / "data"))
    return data if (data / "images").is_dir() else None


def why_without(path: pathlib.Path) -> str:
    return WITHOUT.get(path.name) or WITHOUT.get(path.suffix.lower(), "no reference")


def to_unit(samples: np.ndarray) -> np.ndarray:
    if samples.ndim == 2:
        samples = samples[..., None]
    if samples.dtype.kind == "f":
        return samples.astype(np.float64)
    return samples.astype(np.float64) / np.iinfo(samples.dtype).max


def decode(path: pathlib.Path) -> Reference | None:
    if path.name in WITHOUT or path.suffix.lower() in WITHOUT:
        return None
    return DECODERS[path.suffix.lower()](path)


def _heic(path: pathlib.Path) -> Reference:
    # libheif has turned and mirrored it already.
    picture = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    return Reference(to_unit(np.asarray(picture)), is_lossy=True)


def _avif(path: pathlib.Path) -> Reference:
    samples = imagecodecs.avif_decode(path.read_bytes())
    bits = 10 if samples.dtype == np.uint16 else 8
    return Reference(np.atleast_3d(samples).astype(np.float64) / (2**bits - 1), is_lossy=True)


def _jxl(path: pathlib.Path) -> Reference:
    return Reference(to_unit(imagecodecs.jpegxl_decode(path.read_bytes())), is_lossy=True)


def _webp(path: pathlib.Path) -> Reference:
    data = path.read_bytes()
    picture = Image.open(path)  # the first frame of an animation
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return Reference(to_unit(np.asarray(picture.convert(mode))), is_lossy=b"VP8L" not in data[:64])


def _png(path: pathlib.Path) -> Reference:
    data = path.read_bytes()
    depth, color = data[24], data[25]
    # Pillow looks for a grey's tRNS level among the levels it has spread already.
    if depth == 16 or (color == 0 and depth < 8 and b"tRNS" in data):
        return Reference(to_unit(imagecodecs.png_decode(data)))
    picture = Image.open(path)
    alpha = picture.has_transparency_data
    if color in (0, 4):  # grey, 1 to 8 bits: Pillow spreads the levels over 0..255
        return Reference(to_unit(np.asarray(picture.convert("LA" if alpha else "L"))))
    return Reference(to_unit(np.asarray(picture.convert("RGBA" if alpha else "RGB"))))


def _tiff(path: pathlib.Path) -> Reference:
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        photometric, bits, orientation = getattr(page.photometric, "name", ""), page.bitspersample, page.tags.get(274)
        compression = getattr(page.compression, "name", "")  # a number when tifffile has no name for it
        if photometric == "YCBCR":
            samples = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
            return Reference(to_unit(samples), is_lossy=True)
        samples = page.asarray()
        if page.planarconfig == 2 and samples.ndim == 3:
            samples = np.moveaxis(samples, 0, -1)
        samples = np.atleast_3d(samples)
        if photometric == "PALETTE":
            samples = page.colormap[:, samples[..., 0]].transpose(1, 2, 0)
            # Colour maps are 16-bit; the picture they make is 8-bit when every entry is.
            samples, bits = samples >> 8, 8
    if samples.dtype.kind == "f":
        unit = samples.astype(np.float64)
    else:
        unit = samples.astype(np.float64) / (2**bits - 1)
    if photometric == "MINISWHITE":
        unit = 1 - unit
    if orientation is not None and orientation.value != 1:
        unit = _turn(unit, orientation.value)
    return Reference(unit, is_lossy="JPEG" in compression, is_float=samples.dtype.kind == "f")


def _turn(samples: np.ndarray, orientation: int) -> np.ndarray:
    if orientation >= 5:
        samples = samples.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    return samples


def _exr(path: pathlib.Path) -> Reference:
    channels = OpenEXR.File(str(path)).channels()
    for name in ("RGB", "RGBA", "Y"):
        if name in channels:
            return Reference(np.atleast_3d(channels[name].pixels).astype(np.float64), is_float=True)
    planes = [channels[name].pixels for name in ("R", "G", "B") if name in channels]
    return Reference(np.stack(planes, axis=-1).astype(np.float64), is_float=True)


DECODERS = {
    ".heic": _heic,
    ".avif": _avif,
    ".jxl": _jxl,
    ".webp": _webp,
    ".png": _png,
    ".tif": _tiff,
    ".exr": _exr,
}
