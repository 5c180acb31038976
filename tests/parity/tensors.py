"""From a picture to a network's input the plain way: a full decode, Pillow's resize, NumPy. Obvious, not fast."""
import pathlib

import numpy as np
from PIL import Image, ImageOps

SIDE = 224
RESIZE = 256
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def load(path: pathlib.Path) -> Image.Image:
    """Upright RGB. OSError when the file is cut."""
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def torchvision(picture: Image.Image) -> np.ndarray:
    """Resize(256) and CenterCrop(224): torchvision hands pictures to Pillow's resize, antialiased, and cuts after it."""
    w, h = picture.size
    size = (RESIZE, int(RESIZE * h / w)) if w <= h else (int(RESIZE * w / h), RESIZE)
    left, top = (int(round((side - SIDE) / 2.0)) for side in size)
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR))[top:top + SIDE, left:left + SIDE]


def squash(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def pad(picture: Image.Image) -> np.ndarray:
    """The longer side fits, the rest is black."""
    w, h = picture.size
    ratio = min(SIDE / w, SIDE / h)
    width, height = max(1, round(w * ratio)), max(1, round(h * ratio))
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    out = np.zeros((SIDE, SIDE, 3), np.uint8)
    out[top:top + height, left:left + width] = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
    return out


def nchw(pixels: np.ndarray) -> np.ndarray:
    values = (pixels.astype(np.float32) / 255 - MEAN) / DEVIATION
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)


def pixels_of(tensor: np.ndarray) -> np.ndarray:
    """Back to 0..255: a network's input as a row of numbers, in planes."""
    planes = tensor.reshape(3, SIDE, SIDE) * DEVIATION[:, None, None] + MEAN[:, None, None]
    return planes.transpose(1, 2, 0) * 255


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))
