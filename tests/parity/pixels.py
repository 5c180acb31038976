"""Plain, slow arithmetic on pictures as float arrays [height, width, channel], 0..255 unless said otherwise."""
import io
import pathlib

import numpy as np
from PIL import Image, ImageCms, ImageOps


def load_upright_srgb(path: pathlib.Path) -> Image.Image:
    """Decoded whole, upright, in sRGB. OSError when the file is cut."""
    picture = Image.open(path)
    picture.load()
    profile = picture.info.get("icc_profile")
    picture = ImageOps.exif_transpose(picture)
    if profile:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        fits = source.profile.xcolor_space.strip() == {"RGB": "RGB", "CMYK": "CMYK", "L": "GRAY"}.get(picture.mode)
        if fits:
            return ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"),
                                             ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB")
    return picture.convert("RGB")


def as_array(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture, np.float64)


def resized(picture: Image.Image, size: tuple[int, int]) -> np.ndarray:
    return as_array(picture.resize(size, Image.Resampling.LANCZOS))


def psnr(a: np.ndarray, b: np.ndarray, peak: float = 255.0) -> float:
    error = float(np.mean((np.asarray(a, np.float64) - np.asarray(b, np.float64)) ** 2))
    return 99.0 if error == 0 else min(99.0, 10 * float(np.log10(peak * peak / error)))


def shift_px(reference: np.ndarray, seen: np.ndarray) -> tuple[float, float]:
    """How far `seen` is displaced to the right and down: least squares on the gradient of the luma."""
    luma = np.array([0.299, 0.587, 0.114])
    r, s = reference @ luma, seen @ luma
    gy, gx = np.gradient(r)
    inner = (slice(2, -2), slice(2, -2))
    gx, gy, difference = gx[inner].ravel(), gy[inner].ravel(), (r - s)[inner].ravel()
    normal = np.array([[gx @ gx, gx @ gy], [gx @ gy, gy @ gy]])
    dx, dy = np.linalg.solve(normal, np.array([gx @ difference, gy @ difference]))
    return float(dx), float(dy)


def cast(reference: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Mean signed error a channel."""
    return (seen - reference).reshape(-1, reference.shape[-1]).mean(axis=0)
