#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the model fuzzers: corpus/onnx_graph/ and corpus/model_manifest/."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "e2e"))
from onnx_bytes import block, graph, model, node, number, tensor, value_info, varint

CORPUS = pathlib.Path(__file__).parent / "corpus"


WEIGHTS = tensor("w", [2, 3], block(9, struct.pack("<6f", *range(6))))
PACKED = block(1, varint(2) + varint(3)) + number(2, 1) + block(8, "p") + block(4, bytes(24))
EXTERNAL = tensor("e", [4], block(13, block(1, "location") + block(2, "weights.bin")) +
                  block(13, block(1, "offset") + block(2, "64")) + number(14, 1))
BRANCH = graph([], [value_info("b", [1])], [node("Constant", [], ["b"], block(5, block(5, WEIGHTS)))])
IMAGE = value_info("image", ["batch", 3, 224, 224])

SEEDS = {
    "onnx_graph": {
        "features": model(graph([IMAGE], [value_info("features", ["batch", 3])],
                                [node("GlobalAveragePool", ["image"], ["p"]),
                                 node("Flatten", ["p"], ["features"], block(5, block(1, "axis") + number(3, 1)))])),
        "logits": model(graph([IMAGE, value_info("w", [2, 3])], [value_info("logits", ["batch", 1000])],
                              [node("Gemm", ["image", "w"], ["logits"])], [WEIGHTS, PACKED]),
                        block(14, block(1, "author") + block(2, "me"))),
        "nhwc": model(graph([value_info("x", [1, 32, 32, 3], 2)], [value_info("y", [1, 10], 10)])),
        "external": model(graph([IMAGE], [value_info("y", [1, 4])], [], [EXTERNAL])),
        "branches": model(graph([IMAGE], [value_info("y", [1])],
                                [node("If", ["c"], ["y"], block(5, block(1, "then") + block(6, BRANCH)))])),
        "function": model(graph([IMAGE], [value_info("y", [1])]), block(25, block(7, node("Add", ["a"], ["b"])))),
        "lying_length": number(1, 8) + varint(7 << 3 | 2) + varint(1 << 40) + b"x",
        "negative": model(graph([value_info("x", [-5, 3, 8, 8])], [value_info("y", [1])])),
    },
    "model_manifest": {
        "small": b"name: toy\nfile: toy.onnx\n",
        "whole": b"""name: toy
family: classify
description: "A toy: it sorts"
file: toy.onnx
sha256: 4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c
bytes: 123
sources: [https://example.org/toy.onnx]
companions:
  - {file: names.txt, bytes: 7}
labels: names.txt
license: {name: MIT, permissive: true, url: 'https://example.org/license', note: none}
input: {name: x, layout: nhwc, width: 32, height: 16, color: bgr, scale: 1/255, mean: 1, std: [1, 2, 3],
        fit: pad, resize: 64, pad_value: 114, kernel: cubic, oversampling: 1.5}
outputs: {logits: scores, features: vector, pooling: mean, normalize: true, softmax: true}
thresholds: {score: 0.25}
""",
        "anchors": b"name: &a toy\nfile: *a\ninput: &i {width: 8, height: 8}\n",
        "labels": b"n01440764 tench, Tinca tinca\r\n\n cat \n",
    },
}

for folder, files in SEEDS.items():
    (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (CORPUS / folder / name).write_bytes(content)
