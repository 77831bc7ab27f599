"""The headers for the reference: names of options and report entries that have no
comment of their own get what the library itself says of them, C++ methods the
name of their C function.

    describe.py LIBRARY HEADER         prints the header (Doxygen's INPUT_FILTER)
    describe.py LIBRARY --check ROOT   names that nothing is said of
"""
import ctypes
import pathlib
import re
import sys

import describe_cpp

DEFINE = re.compile(r'^#define (\w+)(?: *\\\n *| +)(\S+)[ ]*(.*)$', re.M)
COMMENT = re.compile(r'/\*\*(?!<)(?:(?!\*/).)*\*/\n$', re.S)
NAME = re.compile(r'(GMM|AE|VAE|GAN)_(REPORT_)?\w+$')


class Library:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.genmod_config_describe.argtypes = \
            self.lib.genmod_report_describe.argtypes = [
                ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p,
                ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p,
                ctypes.c_void_p]
        self.of = {}

    def handles(self, family):
        """A config and a report of the family. They last as long as we do."""
        if family not in self.of:
            config, model = ctypes.c_void_p(), ctypes.c_void_p()
            report = getattr(self.lib, family + '_report')
            report.restype = ctypes.c_void_p
            for verb, args in ('config_new', [ctypes.byref(config)]), (
                    'new', [None, ctypes.byref(model)]):
                if getattr(self.lib, '%s_%s' % (family, verb))(*args, None):
                    sys.exit('no %s_%s' % (family, verb))
            self.of[family] = config, report(model)
        return self.of[family]

    def help(self, name, key):
        """What the library says of a macro's key, or ''."""
        family, report = NAME.match(name).groups()
        handle = self.handles(family.lower())[bool(report)]
        describe = (self.lib.genmod_report_describe if report
                    else self.lib.genmod_config_describe)
        out = ctypes.create_string_buffer(2000)
        said = describe(handle, key.strip('"').encode(), b'help', 2000, out,
                        None, None)
        return '' if said else out.value.decode()


def bare(text):
    """Matches of constants without a comment before or behind them."""
    for m in DEFINE.finditer(text):
        if '/**<' not in m.group(3) and not COMMENT.search(text[:m.start()]):
            yield m


def described(library, text):
    """The text with comments, and the names that have none."""
    out, at, lacking = [], 0, []
    for m in bare(text):
        name, value = m.group(1), m.group(2)
        said = NAME.match(name) and value.startswith('"') \
            and library.help(name, value)
        if said:
            out += [text[at:m.end()], ' /**< %s */' % said]
            at = m.end()
        elif not name.endswith(('_H', '_API', '_CALL', '_LOOK_AT')):
            lacking.append(name)
    return ''.join(out) + text[at:], lacking


def header(library, path):
    """A header with its comments, and the names that have none."""
    text, lacking = described(library, path.read_text(encoding='utf-8'))
    if path.suffix == '.hpp':
        table = describe_cpp.tables(path.parent)
        text, more = describe_cpp.described(library.lib, table, text)
        lacking += more
    return text, lacking


def main():
    library = Library(sys.argv[1])
    if sys.argv[2] != '--check':
        text = header(library, pathlib.Path(sys.argv[2]))[0]
        sys.stdout.buffer.write(text.encode())
        return
    bad = []
    for path in sorted(pathlib.Path(sys.argv[3], 'include').glob('*/*.h*')):
        bad += ['%s: nothing is said of %s' % (path.name, name)
                for name in header(library, path)[1]]
    # Canary: a name that the library does not know.
    if described(library, '#define GMM_NOTHING "nothing"\n')[1] != [
            'GMM_NOTHING']:
        bad.append('canary: an unknown key passes')
    bad += describe_cpp.canary(library.lib)
    print('\n'.join(bad))
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
