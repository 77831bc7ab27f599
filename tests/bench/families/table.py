"""The lines of families as a table: the mean over the seeds, and in brackets
the standard deviation.

    table.py families.txt
"""
import statistics
import sys

ROWS = {
    "real": "training digits",
    "factors": "mixture of pixels, factors",
    "diagonal": "mixture of pixels, diagonal",
    "codes": "mixture of codes",
    "vae-means": "`vae_`, means",
    "vae-draws": "`vae_`, draws",
    "gan": "`gan_`",
}
COLUMNS = {
    "precision": ("precision", 3),
    "recall": ("recall", 3),
    "coverage": ("coverage", 3),
    "frechet": ("Fréchet", 1),
    "accuracy": ("two-sample accuracy", 3),
    "sharpness": ("sharpness", 2),
    "copies": ("copies", 3),
    "fit": ("fit, s", 0),
    "draw": ("10,000 draws, s", 1),
}


def read(path):
    """{family: [{name: value}]}, a dictionary a line."""
    found = {}
    for line in open(path, encoding="utf-8"):
        words = line.split()
        values = dict(zip(words[1::2], map(float, words[2::2])))
        found.setdefault(words[0], []).append(values)
    return found


def cell(values, digits):
    text = f"{statistics.mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" ({statistics.stdev(values):.{digits}f})"
    return text


def main():
    found = read(sys.argv[1])
    heads = [head for head, _ in COLUMNS.values()]
    print("| | " + " | ".join(heads) + " | seeds |")
    print("| --- " * (len(heads) + 2) + "|")
    for name, title in ROWS.items():
        lines = found.get(name, [])
        if not lines:
            continue
        cells = [cell([line[key] for line in lines], digits)
                 for key, (_, digits) in COLUMNS.items()]
        print(f"| {title} | " + " | ".join(cells) + f" | {len(lines)} |")


main()
