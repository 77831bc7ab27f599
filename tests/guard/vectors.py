"""Wide registers only in the objects of their instruction set, so that a
machine without them never meets one: zmm in v4, ymm in v3 and v4."""
import pathlib
import re

import guard

WIDE = [(re.compile(r'%zmm|%k[1-7]\b'), '512-bit registers', ('v4',)),
        (re.compile(r'%ymm'), '256-bit registers', ('v3', 'v4')),
        (re.compile(r'\tvf?n?m?(add|mov|mul)\w*\s'), 'AVX', ('v3', 'v4'))]
FUNCTION = re.compile(r'^[0-9a-f]+ <(.*)>:$')


def check_object(path, name):
    """name: what the build calls the object, with its library."""
    function, told = '?', set()
    for line in guard.run('objdump', '-d', '--no-show-raw-insn',
                          path).splitlines():
        m = FUNCTION.match(line)
        if m:
            function = m.group(1)
        for pattern, what, sets in WIDE:
            if not any(s in name for s in sets) and (function, what) not in told \
                    and pattern.search(line):
                told.add((function, what))
                yield '%s: %s in %s: %s' % (name, what, function,
                                            ' '.join(line.split()[1:]))


def check_project(build):
    complaints, wide = [], 0
    for path in guard.room_objects(build):
        name = str(path.relative_to(build))
        complaints += check_object(path, name)
        wide += 'v4' in name and '%zmm' in guard.run('objdump', '-d', path)
    if not wide:
        complaints.append('no object with v4 in its name uses zmm at all')
    return complaints


SOURCE = '''void f(float *x)
{
    for (int i = 0; i < 4096; i++)
        x[i] += 1.0f;
}
'''


def toy(name, *options):
    def build(bench):
        path = bench.compile('toy', SOURCE, '-c', '-O3', *options)
        return list(check_object(path, name))
    return build


V4 = ('-mavx512f', '-mprefer-vector-width=512')
PAIRS = [
    ('zmm outside v4', toy('kern_x86_v4_f32/toy.o', *V4),
     toy('kern_x86_v3_f32/toy.o', *V4), ['v3_f32/toy.o', '512-bit', 'in f']),
    ('ymm outside v3', toy('kern_x86_v3_f32/toy.o', '-mavx2'),
     toy('kern_generic_f32/toy.o', '-mavx2'), ['generic_f32/toy.o', '256-bit', 'in f']),
    ('AVX outside v3', toy('kern_generic_f32/toy.o'),
     toy('kern_generic_f32/toy.o', '-mavx', '-mprefer-vector-width=128'),
     ['generic_f32/toy.o', 'AVX', 'in f']),
]

if __name__ == '__main__':
    guard.main(check_project, PAIRS)
