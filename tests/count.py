"""Counts the test cases of the last `meson test` run.

    count.py BUILD

A program of cmocka counts by its cases, any other test as one. The last line is
"N passed, N failed, N skipped"; the exit status is 1 if a case failed or
nothing ran.
"""
import json
import pathlib
import re
import sys

RUNNING = re.compile(r'^\[=+\] (?:\S+: )?Running (\d+) test', re.M)
PASSED = re.compile(r'^\[ +OK \] ', re.M)
# Named when it happens and once more in the summary.
SKIPPED = re.compile(r'^\[ +SKIPPED \] (?!\d+ test)(.+)$', re.M)


def cases(test):
    """(passed, failed, skipped) of one entry of the log."""
    text = test.get('stdout') or ''
    good = test['result'] in ('OK', 'EXPECTEDFAIL')
    started = sum(int(n) for n in RUNNING.findall(text))
    if test['result'] == 'SKIP':
        return 0, 0, max(started, 1)
    if not started:
        return int(good), int(not good), 0
    passed = len(PASSED.findall(text))
    skipped = len(set(SKIPPED.findall(text)))
    # A program that died leaves cases without a result: they failed.
    failed = started - passed - skipped
    if not good:
        failed = max(failed, 1)
    return passed, failed, skipped


def main():
    log = pathlib.Path(sys.argv[1], 'meson-logs', 'testlog.json')
    total = [0, 0, 0]
    if log.exists():
        for line in log.read_text(encoding='utf-8').splitlines():
            total = [a + b for a, b in zip(total, cases(json.loads(line)))]
    print('%d passed, %d failed, %d skipped' % tuple(total))
    return 0 if total[0] > 0 and total[1] == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
