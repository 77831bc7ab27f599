"""Every public function, option key, report entry and parameter name has an
example that the tests run, and the examples compile without a warning.

    check_examples.py project compiler…
"""
import pathlib
import re
import subprocess
import sys

FLAGS = "-std=c11 -Wall -Wextra -pedantic -Werror -fsyntax-only".split()


def uncommented(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def wanted(headers):
    """What the public headers declare: functions, and names of options."""
    names = set()
    for text in headers:
        names |= set(re.findall(r"^#define ((?:GMM|AE|VAE|GAN)_\w+) \"", text, re.M))
        code = re.sub(r"^\s*#.*(\\\n.*)*", "", uncommented(text), flags=re.M)
        names |= set(re.findall(
            r"GENMOD_(?:API|CALL)\b[^;(]*?\b((?:genmod|gmm|ae|vae|gan)_\w+)\s*\(", code))
    return names


def lacking(names, sources):
    used = set()
    for text in sources:
        used |= set(re.findall(r"\b\w+\b", uncommented(text)))
    return sorted(names - used)


def tested(meson):
    """Sources that the build file turns into tests."""
    listed = re.search(r"foreach name : \[(.*?)\]", meson, re.S)[1]
    read = re.search(r"foreach example : \[(.*?)\]\n", meson, re.S)[1]
    small = [name + ".c" for name in re.findall(r"'(\w+)'", listed) +
             re.findall(r"\['(\w+)',", read)]
    helpers = ["mixture.c", "autoencoder.c", "variational.c"]
    return small + ["options.c", "ranks.c"] + helpers + re.findall(
        r"'(statement\w*\.c)'", meson)


def warnings(project, compiler, sources):
    """Sources that the compiler has something to say about."""
    for source in sources:
        optional = {"draw.h": "cairo", "zlib.h": "zlib", "cairo.h": "cairo",
                    "with_mpi.h": "ompi"}
        flags = []
        for header, package in optional.items():
            if header in source.read_text(encoding="utf-8"):
                found = subprocess.run(["pkg-config", "--cflags", package],
                                       stdout=subprocess.PIPE, text=True)
                flags = None if found.returncode else found.stdout.split()
        if flags is not None and subprocess.run(
                compiler + FLAGS + flags +
                ["-I", str(project / "include"), str(source)]).returncode:
            yield f"{source}: warnings"


def main():
    project, compiler = pathlib.Path(sys.argv[1]), sys.argv[2:]
    examples = project / "doc/examples"
    headers = [h.read_text(encoding="utf-8")
               for h in sorted((project / "include/genmod").glob("*.h"))]
    names = wanted(headers)
    run = tested((examples / "meson.build").read_text(encoding="utf-8"))
    sources = {n: (examples / n).read_text(encoding="utf-8") for n in run}
    bad = [f"{n}: no example that the tests run"
           for n in lacking(names, sources.values())]
    if len(names) < 240:
        bad.append(f"only {len(names)} names found in the headers")

    # Canaries: without the one example that resumes, gmm_load() has none, and
    # without the recipes, an option.
    for name, only in ("gmm_load", "gmm_save.c"), (
            "AE_TIED", "ae_recipes.c"), ("VAE_MMD", "vae_recipes.c"), (
            "gan_interpolate", "gan_play.c"):
        rest = [text for n, text in sources.items() if n != only]
        if name not in lacking(names, rest):
            bad.append(f"canary: {name} without an example passes")

    bad += warnings(project, compiler, sorted(examples.glob("*.c")))
    print(f"{len(names)} names in {len(run)} examples")
    sys.exit("\n".join(bad) if bad else 0)


main()
