"""Calls and includes go down only, and enter a room by its door.

The includes of every file of a room are held against the rooms it may enter,
and so is what its objects leave undefined.
"""
import pathlib
import re

import guard

BELOW = {
    'base': [],
    'kern': ['base'],
    'ad': ['kern', 'base'],
    'nn': ['ad', 'kern', 'base'],
    'codec': ['base'],
    'measure': ['kern', 'base'],
    'model': ['base', 'kern', 'ad', 'nn', 'codec'],
    'gmm': ['base', 'kern', 'codec', 'measure'],
    'ae': ['base', 'kern', 'ad', 'nn', 'codec', 'measure', 'model'],
    'vae': ['base', 'kern', 'ad', 'nn', 'codec', 'measure', 'model'],
    'gan': ['base', 'kern', 'ad', 'nn', 'codec', 'measure', 'model'],
}
FAMILIES = ['gmm', 'ae', 'vae', 'gan', 'measure']
SHARED = {'base.h', 'data.h', 'scale.h'}
INCLUDE = re.compile(r'^#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def include_is_fine(room, quote, name):
    if quote == '<':
        return name != 'cblas.h' or room == 'kern'
    place, _, header = name.rpartition('/')
    if place == 'genmod':
        if header == 'exchange.h':  # one function of each family
            return room in FAMILIES and room != 'measure'
        return header in SHARED or (room in FAMILIES and re.fullmatch(
            room + r'(_\w+)?\.h', header) is not None)
    if place in ('', room):
        return True
    return place in BELOW[room] and header == place + '.h'


def check_includes(root, room):
    for path in sorted(pathlib.Path(root, 'lib', room).glob('**/*.[ch]')):
        text = path.read_text(encoding='utf-8')
        # Strings stay: an include is one.
        for m in INCLUDE.finditer(guard.without_comments(text)):
            if not include_is_fine(room, *m.groups()):
                yield 'lib/%s/%s:%d: %s may not include %s' % (
                    room, path.name, guard.line_of(text, m.start()), room,
                    m.group(2))


def symbols(path, which):
    lines = guard.run('nm', '-g', which, path).splitlines()
    return {line.split()[-1] for line in lines if len(line.split()) >= 2}


def check_calls(rooms):
    """rooms: name -> object files."""
    owner = {}
    for room, paths in rooms.items():
        for path in paths:
            owner.update(dict.fromkeys(symbols(path, '--defined-only'), room))
    for room, paths in rooms.items():
        for path in paths:
            for name in sorted(symbols(path, '--undefined-only')):
                to = owner.get(name, room)
                if to != room and to not in BELOW[room]:
                    yield '%s/%s: %s may not call %s of room %s' % (
                        room, path.name, room, name, to)
                if name.startswith('cblas_') and room != 'kern':
                    yield '%s/%s: only kern calls BLAS, not %s: %s' % (
                        room, path.name, room, name)


def check_project(root, build):
    complaints, rooms = [], {}
    for folder in sorted(pathlib.Path(root, 'lib').iterdir()):
        if not folder.is_dir():
            continue
        if folder.name not in BELOW:
            complaints.append('lib/%s: no such room in the plan' % folder.name)
            continue
        complaints += check_includes(root, folder.name)
        rooms[folder.name] = sorted(
            pathlib.Path(build, 'lib', folder.name).glob('**/*.o'))
    return complaints + list(check_calls(rooms))


def include(room, line):
    def build(bench):
        bench.write('lib/%s/toy.c' % room, '/* A toy. */\n%s\n' % line)
        return list(check_includes(bench.folder, room))
    return build


def call(caller, callee):
    def build(bench):
        upper = bench.compile('upper', 'void toy(void); '
                              'void top(void) { toy(); }')
        lower = bench.compile('lower', 'void toy(void) { }')
        return list(check_calls({caller: [upper], callee: [lower]}))
    return build


PAIRS = [
    ('an include that goes up', include('kern', '#include "base/base.h"'),
     include('base', '#include "kern/kern.h"'),
     ['lib/base/toy.c:2', 'kern/kern.h']),
    ('a family that sees another', include('gmm', '#include "genmod/gmm.h"'),
     include('gmm', '#include "genmod/gan.h"'),
     ['lib/gmm/toy.c:2', 'genmod/gan.h']),
    ('a room entered beside its door', include('gmm', '#include "kern/kern.h"'),
     include('gmm', '#include "kern/internal.h"'),
     ['lib/gmm/toy.c:2', 'kern/internal.h']),
    ('BLAS outside kern', include('kern', '#include <cblas.h>'),
     include('gmm', '#include <cblas.h>'), ['lib/gmm/toy.c:2', 'cblas.h']),
    ('a call that goes up', call('gmm', 'kern'), call('kern', 'gmm'),
     ['kern/upper.o', 'toy', 'room gmm']),
    ('a call between families', call('gan', 'nn'), call('gan', 'gmm'),
     ['gan/upper.o', 'toy', 'room gmm']),
]

if __name__ == '__main__':
    guard.main(check_project, PAIRS)
