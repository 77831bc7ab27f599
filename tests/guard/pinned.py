"""Constants, option keys and defaults, and report names: as in pinned.txt.

    pinned.py check ROOT PROGRAM     PROGRAM is made of pinned.c
    pinned.py update ROOT PROGRAM    writes the list anew
"""
import pathlib
import re
import sys

import guard

# These change with every release, or are no constants.
LOOSE = re.compile(r'GENMOD_(VERSION\w*|API|CALL|\w+_H)$')
DEFINE = re.compile(r'^#\s*define\s+(\w+)[ \t]+(.*)$', re.M)


def constants(headers):
    """A line for each constant and key name of the headers."""
    for path in headers:
        text = guard.without_comments(path.read_text(encoding='utf-8'))
        for name, value in DEFINE.findall(text):
            if not LOOSE.match(name):
                yield 'constant %s %s' % (name, value.strip())


def current(root, program):
    lines = list(constants(guard.public_headers(root)))
    return lines + guard.run(program).splitlines()


def check(pinned, now):
    """pinned: the list's lines; now: those of this build."""
    complaints = []
    for number, line in enumerate(pinned, 1):
        if line not in now:
            complaints.append('pinned.txt:%d: is no longer so: %s' %
                              (number, line))
    for line in now:
        if line not in pinned:
            complaints.append('is not in pinned.txt: ' + line)
    return complaints


def place(root):
    return pathlib.Path(root, 'tests', 'guard', 'pinned.txt')


def check_project(root, program):
    pinned = place(root).read_text(encoding='utf-8').splitlines()
    return check(pinned, current(root, program))


PINNED = ['constant TOY_BAD (-1)', 'gmm option k default=1']
HEADER = '#define TOY_H\n#define TOY_BAD (-1) /**< bad */\n'


def toy(header=HEADER, option=PINNED[1]):
    def build(bench):
        lines = list(constants([bench.write('toy.h', header)]))
        return check(PINNED, lines + [option])
    return build


PAIRS = [
    ('a status code with another number', toy(),
     toy(HEADER.replace('(-1)', '(-2)')), ['pinned.txt:1', 'TOY_BAD (-1)']),
    ('another default', toy(), toy(option='gmm option k default=2'),
     ['pinned.txt:2', 'k default=1']),
    ('a new constant', toy(), toy(HEADER + '#define TOY_NEW 3\n'),
     ['not in pinned.txt', 'TOY_NEW 3']),
]

if __name__ == '__main__':
    if sys.argv[1] == 'update':
        place(sys.argv[2]).write_text(
            ''.join(line + '\n' for line in current(*sys.argv[2:4])),
            encoding='utf-8')
    else:
        guard.main(check_project, PAIRS)
