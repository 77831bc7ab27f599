"""doc/guide/options.md is what the library says of its options.

    check_options.py program project
"""
import difflib
import pathlib
import subprocess
import sys


def main():
    page = pathlib.Path(sys.argv[2]) / "doc/guide/options.md"
    written = page.read_text(encoding="utf-8")
    said = subprocess.run([sys.argv[1]], stdout=subprocess.PIPE,
                          encoding="utf-8", check=True).stdout
    if written != said:
        sys.stdout.writelines(difflib.unified_diff(
            written.splitlines(True), said.splitlines(True),
            str(page), "doc/examples/options.c"))
        sys.exit("doc/guide/options.md is out of date; write it anew:\n"
                 "build/doc/examples/options > doc/guide/options.md")


main()
