#!/usr/bin/env python3
"""Makes fuzz/corpus/: tiny pictures and metadata blocks that reach the parsers' branches, and cut ones. Needs Pillow.

Run from the root: python3 fuzz/make_corpus.py. The files are committed, so that fuzzing needs no Python.
"""
import io
import pathlib

from PIL import Image, ImageCms

CORPUS = pathlib.Path(__file__).parent / "corpus"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SRGB = SRGB[:24] + bytes(12) + SRGB[36:]  # without the time of its making


def gradient(mode: str, width: int = 17, height: int = 11) -> Image.Image:
    picture = Image.new("RGBA", (width, height))
    picture.putdata([(x * 15 % 256, y * 23 % 256, (x ^ y) * 9 % 256, 255 - x * 12) for y in range(height) for x in range(width)])
    if mode == "I;16":
        wide = Image.new("I;16", (width, height))
        wide.putdata([(x * 3855 + y * 257) % 65536 for y in range(height) for x in range(width)])
        return wide
    return picture.convert("RGB").convert(mode) if mode not in ("RGBA", "LA") else picture.convert(mode)


def exif(orientation: int) -> bytes:
    block = Image.Exif()
    block[274] = orientation
    return block.tobytes()


def save(folder: str, name: str, mode: str, **options) -> bytes:
    out = io.BytesIO()
    gradient(mode).save(out, **options)
    path = CORPUS / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue())
    return out.getvalue()


def save_block(folder: str, name: str, data: bytes) -> None:
    path = CORPUS / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def camera_exif() -> bytes:
    block = Image.Exif()
    block[271], block[274] = "Maker", 6
    block.get_ifd(0x8769).update({36867: "2019:07:04 12:34:56", 36881: "+02:00", 40962: 4000, 40963: 3000, 37500: b"maker note"})
    block.get_ifd(0x8825).update({1: "S", 2: (33.0, 52.0, 12.0), 3: "E", 4: (151.0, 12.0, 0.0)})
    return block.tobytes().removeprefix(b"Exif\0\0")


def save_metadata() -> None:
    save_block("exif", "camera.tif", camera_exif())
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" tiff:Orientation="6"><xmp:Rating>4</xmp:Rating>'
        "<xmp:Thumbnails><rdf:Alt><rdf:li>AA</rdf:li></rdf:Alt></xmp:Thumbnails>"
        "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    save_block("xmp", "utf8.xmp", xmp.encode())
    save_block("xmp", "utf16.xmp", xmp.encode("utf-16"))
    save_block("color_profile", "srgb.icc", SRGB)
    save_block("color_profile", "lab.icc", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())


def save_recipes() -> None:
    save_block("recipe", "flow.yaml", b"jobs: [prepare]\nprepare: {size: 640x480, background: '#102030'}\n")
    save_block(
        "recipe",
        "block.yaml",
        b"jobs: prepare\nthreads: 2\nmax-memory: 1G\ninclude:\n  - '*.jpg'\nprepare:\n  fit: cover\n  copy-unchanged: true\n",
    )


def save_cut(folder: str, name: str, data: bytes) -> None:
    (CORPUS / folder / name).write_bytes(data[: len(data) * 3 // 4])


def write(folder: str, name: str, data: bytes) -> bytes:
    path = CORPUS / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return data


def make_metadata() -> None:
    block = Image.Exif()
    block[274], block[306], block[271] = 6, "2026:01:02 03:04:05", "Maker"
    block.get_ifd(34665)[36867] = "2026:01:02 03:04:05"
    block.get_ifd(34853).update({1: "N", 2: (48.0, 8.0, 1.5), 3: "E", 4: (11.0, 34.0, 2.5)})
    for endian, name in (("<", "little"), (">", "big")):
        block.endian = endian
        write("exif", f"{name}.exif", block.tobytes()[6:])
    write("xmp", "elements.xmp", b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmp:Rating="3"><tiff:Orientation>6</tiff:Orientation></rdf:Description></rdf:RDF></x:xmpmeta>""")
    write("xmp", "attributes.xmp", b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:t="http://ns.adobe.com/tiff/1.0/" t:Orientation="8" t:ImageWidth="4000"/></rdf:RDF></x:xmpmeta>""")


def main() -> None:
    make_metadata()
    plain = save("jpeg", "ycc420.jpg", "RGB", format="JPEG", quality=60, exif=exif(6))
    save("jpeg", "ycc444_progressive.jpg", "RGB", format="JPEG", quality=60, subsampling=0, progressive=True)
    save("jpeg", "ycc422_restart.jpg", "RGB", format="JPEG", subsampling=1, restart_marker_blocks=1)
    save("jpeg", "gray.jpg", "L", format="JPEG", quality=60)
    save("jpeg", "cmyk.jpg", "CMYK", format="JPEG", quality=60)
    save("jpeg", "icc.jpg", "RGB", format="JPEG", quality=60, icc_profile=SRGB)
    save_cut("jpeg", "cut.jpg", plain)

    plain = save("png", "rgb8.png", "RGB", format="PNG")
    for name, mode in (("gray8", "L"), ("palette", "P"), ("rgba8", "RGBA"), ("gray_alpha", "LA"), ("gray16", "I;16"), ("bit", "1")):
        save("png", f"{name}.png", mode, format="PNG")
    save("png", "icc.png", "RGB", format="PNG", icc_profile=SRGB, exif=exif(3))
    save_cut("png", "cut.png", plain)

    plain = save("webp", "lossy.webp", "RGB", format="WEBP", quality=50)
    save("webp", "lossy_alpha.webp", "RGBA", format="WEBP", quality=50)
    save("webp", "lossless.webp", "RGBA", format="WEBP", lossless=True, exif=exif(8))
    save("webp", "animated.webp", "RGB", format="WEBP", save_all=True, append_images=[gradient("RGB").transpose(0)])
    save_cut("webp", "cut.webp", plain)

    plain = save("tiff", "rgb8.tif", "RGB", format="TIFF")
    for compression in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg", "group4"):
        save("tiff", f"{compression}.tif", "1" if compression == "group4" else "RGB", format="TIFF", compression=compression)
    for name, mode in (("gray16", "I;16"), ("float", "F"), ("palette", "P"), ("rgba8", "RGBA"), ("cmyk", "CMYK")):
        save("tiff", f"{name}.tif", mode, format="TIFF")
    save("tiff", "big.tif", "RGB", format="TIFF", big_tiff=True)
    save_cut("tiff", "cut.tif", plain)
    save_metadata()
    save_recipes()


if __name__ == "__main__":
    main()
