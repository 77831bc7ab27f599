"""No writable data, no thread-locals, no constructors in any object, and no
__cpu_model: ask cpuid yourself."""
import re

import guard

# Relocated once by the loader, then read-only.
CONSTANT = re.compile(r'\.data\.rel\.ro')
WRITABLE = re.compile(r'\.(data|bss|tdata|tbss|init_array|fini_array|ctors|dtors'
                      r'|preinit_array|init|fini|lbss|ldata)\b')
BANNED = re.compile(r'__cpu_model|__cpu_indicator_init|__cpu_features2'
                    r'|__tls_get_addr')
SECTION = re.compile(r'^\s*\[\s*(\d+)\]\s+(\S+)\s+\S+\s+\S+\s+\S+\s+(\S+)')
SYMBOL = re.compile(r'^\s*\d+:\s+\S+\s+\S+\s+(\S+)\s+\S+\s+\S+\s+(\S+)\s+(\S+)')


def check_object(path):
    sections = {}
    for line in guard.run('readelf', '-SW', path).splitlines():
        m = SECTION.match(line)
        if m and int(m.group(3), 16) and WRITABLE.match(m.group(2)) \
                and not CONSTANT.match(m.group(2)):
            sections[m.group(1)] = m.group(2)
    holders = dict.fromkeys(sections.values(), '')
    for line in guard.run('readelf', '-sW', path).splitlines():
        m = SYMBOL.match(line)
        if not m:
            continue
        kind, index, name = m.groups()
        if index in sections and kind not in ('SECTION', 'FILE'):
            holders[sections[index]] += ' ' + name
        elif index == 'COM':
            yield '%s: %s is a common symbol' % (path.name, name)
        elif kind == 'IFUNC':
            yield '%s: %s is an ifunc' % (path.name, name)
        if BANNED.match(name):
            yield '%s: uses %s' % (path.name, name)
    for section, names in holders.items():
        yield '%s: %s is not empty:%s' % (path.name, section, names)


def check(paths):
    return [complaint for path in paths for complaint in check_object(path)]


def check_project(build):
    paths = guard.room_objects(build)
    return check(paths) if paths else ['no object files in ' + build]


def source(text):
    return lambda bench: check([bench.compile('toy', text)])


PAIRS = [
    ('a static that changes',
     source('int f(void) { static const int n = 1; return n; }'),
     source('int f(void) { static int n = 1; return ++n; }'),
     ['toy.o', '.data', ' n.']),
    ('a static that starts at 0',
     source('static const int n; int f(void) { return n; }'),
     source('static int n; int f(void) { return ++n; }'),
     ['toy.o', '.bss', ' n']),
    ('a table of pointers that is not const',
     source('extern int a; int *const table[] = {&a};'),
     source('extern int a; int *table[] = {&a};'),
     ['toy.o', '.data', ' table']),
    ('a thread-local',
     source('static const int n; int f(void) { return n; }'),
     source('static _Thread_local int n; int f(void) { return ++n; }'),
     ['toy.o', '.tbss', ' n']),
    ('a common symbol', source('extern int n; int f(void) { return n; }'),
     source('__attribute__((common)) int n; int f(void) { return n; }'),
     ['toy.o', 'n is a common symbol']),
    ('a constructor', source('int f(void) { return 1; }'),
     source('__attribute__((constructor)) int f(void) { return 1; }'),
     ['toy.o', '.init_array']),
    ('__builtin_cpu_supports', source('int f(void) { return 1; }'),
     source('int f(void) { return __builtin_cpu_supports("popcnt"); }'
            if 'x86' in __import__('platform').machine() else
            'extern int __cpu_model; int f(void) { return __cpu_model; }'),
     ['toy.o', '__cpu_model']),
]

if __name__ == '__main__':
    guard.main(check_project, PAIRS)
