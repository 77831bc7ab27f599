"""Every public function is called in a test_environment*.c: these hold the
floating-point environment and the locale against what they were."""
import pathlib
import re

import guard


def check(headers, tests):
    code = '\n'.join(guard.without_texts(test.read_text(encoding='utf-8'))
                     for test in tests)
    complaints = []
    for path in headers:
        text = path.read_text(encoding='utf-8')
        for offset, _, _, name, _ in guard.functions(text):
            if not re.search(r'\b%s\s*\(' % name, code):
                complaints.append('%s:%d: %s is called in no %s' % (
                    path.name, guard.line_of(text, offset), name,
                    'test_environment*.c'))
    return complaints


def check_project(root):
    tests = pathlib.Path(root, 'tests', 'guard').glob('test_environment*.c')
    return check(guard.public_headers(root), sorted(tests))


def toy(line):
    def build(bench):
        header = bench.write('toy.h', '\nGENMOD_API void toy_do(void);\n')
        return check([header], [bench.write('toy.c', line)])
    return build


PAIRS = [('a function that is only named', toy('toy_do();'),
          toy('/* toy_do(); */ f("toy_do");'), ['toy.h:2', 'toy_do'])]

if __name__ == '__main__':
    guard.main(check_project, PAIRS)
