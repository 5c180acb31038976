# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Small ONNX files as bytes: the wire format of protocol buffers, and the messages that a graph is made of."""


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def value_info(name, dims, kind=1):
    """A tensor of the graph's border; a dimension may be a name."""
    shape = b"".join(block(1, block(2, d) if isinstance(d, str) else number(1, d)) for d in dims)
    return block(1, name) + block(2, block(1, number(1, kind) + block(2, shape)))


def tensor(name, dims, data):
    return b"".join(number(1, d) for d in dims) + number(2, 1) + block(8, name) + data


def node(op, inputs, outputs, attributes=b""):
    return (b"".join(block(1, i) for i in inputs) + b"".join(block(2, o) for o in outputs) +
            block(4, op) + attributes)


def integer_attribute(name, value):
    return block(5, block(1, name) + number(3, value) + number(20, 2))


def graph(inputs, outputs, nodes=(), tensors=(), name="g"):
    return (b"".join(block(1, n) for n in nodes) + block(2, name) +
            b"".join(block(5, t) for t in tensors) + b"".join(block(11, i) for i in inputs) +
            b"".join(block(12, o) for o in outputs))


def model(graph, rest=b""):
    producer = block(2, "seed")
    return number(1, 8) + producer + block(8, number(2, 17)) + rest + block(7, graph)


def channel_means(side, batch="batch", name="means"):
    """The mean of each channel of [batch,3,side,side]. Another name makes other bytes."""
    return model(graph([value_info("image", [batch, 3, side, side])],
                       [value_info("features", [batch, 3])],
                       [node("GlobalAveragePool", ["image"], ["pooled"]),
                        node("Flatten", ["pooled"], ["features"], integer_attribute("axis", 1))],
                       name=name))
