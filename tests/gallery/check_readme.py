"""The README's lines of C are those of doc/examples/gmm_first.c, its commands and
links lead somewhere.

    check_readme.py project
"""
import pathlib
import re
import sys
import textwrap


def snippet(source):
    """The lines between the marks, without their indent."""
    found = re.search(r"/\* readme: begin \*/\n(.*?)\n\s*/\* readme: end \*/",
                      source, re.S)
    return textwrap.dedent(found[1]) + "\n"


def problems(readme, source, project):
    if snippet(source) not in re.findall(r"```c\n(.*?)```", readme, re.S):
        yield "README.md: the lines of C are not those of gmm_first.c"
    for link in re.findall(r"\]\(([^)#]+)\)", readme):
        if "://" not in link and not (project / link).exists():
            yield f"README.md: {link} does not exist"
    for command in ("sh doc/examples/run.sh", "sh tests/run.sh"):
        if command not in readme:
            yield f"README.md: lacks '{command}'"
        elif not (project / command[3:]).exists():
            yield f"README.md: {command[3:]} does not exist"


def main():
    project = pathlib.Path(sys.argv[1])
    readme = (project / "README.md").read_text(encoding="utf-8")
    source = (project / "doc/examples/gmm_first.c").read_text(encoding="utf-8")
    bad = list(problems(readme, source, project))
    mutant = readme.replace("gmm_fit(", "gmm_fitt(", 1)
    if not bad and not list(problems(mutant, source, project)):
        bad.append("canary: a README with other lines of C passes")
    sys.exit("\n".join(bad) if bad else 0)


main()
