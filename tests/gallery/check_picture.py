"""Run a program of the gallery and look at its picture: a whole PNG of sensible
size that is not blank.

    check_picture.py picture.png program [argument…]
"""
import struct
import subprocess
import sys
import zlib


def chunks(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "no PNG"
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        crc, = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
        assert crc == zlib.crc32(kind + body), "a damaged chunk"
        yield kind, body
        at += 12 + size


def main():
    path, command = sys.argv[1], sys.argv[2:] + [sys.argv[1]]
    subprocess.run(command, check=True)
    with open(path, "rb") as f:
        found = list(chunks(f.read()))
    assert found[0][0] == b"IHDR" and found[-1][0] == b"IEND", "not whole"
    width, height = struct.unpack(">II", found[0][1][:8])
    assert 400 <= width <= 4000 and 400 <= height <= 4000, (width, height)
    pixels = zlib.decompress(b"".join(b for k, b in found if k == b"IDAT"))
    assert len(set(pixels)) > 16, "blank"
    print(f"{path}: {width} x {height}")


main()
