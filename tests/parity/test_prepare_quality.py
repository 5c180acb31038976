"""prepare shrinks while it decodes; the result must be as good as a full decode and a careful resize."""
import io
import shutil

import numpy as np
import pytest
from PIL import Image

import thresholds
from pixels import as_array, cast, load_upright_srgb, psnr, resized, shift_px


@pytest.fixture(scope="module")
def photographs(images, tmp_path_factory):
    """Whole JPEGs of camera and large under plain names, and their full decodes."""
    folder = tmp_path_factory.mktemp("photographs")
    decoded = {}
    for path in sorted([*(images / "camera").iterdir(), *(images / "large").iterdir()]):
        try:
            picture = load_upright_srgb(path)
        except OSError:
            continue  # cut: how much of it is seen is another question
        name = f"{len(decoded):03d}"
        shutil.copyfile(path, folder / f"{name}.jpg")
        decoded[name] = (path.name, picture)
    return folder, decoded


def coded(pixels):
    """What a JPEG encoder alone makes of the picture: near 0 and 255 its noise is cut off on one side, which is a cast."""
    file = io.BytesIO()
    Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8)).save(file, "JPEG", quality=thresholds.QUALITY)
    return as_array(Image.open(file).convert("RGB"))


@pytest.mark.parametrize("size", thresholds.SIZES)
def test_is_no_worse_than_sharp(size, photographs, prepare, sharp, tmp_path):
    folder, decoded = photographs
    ours = prepare(folder, tmp_path / "ours", "--size", str(size), "--format", "jpeg", "--quality", str(thresholds.QUALITY))
    theirs = sharp(folder, tmp_path / "sharp", size, thresholds.QUALITY)

    rows, casts, casts_beside_coded = [], [], []
    for name, (title, whole) in decoded.items():
        ours_picture, their_picture = Image.open(ours / f"{name}.jpg"), Image.open(theirs / f"{name}.jpg")
        assert max(abs(a - b) for a, b in zip(ours_picture.size, their_picture.size)) <= 1, title
        reference = resized(whole, ours_picture.size)
        seen = as_array(ours_picture.convert("RGB"))
        their_reference = reference if their_picture.size == ours_picture.size else resized(whole, their_picture.size)
        theirs_db = psnr(their_reference, as_array(their_picture.convert("RGB")))
        shift = shift_px(reference, seen)
        in_code = coded(reference)
        casts_beside_coded.append(cast(in_code, seen))
        if np.abs(cast(reference, in_code)).max() < thresholds.CAST_MAX:  # else no encoder could
            casts.append(cast(reference, seen))
        rows.append((psnr(reference, seen), theirs_db, title, shift, cast(reference, seen)))

    table = "\n".join(f"{o:6.2f} dB, sharp {t:6.2f}, shift {s[0]:+.3f} {s[1]:+.3f} px, cast {np.round(c, 2)}  {title}"
                      for o, t, title, s, c in sorted(rows, key=lambda row: row[0] - row[1]))
    mean_ours, mean_theirs = (float(np.mean([row[i] for row in rows])) for i in (0, 1))
    print(f"{size} px: {len(rows)} pictures, mean {mean_ours:.2f} dB, sharp {mean_theirs:.2f} dB\n{table}")
    assert mean_ours >= mean_theirs - thresholds.MEAN_BEHIND_SHARP_DB, table
    assert min(o - t for o, t, *_ in rows) >= -thresholds.WORST_BEHIND_SHARP_DB, table
    assert max(max(map(abs, row[3])) for row in rows) <= thresholds.SHIFT_MAX_PX, table
    assert np.abs(np.mean(casts, axis=0)).max() < thresholds.CAST_MAX, table
    assert np.abs(casts).max() < thresholds.CAST_MAX, table
    assert np.abs(casts_beside_coded).max() < thresholds.CAST_MAX, table
    assert len(casts) >= len(rows) - 1, table


@pytest.mark.parametrize("size", thresholds.SIZES)
def test_no_picture_changes_colour(size, photographs, prepare, tmp_path):
    """Without the noise of a JPEG encoder, which clipping turns into a cast where a channel is near 0 or 255."""
    folder, decoded = photographs
    ours = prepare(folder, tmp_path / "ours", "--size", str(size), "--format", "png", "--png-level", "1")
    for name, (title, whole) in decoded.items():
        with Image.open(ours / f"{name}.png") as picture:
            seen = as_array(picture.convert("RGB"))
        found = cast(resized(whole, picture.size), seen)
        assert np.abs(found).max() < thresholds.CAST_MAX, f"{title}: {np.round(found, 2)}"
