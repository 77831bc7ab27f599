"""The C++ headers for the reference: what is public names the C function that its
body calls, where the contract stands.
"""
import re

# What is not code. Blanks take its place, so that offsets stay.
TEXT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'\\?.\''
                  r'|^#(?:\\\n|[^\n])*', re.S | re.M)
COMMENT = re.compile(r'/\*\*(?!<).*?\*/', re.S)
MARK = re.compile(r'[{};]|\b(?:public|protected|private):')
TYPE = re.compile(r'(?:^|> )(?:class|struct)\b[^()]*$')
# Friends, inherited names, a constructor's body, what there is not.
ELSEWHERE = re.compile(r'friend |using [^=]*$|inline (\w+)::\1\(|.*= delete$')
# Nothing for readers: the inline namespaces of both forms, friends.
HIDDEN = re.compile(r'^#ifdef \w+\ninline namespace.*?^#endif\n{'
                    r'|^} // namespace throwing, returning|^ *friend [^;]*;',
                    re.S | re.M)
# Of the forms, the one that throws is shown.
RETURNING = re.compile(r'^#ifdef GENMOD_NO_EXCEPTIONS$', re.M)
TABLE = re.compile(r'decltype\(&(\w+)\)\s+(\w+) =')
CALLED = re.compile(r'\bf::(\w+)|\b((?:genmod|gmm|ae|vae|gan)_\w+)')


def blank(m):
    return re.sub(r'[^\n]', ' ', m.group())


def tables(folder):
    """The C functions of `f::verb`, one a family: detail::calls<H>."""
    of = {}
    for path in sorted(folder.glob('*.hpp')):
        for name, verb in TABLE.findall(path.read_text(encoding='utf-8')):
            of.setdefault(verb, []).append(name)
    return of


def end_of(code, at):
    """Behind the brace that closes the one before `at`."""
    depth = 1
    while depth:
        depth += {'{': 1, '}': -1}.get(code[at], 0)
        at += 1
    return at


def declarations(text):
    """First offset, last and head of what is public outside `detail`."""
    code, seen, start, at = TEXT.sub(blank, text), [], 0, 0
    for m in iter(lambda: MARK.search(code, at), None):
        head, mark, at = ' '.join(code[start:m.start()].split()), m.group(), m.end()
        first, public = code.find(head[:1], start), all(seen)
        if mark == '}':
            seen.pop()
        elif mark not in '{;':
            seen[-1] = mark == 'public:'
        elif mark == '{' and 'namespace' in head:
            seen.append('detail' not in head)
        elif mark == '{' and TYPE.search(head):
            seen.append('struct' in head)
            yield from [(first, at, head)] if public else []
        else:
            at = end_of(code, at) if mark == '{' else at
            if public and head and not TYPE.search(head) \
                    and not ELSEWHERE.match(head):
                yield first, at, head
        start = at


def contract(lib, table, body):
    """'As ae_encode().' of a body that calls one C function, or ''."""
    called = {tuple(table.get(verb, ())) if verb else (name,)
              for verb, name in CALLED.findall(body)
              if verb or hasattr(lib, name)}
    if len(called) != 1:
        return ''
    names = ', '.join(name + '()' for name in called.pop())
    return names and 'As %s.' % re.sub(', (?=[^,]*$)', ' or ', names)


def described(lib, table, text):
    """The text with comments, and the names that have none."""
    own = {m.end(): m.group() for m in COMMENT.finditer(text)}
    out, done, lacking = [], 0, []
    for first, end, head in declarations(text):
        before = len(text[:first].rstrip())
        said = contract(lib, table, TEXT.sub(blank, text[first:end]))
        if said and before in own and said[3:-1] not in own[before]:
            after = before - len(own[before]) + 3
            out += [text[done:after], ' ', said]
            done = after
        elif before not in own and said:
            out += [text[done:first], '/** %s */ ' % said]
            done = first
        elif before not in own and not text[end:].lstrip().startswith('/**<'):
            lacking.append(head)
    text = HIDDEN.sub(blank, ''.join(out) + text[done:])
    return RETURNING.sub('#if 0', text), lacking


TOY = '''/** A toy. */
class toy
{
  public:
    int32_t made() const
    {
        return genmod_version();
    }

  private:
    int32_t kept;
};
'''
MUTANTS = ['genmod_version()', '/** A toy. */', 'private:']


def canary(lib):
    """Complaints: a toy's twin is refused, or one with less passes."""
    bad = ['canary: %s is refused' % head for head in described(lib, {}, TOY)[1]]
    return bad + ['canary: a toy without "%s" passes' % less for less in MUTANTS
                  if not described(lib, {}, TOY.replace(less, ''))[1]]
