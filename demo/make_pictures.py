#!/usr/bin/env python3
"""Fills a folder with pictures to try Imagemill on: photographs of scikit-image's wheel and what is made from them.

usage: make_pictures.py SCIKIT_IMAGE.whl OUT

The photographs are in the public domain or CC0, as scikit-image's documentation says of each. Made from them: the
eight EXIF orientations, alpha, 16 bits a channel, CMYK, a Display P3 profile, large, tiny; and what real heaps
contain too: cut files, text that calls itself a picture, an empty file, equal names in two folders.
"""
import io
import pathlib
import sys
import zipfile

import numpy as np
from PIL import Image, ImageCms

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "support"))
import display_p3  # noqa: E402

PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg", "retina.jpg", "rocket.jpg")
# How to turn an upright picture so that the EXIF orientation brings it back.
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def exif(orientation: int) -> bytes:
    block = Image.Exif()
    block[274] = orientation
    return block.tobytes()


def write_oriented(picture: Image.Image, out: pathlib.Path) -> None:
    out.mkdir()
    for orientation, turn in STORED_AS.items():
        stored = picture if turn is None else picture.transpose(turn)
        stored.save(out / f"orientation_{orientation}.jpg", quality=92, exif=exif(orientation))


def write_kinds(cat: Image.Image, out: pathlib.Path) -> None:
    """One picture in every way that a file may store it."""
    out.mkdir()
    ramp = Image.linear_gradient("L").resize(cat.size)
    with_alpha = cat.copy()
    with_alpha.putalpha(ramp)
    with_alpha.save(out / "alpha.png")
    with_alpha.save(out / "alpha.webp", quality=80)
    gray = np.asarray(cat.convert("L"), np.uint16) * 257
    Image.fromarray(gray).save(out / "gray16.png")
    Image.fromarray(gray).save(out / "gray16.tif", compression="tiff_deflate")
    cat.convert("L").save(out / "gray.jpg", quality=90)
    cat.convert("CMYK").save(out / "cmyk.jpg", quality=90)
    cat.quantize(64).save(out / "palette.png")
    cat.save(out / "progressive.jpg", quality=90, progressive=True)
    p3 = ImageCms.ImageCmsProfile(io.BytesIO(display_p3.profile()))
    to_p3 = ImageCms.profileToProfile(cat, ImageCms.createProfile("sRGB"), p3)
    to_p3.save(out / "display_p3.jpg", quality=92, icc_profile=display_p3.profile())
    cat.resize((1, 1)).save(out / "one_pixel.png")
    cat.resize((900, 3)).save(out / "a_line.png")


def write_broken(photograph: bytes, out: pathlib.Path) -> None:
    out.mkdir()
    (out / "cut_in_half.jpg").write_bytes(photograph[: len(photograph) // 2])
    (out / "only_a_header.jpg").write_bytes(photograph[:300])
    (out / "empty.jpg").write_bytes(b"")
    (out / "not_a_picture.jpg").write_text("This is text, whatever its name says.\n")
    (out / "png_called_jpg.jpg").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))


def main(wheel: str, folder: str) -> None:
    out = pathlib.Path(folder)
    (out / "photographs").mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        photographs = {name: archive.read(f"skimage/data/{name}") for name in PHOTOGRAPHS}
    for name, data in photographs.items():
        (out / "photographs" / name).write_bytes(data)
    rocket = Image.open(io.BytesIO(photographs["rocket.jpg"])).convert("RGB")
    cat = Image.open(io.BytesIO(photographs["chelsea.png"])).convert("RGB")
    write_oriented(rocket, out / "oriented")
    write_kinds(cat, out / "kinds")
    write_broken(photographs["rocket.jpg"], out / "broken")
    (out / "large").mkdir()
    Image.open(io.BytesIO(photographs["retina.jpg"])).resize((5644, 5644), Image.Resampling.BICUBIC).save(
        out / "large" / "retina_32mp.jpg", quality=90)
    # The same name as in photographs/: both have to arrive.
    cat.save(out / "large" / "rocket.jpg", quality=90)


if __name__ == "__main__":
    main(*sys.argv[1:])
