"""embed against a full decode with Pillow and the network run by ONNX Runtime from Python: tensors, features, labels."""
import csv
import json
import pathlib
import shutil
import sqlite3
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest

import tensors
import thresholds
from pixels import psnr

MODEL = "mobilenetv2-12_deq_fp32.onnx"


@pytest.fixture(scope="module")
def model(images) -> pathlib.Path:
    path = images.parent / "models" / MODEL
    if not path.exists():
        pytest.skip(f"no {MODEL} among the test models")
    return path


@pytest.fixture(scope="module")
def network(model):
    """pixels -> features, scores of labels."""
    onnxruntime.set_default_logger_severity(3)
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])

    def run(pixels):
        features, scores = session.run(["features", "output"], {session.get_inputs()[0].name: tensors.nchw(pixels)})
        return features.ravel(), scores.ravel()

    return run


@pytest.fixture(scope="module")
def flatten(tmp_path_factory) -> pathlib.Path:
    """A model whose features are its input, so that tensors can be seen."""
    names = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", *shape])
             for name, shape in (("input", (3, tensors.SIDE, tensors.SIDE)), ("features", (3 * tensors.SIDE**2,)))]
    node = onnx.helper.make_node("Flatten", ["input"], ["features"], axis=1)
    graph = onnx.helper.make_graph([node], "flatten", names[:1], names[1:])
    whole = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path_factory.mktemp("model") / "flatten.onnx"
    onnx.save(whole, path)
    return path


def collect(folder, paths):
    """Whole pictures under plain names, and their full decodes."""
    decoded = {}
    for path in paths:
        try:
            picture = tensors.load(path)
        except OSError:
            continue  # cut: how much of it is seen is another question
        name = f"{len(decoded):03d}{path.suffix.lower()}"
        shutil.copyfile(path, folder / name)
        decoded[name] = (path.name, picture)
    return folder, decoded


@pytest.fixture(scope="module")
def photographs(images, tmp_path_factory):
    return collect(tmp_path_factory.mktemp("photographs"),
                   sorted([*(images / "camera").iterdir(), *(images / "large").iterdir()]))


@pytest.fixture(scope="module")
def held_any_way(images, tmp_path_factory):
    """Landscapes and portraits in all eight orientations, and PNGs."""
    return collect(tmp_path_factory.mktemp("held"),
                   sorted([*(images / "exif_orientation").iterdir(), *(images / "kodak").iterdir()]))


@pytest.fixture(scope="module")
def everything(images, tmp_path_factory):
    coco = [path for path in (images / "coco128" / "images").rglob("*") if path.is_file()]
    return collect(tmp_path_factory.mktemp("everything"),
                   sorted([*(images / "camera").iterdir(), *coco, *(images / "kodak").iterdir()]))


@pytest.fixture
def embed(binary, tmp_path):
    """embed(source, model, ...) -> vector by name of the picture."""

    def run(source, model, *options):
        out = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
        library = pathlib.Path(onnxruntime.__file__).parent / "capi"
        done = subprocess.run([binary, "embed", str(source), str(out), "--model", str(model), "--onnxruntime", str(library),
                               *options], capture_output=True, text=True)
        assert done.returncode == 0, f"exit {done.returncode}\n{done.stderr[-2000:]}"
        return out

    return run


def vectors(out):
    rows = np.load(out / "features.npy")
    with open(out / "features_index.csv", newline="", encoding="utf-8") as file:
        return {pathlib.PurePath(row["key"]).name: rows[int(row["row"])] for row in csv.DictReader(file)}


def stored(out, column):
    """Of the rows of the run, by name of the picture."""
    store = sqlite3.connect(f"file:{out}/.imagemill/run.sqlite?mode=ro", uri=True)
    rows = store.execute(f"SELECT key, {column} FROM rows_embed").fetchall()
    store.close()
    return {pathlib.PurePath(key).name: value for key, value in rows}


@pytest.fixture(scope="module")
def expected_features(photographs, network):
    return {name: network(tensors.torchvision(picture))[0] for name, (_, picture) in photographs[1].items()}


@pytest.mark.parametrize("decode", ["default", "exact"])
def test_features_are_those_of_a_full_decode(decode, photographs, expected_features, model, embed):
    folder, decoded = photographs
    found = vectors(embed(folder, model, "--decode", decode))
    assert found.keys() == decoded.keys()
    rows = sorted((tensors.cosine(found[name], expected_features[name]), decoded[name][0]) for name in decoded)
    mean = float(np.mean([cosine for cosine, _ in rows]))
    table = "\n".join(f"{cosine:.6f}  {title}" for cosine, title in rows)
    print(f"{decode}: {len(rows)} pictures, cosine mean {mean:.6f}, worst {rows[0][0]:.6f}\n{table}")
    assert mean >= thresholds.EMBED_COSINE_MEAN[decode], table
    assert rows[0][0] >= thresholds.EMBED_COSINE_WORST[decode], table


@pytest.mark.parametrize("pictures", ["photographs", "held_any_way"])
@pytest.mark.parametrize("transform", ["torchvision", "squash", "pad"])
@pytest.mark.parametrize("decode", ["default", "exact"])
def test_tensors_are_those_of_pillow(decode, transform, pictures, flatten, embed, request):
    folder, decoded = request.getfixturevalue(pictures)
    # Too long for a row of an .npy file.
    found = stored(embed(folder, flatten, "--decode", decode, "--transform", transform, "--output", "none"), "features")
    rows = []
    for name, (title, picture) in decoded.items():
        reference = getattr(tensors, transform)(picture).astype(np.float64)
        seen = tensors.pixels_of(np.frombuffer(found[name], "<f4"))
        different = float(np.mean(np.abs(seen - reference) > 0.01))
        rows.append((psnr(reference, seen), different, "icc_profile" in picture.info, title))
    rows.sort(key=lambda row: row[0])
    table = "\n".join(f"{db:6.2f} dB, {100 * different:.3f} % of values differ  {title}{' (profile)' if profile else ''}"
                      for db, different, profile, title in rows)
    print(f"{decode} {transform} {pictures}: {len(rows)} pictures\n{table}")
    assert rows[0][0] >= thresholds.EMBED_TENSOR_MIN_DB, table
    if decode == "exact":
        # The reference does not look at profiles.
        assert max(different for _, different, profile, _ in rows if not profile) <= thresholds.EMBED_EXACT_DIFFERENT, table


def test_labels_agree(everything, network, model, embed):
    folder, decoded = everything
    found = stored(embed(folder, model, "--output", "none", "--top-k", "2"), "labels")
    labels = {name: [int(entry["label"]) for entry in json.loads(text)] for name, text in found.items()}
    same = 0
    for name, (title, picture) in decoded.items():
        best = int(np.argmax(network(tensors.torchvision(picture))[1]))
        same += labels[name][0] == best
        assert best in labels[name], f"{title}: {best} is not among {labels[name]}"
    assert same >= thresholds.EMBED_LABELS_AGREE * len(decoded), f"{same} of {len(decoded)}"
