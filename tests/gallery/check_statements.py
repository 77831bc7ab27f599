"""Every statement is in the table, holds its bar, and names a picture that the
gallery makes.

    check_statements.py program project

Also hands mutilated tables to its own check, which must reject them.
"""
import pathlib
import re
import subprocess
import sys

EXPECTED = """density draws held-out told-apart new monotone more-components bic
threads stream kl-gaussian kl-zero kl-mixture cross-entropy js js-bound
bounds gmm-complete
ae-pca ae-denoise ae-prior
vae-bound vae-gap vae-kl vae-beta vae-codes vae-draws vae-complete
gan-modes gan-half gan-saturates""".split()


def rows(table):
    """Cells of each body row, by the name at the end of its command."""
    found = {}
    for line in table.splitlines()[2:]:
        # The statements' own bars, |x|, have no space on both sides.
        cells = [c.strip() for c in line.strip().strip("|").split(" | ")]
        if len(cells) == 6:
            found[cells[1].strip("`").split()[-1]] = cells
    return found


def problems(table, pictures):
    found = rows(table)
    for name in EXPECTED:
        if name not in found:
            yield f"statement '{name}' is missing"
            continue
        cells = found[name]
        if cells[5] != "yes":
            yield f"statement '{name}' misses its bar: {cells[2]}, bar {cells[3]}"
        picture = re.fullmatch(r"\[(\w+)\.png\]\(\1\.png\)", cells[4])
        if not cells[2] or not cells[3]:
            yield f"statement '{name}' has no figure or no bar"
        if not picture or picture[1] not in pictures:
            yield f"statement '{name}' names no picture of the gallery"
    for name in found:
        if name not in EXPECTED:
            yield f"statement '{name}' is not expected: add it to {__file__}"


def canaries(table, pictures):
    """Mutants, each one line away from the table that passes."""
    lines = table.splitlines()
    yield "missing", "\n".join(lines[:2] + lines[3:])
    yield "misses its bar", table.replace("| yes |", "| NO |", 1)
    yield "no picture", re.sub(r"\[\w+\.png\]\(\w+\.png\)", "", table, count=1)


def main():
    program, project = sys.argv[1], pathlib.Path(sys.argv[2])
    script = (project / "doc/examples/run.sh").read_text()
    pictures = re.findall(r"^(?:\[.*\|\| )?picture (\w+)", script, re.M)
    run = subprocess.run([program, str(project / "tests/data")],
                         stdout=subprocess.PIPE, encoding="utf-8")
    print(run.stdout)
    bad = list(problems(run.stdout, pictures))
    if run.returncode and not bad:
        bad.append(f"the program ended with {run.returncode}")
    if not bad:
        for word, mutant in canaries(run.stdout, pictures):
            said = list(problems(mutant, pictures))
            if not any(word in line and "density" in line for line in said):
                bad.append(f"canary: a table where a row is '{word}' passes")
    for line in bad:
        print(line, file=sys.stderr)
    sys.exit(1 if bad else 0)


main()
