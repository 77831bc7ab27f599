"""The lines of C in doc/guide/start.md stand in doc/examples/gmm_file.c, its
error texts are what errors.c prints, and its links lead somewhere.

    check_start.py project errors
"""
import pathlib
import re
import subprocess
import sys


def problems(page, source, errors, guide):
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", page, re.S | re.M)
    for language, block in blocks:
        if language == "c" and block not in source:
            yield f"start.md: not in gmm_file.c: {block.splitlines()[0]} …"
    if errors not in [block for language, block in blocks if not language]:
        yield "start.md: errors.c prints other texts"
    for link in re.findall(r"\]\(([^)#]+)\)", page):
        if "://" not in link and not (guide / link).exists():
            yield f"start.md: {link} does not exist"


def main():
    project = pathlib.Path(sys.argv[1])
    guide = project / "doc/guide"
    page = (guide / "start.md").read_text(encoding="utf-8")
    source = (project / "doc/examples/gmm_file.c").read_text(encoding="utf-8")
    errors = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True,
                            check=True).stdout
    bad = list(problems(page, source, errors, guide))
    for right, wrong in (("gmm_fit(m,", "gmm_fit(n,"), ("non-finite:", "nan:"),
                         ("](gmm.md)", "](mgm.md)")):
        mutant = page.replace(right, wrong, 1)
        if not bad and not list(problems(mutant, source, errors, guide)):
            bad.append(f"canary: a page with '{wrong}' passes")
    sys.exit("\n".join(bad) if bad else 0)


main()
