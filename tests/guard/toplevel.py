"""The top level of the project holds just what the plan shows: doc/design.md,
the first code block of "The house"."""
import itertools
import pathlib
import re

import guard


def planned(design):
    block = re.search(r'^## \d+\. The house\s+```\n(.*?)```',
                      design.read_text(encoding='utf-8'), re.S | re.M)
    names = set()
    for line in block.group(1).splitlines():
        words = line.split()
        # "COPYING README.md" are all names; "lib/gmm/ lib/ae/ the families"
        # are names until prose begins.
        if '/' in words[0]:
            words = list(itertools.takewhile(lambda w: '/' in w, words))
        names.update(word.split('/')[0] for word in words)
    return names


def present(root):
    """What lies there, without dotfiles and build folders."""
    return {p.name for p in pathlib.Path(root).iterdir()
            if not p.name.startswith('.')
            and not (p / 'meson-private').is_dir()}


def check(root):
    root = pathlib.Path(root)
    plan, here = planned(root / 'doc' / 'design.md'), present(root)
    return (['%s is at the top level but not in doc/design.md' % n
             for n in sorted(here - plan)]
            + ['%s is in doc/design.md but not at the top level' % n
               for n in sorted(plan - here)])


DESIGN = '''## 2. The house

```
meson.build  COPYING
lib/base/         status
lib/gmm/ lib/ae/  the families
doc/design.md
```
'''


def tree(*names):
    def build(bench):
        bench.write('doc/design.md', DESIGN)
        bench.write('build/meson-private/x', '')
        for name in names:
            bench.write(name, '')
        return check(bench.folder)
    return build


ALL = ('meson.build', 'COPYING', 'lib/base/x.c')
PAIRS = [
    ('a file too many', tree(*ALL), tree(*ALL, 'notes.txt'), ['notes.txt']),
    ('a file too few', tree(*ALL), tree(*ALL[:1], ALL[2]), ['COPYING']),
]

if __name__ == '__main__':
    guard.main(check, PAIRS)
