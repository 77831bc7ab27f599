"""The sheets of families beside each other, as one picture.

    sheets.py FOLDER OUT.png

Above: training digits, mixture of codes, means of vae_. Below: gan_, mixtures
of pixels by factors and by diagonal covariances.
"""
import struct
import sys
import zlib

ROWS = (("real", "codes", "vae-means"), ("gan", "factors", "diagonal"))
GAP = 10


def read(path):
    """Lines of grey bytes, of a binary PGM with three lines before them."""
    with open(path, "rb") as f:
        kind, size, most = (f.readline().split() for _ in range(3))
        assert kind == [b"P5"] and most == [b"255"], path
        width, height = map(int, size)
        return [f.read(width) for _ in range(height)]


def beside(sheets):
    return [bytes([128] * GAP).join(lines) for lines in zip(*sheets)]


def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def write(path, lines):
    head = struct.pack(">IIBBBBB", len(lines[0]), len(lines), 8, 0, 0, 0, 0)
    cells = b"".join(b"\0" + line for line in lines)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) +
                chunk(b"IDAT", zlib.compress(cells, 9)) + chunk(b"IEND", b""))


folder = sys.argv[1]
above, below = (beside([read(f"{folder}/{name}.pgm") for name in names])
                for names in ROWS)
write(sys.argv[2], above + [bytes([128] * len(above[0]))] * GAP + below)
