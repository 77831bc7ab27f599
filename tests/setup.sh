# Shell functions that set this project up on a fresh machine. Shared by
# tests/run.sh and doc/examples/run.sh. POSIX sh; to be sourced:
#
#     cd "$(dirname "$0")/.."            # the project's top level
#     . tests/setup.sh
#     setup_packages examples            # or: tests
#     setup_build build -Dexamples=enabled
#
# setup_packages KIND     finds what a build with examples or with tests lacks and
#                         installs it where the package manager is known (apt-get,
#                         dnf, pacman, apk, zypper, brew). Installs nothing that
#                         is there already.
# setup_build DIR [OPTION…]   configures DIR (again, with these options, if it
#                         exists) and builds it. Shows the log only of a failure.
# setup_fail TEXT         one line on stderr, exit 1.
#
# Both end the script with one clear line if they cannot go on.

setup_fail() {
    echo "$(basename "$0"): $1" >&2
    exit 1
}

setup_has() {
    command -v "$1" >/dev/null 2>&1
}

# Homebrew keeps OpenBLAS out of pkg-config's way.
if setup_has brew; then
    PKG_CONFIG_PATH="$(brew --prefix)/opt/openblas/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
    export PKG_CONFIG_PATH
fi

# What is lacking, as words that setup_package_name() knows.
setup_lacking() {
    for tool in meson ninja pkg-config python3; do
        setup_has "$tool" || echo "$tool"
    done
    setup_has cc || setup_has gcc || setup_has clang || echo cc
    libraries="openblas zlib cairo"
    if [ "$1" = tests ]; then
        setup_has c++ || setup_has g++ || setup_has clang++ || echo c++
        setup_has cmake || echo cmake
        # Other package managers do not have it.
        if setup_has apt-get || setup_has dnf; then
            setup_has abidw || echo abidw
        fi
        libraries="$libraries cmocka"
    fi
    for library in $libraries; do
        if ! setup_has pkg-config || ! pkg-config --exists "$library"; then
            echo "$library"
        fi
    done
}

setup_manager() {
    for manager in apt-get dnf pacman apk zypper brew; do
        if setup_has "$manager"; then
            echo "$manager"
            return
        fi
    done
}

# The package that brings a thing: manager, thing.
setup_package_name() {
    case $1:$2 in
    apt-get:cc) echo gcc libc6-dev ;;
    apt-get:c++) echo g++ ;;
    apt-get:abidw) echo abigail-tools ;;
    apt-get:ninja) echo ninja-build ;;
    apt-get:openblas) echo libopenblas-dev ;;
    apt-get:cmocka) echo libcmocka-dev ;;
    apt-get:zlib) echo zlib1g-dev ;;
    apt-get:cairo) echo libcairo2-dev ;;
    dnf:cc) echo gcc ;;
    dnf:c++ | zypper:c++) echo gcc-c++ ;;
    dnf:abidw) echo libabigail ;;
    dnf:ninja) echo ninja-build ;;
    dnf:pkg-config) echo pkgconf-pkg-config ;;
    dnf:openblas | dnf:zlib | dnf:cairo) echo "$2-devel" ;;
    dnf:cmocka) echo libcmocka-devel ;;
    pacman:cc | pacman:c++) echo gcc ;;
    pacman:pkg-config) echo pkgconf ;;
    pacman:python3) echo python ;;
    apk:cc) echo gcc musl-dev ;;
    apk:c++) echo g++ ;;
    apk:ninja) echo samurai ;;
    apk:pkg-config) echo pkgconf ;;
    apk:openblas | apk:cmocka | apk:zlib | apk:cairo)
        echo "$2-dev"
        ;;
    zypper:cc) echo gcc ;;
    zypper:openblas | zypper:cairo) echo "$2-devel" ;;
    zypper:cmocka) echo libcmocka-devel ;;
    zypper:zlib) echo zlib-devel ;;
    brew:cc | brew:c++) echo gcc ;;
    brew:pkg-config) echo pkgconf ;;
    *) echo "$2" ;;
    esac
}

# Runs a command as root, if that can be had.
setup_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif setup_has sudo; then
        sudo "$@"
    else
        echo "neither root nor sudo" >&2
        return 1
    fi
}

setup_install() {
    manager=$1
    shift
    case $manager in
    apt-get)
        setup_root apt-get -q update &&
            setup_root env DEBIAN_FRONTEND=noninteractive apt-get -q install \
                -y --no-install-recommends "$@"
        ;;
    dnf) setup_root dnf -y install "$@" ;;
    pacman) setup_root pacman -Sy --noconfirm --needed "$@" ;;
    apk) setup_root apk add "$@" ;;
    zypper) setup_root zypper --non-interactive install "$@" ;;
    brew) brew install "$@" ;;
    esac
}

# "a b c" from lines.
setup_words() {
    tr '\n' ' ' | sed 's/ *$//'
}

setup_packages() {
    kind=$1
    lacking=$(setup_lacking "$kind" | setup_words)
    [ -n "$lacking" ] || return 0
    manager=$(setup_manager)
    [ -n "$manager" ] ||
        setup_fail "please install first: $lacking (no known package manager here)"
    packages=$(for thing in $lacking; do
        setup_package_name "$manager" "$thing"
    done | setup_words)
    echo "Installing with $manager: $packages"
    log=$(mktemp)
    # shellcheck disable=SC2086 # a list of words
    if ! setup_install "$manager" $packages >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        setup_fail "$manager could not install $packages; please install them"
    fi
    rm -f "$log"
    lacking=$(setup_lacking "$kind" | setup_words)
    [ -z "$lacking" ] || setup_fail "still lacking after installing: $lacking"
}

setup_build() {
    dir=$1
    shift
    log=$(mktemp)
    if [ -f "$dir/build.ninja" ]; then
        meson configure "$dir" "$@" >"$log" 2>&1
    else
        meson setup "$dir" "$@" >"$log" 2>&1
    fi || setup_show "$log" "cannot configure $dir"
    meson compile -C "$dir" >"$log" 2>&1 ||
        setup_show "$log" "cannot build $dir"
    rm -f "$log"
}

setup_show() {
    tail -n 30 "$1" >&2
    rm -f "$1"
    setup_fail "$2"
}
