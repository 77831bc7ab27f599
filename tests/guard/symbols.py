"""Exports = map = public headers, for the shared library and the static one."""
import pathlib
import re

import guard


def declared(headers):
    """name -> place, of the functions in the headers."""
    names = {}
    for path in headers:
        text = path.read_text(encoding='utf-8')
        for offset, _, _, name, _ in guard.functions(text):
            names[name] = '%s:%d' % (path.name, guard.line_of(text, offset))
    return names


def mapped(path):
    """name -> place, of the map's global names."""
    names = {}
    text = path.read_text(encoding='utf-8')
    for number, line in enumerate(text.splitlines(), 1):
        m = re.match(r'\s*([\w*]+);$', line)
        if m and m.group(1) != '*':
            names[m.group(1)] = '%s:%d' % (path.name, number)
    return names


def exported(shared):
    """name -> version node, of the dynamic symbols that are defined."""
    names = {}
    for line in guard.run('nm', '-D', '--defined-only', shared).splitlines():
        kind, name = line.split()[1:3]
        name, _, node = name.partition('@@')
        if kind != 'A':
            names[name] = node
    return names


def archived(archive):
    lines = guard.run('nm', '-g', '--defined-only', archive).splitlines()
    return {line.split()[2] for line in lines if len(line.split()) == 3}


def check(headers, version_map, shared, archive):
    header_names = declared(headers)
    map_names = mapped(version_map)
    so_names = exported(shared)
    complaints = []
    for name in sorted(set(header_names) - set(map_names)):
        complaints.append('%s: %s is not in the map' %
                          (header_names[name], name))
    for name in sorted(set(map_names) - set(header_names)):
        complaints.append('%s: %s is in no public header' %
                          (map_names[name], name))
    for name in sorted(set(map_names) - set(so_names)):
        complaints.append('%s: %s is not exported' % (map_names[name], name))
    for name in sorted(set(so_names) - set(map_names)):
        complaints.append('%s: exports %s, which is not in the map' %
                          (shared.name, name))
    for name in sorted(n for n in so_names if so_names[n][:7] != 'GENMOD_'):
        complaints.append('%s: %s has no version node' % (shared.name, name))
    for name in sorted(archived(archive) ^ set(map_names)):
        complaints.append('%s: %s is global there or in the map, not in both' %
                          (archive.name, name))
    return complaints


def check_project(root, shared, archive):
    root = pathlib.Path(root)
    return check(guard.public_headers(root), root / 'lib' / 'genmod.map',
                 pathlib.Path(shared), pathlib.Path(archive))


HEADER = 'GENMOD_API int toy_a(void);\nGENMOD_API int toy_b(void);\n'
MAP = 'GENMOD_0.1 {\n    global:\n        toy_a;\n        toy_b;\n'
REST = '    local:\n        *;\n};\n'
SOURCE = 'int toy_a(void) { return 1; }\nint toy_b(void) { return 2; }\n'
INNER = '__attribute__((visibility("hidden")))\nint toy_c(void) { return 3; }\n'


def toy(header=HEADER, names=MAP, source=SOURCE + INNER, inner=INNER):
    def build(bench):
        path = bench.write('toy.h', header)
        version_map = bench.write('toy.map', names + REST)
        shared = bench.compile('toy', source, '-shared',
                               '-Wl,--version-script=%s' % version_map)
        # The archive is made of what is meant to be hidden, cut by the map.
        whole = bench.compile('whole', SOURCE + inner, '-c')
        if inner == INNER:
            guard.run('objcopy', '--localize-hidden', whole)
        archive = bench.folder / 'toy.a'
        guard.run('ar', 'rcs', archive, whole)
        return check([path], version_map, shared, archive)
    return build


PAIRS = [
    ('a function that the map forgot', toy(),
     toy(names=MAP.replace('        toy_b;\n', '')),
     ['toy.h:2', 'toy_b', 'not in the map']),
    ('an export that no header declares', toy(),
     toy(header=HEADER.replace('GENMOD_API int toy_b(void);\n', '')),
     ['toy.map:4', 'toy_b', 'no public header']),
    ('a name in the map that is not defined', toy(),
     toy(source=SOURCE.replace('int toy_b', 'static int toy_b') + INNER),
     ['toy.map:4', 'toy_b', 'not exported']),
    ('an export beside the map', toy(),
     toy(names=MAP + '        toy_c*;\n', source=SOURCE + 'int toy_c1;\n'),
     ['toy.so', 'toy_c1', 'not in the map']),
    ('an inner name that is global in the archive', toy(),
     toy(inner='int toy_c(void) { return 3; }\n'),
     ['toy.a', 'toy_c', 'global']),
]

if __name__ == '__main__':
    guard.main(check_project, PAIRS)
