#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the archive and list fuzzers: corpus/source_{zip,tar,list}/."""
import bz2
import gzip
import io
import lzma
import pathlib
import tarfile
import zipfile

CORPUS = pathlib.Path(__file__).parent / "corpus"
TIME = (2025, 1, 1, 0, 0, 0)


def make_zip(members, method, prefix=b""):
    out = io.BytesIO()
    out.write(prefix)
    with zipfile.ZipFile(out, "a" if prefix else "w", method) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, TIME)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=name.startswith("64")) as member:
                member.write(content)
    return out.getvalue()


def make_tar(members, kind):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind, bufsize=512) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "a.jpg"
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    # The padding to 20 blocks says nothing.
    return out.getvalue().rstrip(b"\0") + bytes(1024)


MEMBERS = [("a.jpg", b"picture"), ("f/\u00e4.png", b"x" * 300), ("empty", b"")]
LONG = MEMBERS + [("n" * 90 + "/" + "m" * 90, b"long"), ("link", None)]

SEEDS = {
    "source_zip": {
        "stored.zip": make_zip(MEMBERS, zipfile.ZIP_STORED),
        "deflated.zip": make_zip(MEMBERS, zipfile.ZIP_DEFLATED),
        "bzip2.zip": make_zip(MEMBERS, zipfile.ZIP_BZIP2),
        "lzma.zip": make_zip(MEMBERS, zipfile.ZIP_LZMA),
        "zip64.zip": make_zip([("64", b"large")], zipfile.ZIP_DEFLATED),
        "prefix.zip": make_zip(MEMBERS, zipfile.ZIP_STORED, b"MZ a program"),
        "empty.zip": make_zip([], zipfile.ZIP_STORED),
    },
    # The first byte is the fuzzer's choice of compression.
    "source_tar": {
        "ustar": b"\0" + make_tar(MEMBERS, tarfile.USTAR_FORMAT),
        "gnu": b"\0" + make_tar(LONG, tarfile.GNU_FORMAT),
        "pax": b"\0" + make_tar(LONG, tarfile.PAX_FORMAT),
        "gzip": b"\1" + gzip.compress(make_tar(LONG, tarfile.PAX_FORMAT), mtime=0),
        "xz": b"\3" + lzma.compress(make_tar(MEMBERS, tarfile.USTAR_FORMAT)),
        "bzip2": b"\4" + bz2.compress(make_tar(MEMBERS, tarfile.USTAR_FORMAT)),
    },
    "source_list": {
        "text": b"**/[a-c]{d,e}*.jpg\r\n../b c.jpg\n\n/abs/#1!.jpg\n",
        "csv": b'id,path\n1,"a, ""b"".jpg"\n2,c.jpg\n',
        "jsonl": b'{"path": "\\u00e4.jpg"}\n{"image_path": "b.jpg", "x": [1, {"y": 2}]}\n',
        "bytes": b"\xef\xbb\xbf\xff\xfe%41/../.imagemill/x\n",
    },
}

for folder, files in SEEDS.items():
    (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (CORPUS / folder / name).write_bytes(content)
