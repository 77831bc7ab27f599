"""Every public function is called in test_environment.c, which holds the
floating-point environment and the locale against what they were."""
import pathlib
import re

import guard


def check(headers, test):
    code = guard.without_texts(test.read_text(encoding='utf-8'))
    complaints = []
    for path in headers:
        text = path.read_text(encoding='utf-8')
        for offset, _, _, name, _ in guard.functions(text):
            if not re.search(r'\b%s\s*\(' % name, code):
                complaints.append('%s:%d: %s is not called in %s' % (
                    path.name, guard.line_of(text, offset), name, test.name))
    return complaints


def check_project(root):
    return check(guard.public_headers(root),
                 pathlib.Path(root, 'tests', 'guard', 'test_environment.c'))


def toy(line):
    def build(bench):
        header = bench.write('toy.h', '\nGENMOD_API void toy_do(void);\n')
        return check([header], bench.write('toy.c', line))
    return build


PAIRS = [('a function that is only named', toy('toy_do();'),
          toy('/* toy_do(); */ f("toy_do");'), ['toy.h:2', 'toy_do'])]

if __name__ == '__main__':
    guard.main(check_project, PAIRS)
