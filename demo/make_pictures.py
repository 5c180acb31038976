#!/usr/bin/env python3
"""Fills a folder with pictures to try Imagemill on: photographs of scikit-image's wheel and what is made from them.

usage: make_pictures.py SCIKIT_IMAGE.whl OUT

The photographs are in the public domain or CC0, as scikit-image's documentation says of each. Made from them: the
eight EXIF orientations, alpha, 16 bits a channel, CMYK, a Display P3 profile, large, tiny; and what real heaps
contain too: cut files, text that calls itself a picture, an empty file, equal names in two folders.
"""
import io
import pathlib
import struct
import sys
import zipfile

import numpy as np
from PIL import Image, ImageCms

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
# CIE XYZ (D50-adapted) of Display P3's red, green and blue.
P3_COLORANTS = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def display_p3() -> bytes:
    """A minimal ICC v2 matrix profile: Display P3's primaries with one gamma for all."""

    def s15f16(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(values) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(s15f16(v) for v in values)

    text = b"Display P3 (made)"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0" + bytes(78),
        b"cprt": b"text\0\0\0\0CC0\0",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        b"rXYZ": xyz(P3_COLORANTS[0]),
        b"gXYZ": xyz(P3_COLORANTS[1]),
        b"bXYZ": xyz(P3_COLORANTS[2]),
    }
    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256))
    tags |= {b"rTRC": gamma, b"gTRC": gamma, b"bTRC": gamma}
    table, data, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, body in tags.items():
        body += bytes(-len(body) % 4)
        table += name + struct.pack(">II", offset + len(data), len(body))
        data += body
    size = offset + len(data)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + s15f16(0.9642) + s15f16(1) + s15f16(0.8249)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


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
    p3 = ImageCms.ImageCmsProfile(io.BytesIO(display_p3()))
    to_p3 = ImageCms.profileToProfile(cat, ImageCms.createProfile("sRGB"), p3)
    to_p3.save(out / "display_p3.jpg", quality=92, icc_profile=display_p3())
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
