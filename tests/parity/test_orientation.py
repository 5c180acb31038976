"""The eight EXIF orientations show one picture."""
import itertools

import numpy as np
import pytest
from PIL import Image

import thresholds
from pixels import as_array, load_upright_srgb, psnr, resized


@pytest.mark.parametrize("kind", ["Landscape", "Portrait"])
def test_every_orientation_is_seen_upright(kind, images, prepare, tmp_path):
    source = images / "exif_orientation"
    # PNG: what is compared is where pixels went, not what an encoder lost of them.
    out = prepare(source, tmp_path / "out", "--size", str(thresholds.ORIENTATION_SIZE), "--format", "png")

    seen, references = {}, {}
    for path in sorted(source.glob(f"{kind}_*.jpg")):
        picture = Image.open(out / f"{path.stem}.png")
        assert picture.getexif().get(274, 1) == 1, path.name
        seen[path.name] = as_array(picture.convert("RGB"))
        references[path.name] = resized(load_upright_srgb(path), picture.size)
    assert len(seen) == 9
    assert len({a.shape for a in seen.values()}) == 1, {name: a.shape for name, a in seen.items()}

    for name, picture in seen.items():
        assert psnr(references[name], picture) >= thresholds.ORIENTATION_MIN_DB, name
    for a, b in itertools.combinations(seen, 2):
        expected, got = psnr(references[a], references[b]), psnr(seen[a], seen[b])
        assert got >= expected - thresholds.ORIENTATION_PAIR_DB, f"{a}, {b}: {got:.2f} dB, the references {expected:.2f}"


def test_references_differ_from_a_picture_left_lying(images):
    """Guards the test above: an orientation that is ignored falls far below its bound."""
    upright = load_upright_srgb(images / "exif_orientation" / "Landscape_1.jpg")
    lying = as_array(upright.transpose(Image.Transpose.ROTATE_180))
    assert psnr(as_array(upright), lying) < 20
    assert np.ptp(lying) > 0
