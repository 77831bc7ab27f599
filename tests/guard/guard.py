"""What the guards share: reading headers and objects, and canaries.

A guard is a function that gives a list of complaints, empty where all is well.
Its canary is a list of pairs: a twin that passes and a mutant one line away
that must be refused with a complaint that holds the given words.

    python3 GUARD.py check ARGUMENTS…
    python3 GUARD.py canary COMPILER…
"""
import pathlib
import re
import subprocess
import sys
import tempfile


def run(*command):
    """The standard output of a command that must succeed."""
    return subprocess.run([str(c) for c in command], check=True,
                          stdout=subprocess.PIPE,
                          universal_newlines=True).stdout


def blank(match):
    """Spaces and line ends of the same extent, so that lines keep numbers."""
    return re.sub(r'[^\n]', ' ', match.group())


def without_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*', blank, text, flags=re.S)


def without_texts(text):
    """Without comments, string literals and character constants."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text, flags=re.S)


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


def public_headers(root):
    """The headers whose functions are the interface (not the inline ones)."""
    folder = pathlib.Path(root, 'include', 'genmod')
    return sorted(p for p in folder.glob('*.h') if p.name != 'with_mpi.h')


FUNCTION = re.compile(r'^(GENMOD_API|GENMOD_CALL)\s([^;{]*?)(\w+)\s*\(([^;{]*)\)'
                      r'\s*;', re.M)


def functions(text):
    """(offset, export macro, result, name, parameters) of each function."""
    for m in FUNCTION.finditer(without_comments(text)):
        yield (m.start(),) + tuple(' '.join(g.split()) for g in m.groups())


def objects(build):
    """The object files of the library in a build folder."""
    return sorted(pathlib.Path(build, 'lib').glob('**/*.o'))


def room_objects(build):
    """The same, but not the relocatable one that is made of them."""
    return [o for o in objects(build) if o.name != 'genmod.o']


class Bench:
    """A scratch folder with a compiler, for canaries."""

    def __init__(self, compiler, folder):
        self.compiler = compiler
        self.folder = pathlib.Path(folder)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding='utf-8')
        return path

    def compile(self, name, text, *options):
        """An object file, or whatever the options ask for."""
        source = self.write(name + '.c', text)
        output = self.folder / (name + ('.so' if '-shared' in options else '.o'))
        options = options or ('-c',)
        run(*self.compiler, '-O2', '-fPIC', *options, '-o', output, source)
        return output


def canary(pairs, compiler):
    """pairs: (what, good, bad, words); good and bad take a Bench and give
    complaints."""
    failures = 0
    for what, good, bad, words in pairs:
        with tempfile.TemporaryDirectory() as folder:
            twin = good(Bench(compiler, folder))
        with tempfile.TemporaryDirectory() as folder:
            mutant = bad(Bench(compiler, folder))
        told = any(all(w in c for w in words) for c in mutant)
        print('%s %s' % ('ok  ' if told and not twin else 'FAIL', what))
        if twin:
            print('     the twin was refused:', *twin, sep='\n     ')
        if not told:
            print('     wanted', words, 'but the mutant got:', *mutant,
                  sep='\n     ')
        failures += bool(twin) or not told
    return 1 if failures else 0


def main(check, pairs):
    """check takes the arguments after `check` and gives complaints."""
    mode, rest = sys.argv[1], sys.argv[2:]
    if mode == 'canary':
        sys.exit(canary(pairs, rest))
    complaints = check(*rest)
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)
