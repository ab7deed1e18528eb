# Sourced by the other scripts: where the project stands, and how its virtual environment comes to be.
# Works from any directory and under a path with spaces.

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"

say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# The interpreter to build from: PYTHON where the caller names one, else the first on the path that is new enough.
find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" || die "PYTHON=$PYTHON is not a Python 3.11 or newer. Name another, or unset PYTHON."
        printf '%s' "$PYTHON"
        return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if new_enough "$candidate"; then
            printf '%s' "$candidate"
            return
        fi
    done
    if command -v python3 >/dev/null 2>&1; then
        die "This needs Python 3.11 or newer; python3 here is $(python3 --version 2>&1)." \
            "Install a newer one and name it: PYTHON=/path/to/python3.12 $0"
    fi
    die "Python 3.11 or newer is needed and no python3 was found. On Debian or Ubuntu: sudo apt install python3 python3-venv"
}

new_enough() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# What the environment was built from: the declared dependencies with the extras asked for, and the interpreter.
# Other edits of pyproject.toml (a lint rule, say) rebuild nothing.
stamp_of() {
    "$1" - "$root" "${2:-}" <<'PY'
import hashlib, json, pathlib, sys, tomllib
root, extras = pathlib.Path(sys.argv[1]), sys.argv[2]
text = (root / "pyproject.toml").read_text(encoding="utf-8")
declared = tomllib.loads(text)
project = declared["project"]
parts = [declared["build-system"], project["dependencies"], project.get("scripts", {}), project["requires-python"]]
parts += [project["optional-dependencies"][extra] for extra in extras.split(",") if extra]
parts += [str(root), sys.version_info[:2], sys.implementation.name]
print(hashlib.sha256(json.dumps(parts).encode()).hexdigest())
PY
}

# ensure_venv [EXTRAS [FOLDER]]: makes the environment FOLDER (.venv), or brings it up to date, with the project and the
# extras ("test,check") in it. A stamp per set of extras, written last, tells a finished environment from one cut off in
# the middle; a lock keeps two starts at once from building over each other.
ensure_venv() {
    local extras="${1:-}" venv="$root/${2:-.venv}" stamp_file
    stamp_file="$venv/.stamp${extras:+-${extras//,/-}}"
    # The finished environment's own interpreter tells fastest whether it is still the right one.
    if [ -r "$stamp_file" ] && [ -x "$venv/bin/python" ] &&
        [ "$(stamp_of "$venv/bin/python" "$extras")" = "$(cat "$stamp_file")" ]; then
        return
    fi
    if command -v flock >/dev/null 2>&1; then
        mkdir -p -- "$root/var"
        exec 9>"$root/var/.venv.lock"
        flock -n 9 || { say "Another start is setting up; waiting for it."; flock 9; }
        build_venv "$extras" "$venv" "$stamp_file"
        exec 9>&-
    else
        build_venv "$extras" "$venv" "$stamp_file"
    fi
}

build_venv() {
    local extras="$1" venv="$2" stamp_file="$3" python stamp
    # A folder that was moved or copied holds scripts that point to where it was: made anew.
    if new_enough "$venv/bin/python" && [ -x "$venv/bin/pip" ] && grep -qF -- "$venv" "$venv/bin/activate"; then
        stamp="$(stamp_of "$venv/bin/python" "$extras")"
        [ -r "$stamp_file" ] && [ "$stamp" = "$(cat "$stamp_file")" ] && return
    else
        python="$(find_python)" || exit 1
        need_venv_module "$python"
        say "Making ${venv##*/} with $("$python" --version 2>&1) ..."
        rm -rf -- "$venv"
        "$python" -m venv "$venv" || die "The virtual environment could not be made; the lines above say why."
        stamp="$(stamp_of "$venv/bin/python" "$extras")"
    fi
    say "Installing what the project needs into ${venv##*/} (once; about a minute) ..."
    case ",$extras," in *,detoxify,*) install_torch "$venv" ;; esac
    (cd -- "$root" && install_into "$venv" --editable ".${extras:+[$extras]}") ||
        die "The installation did not finish; the lines above say why. Run this again once that is mended."
    write_stamp "$stamp" "$stamp_file"
    if [ -n "$extras" ]; then # what has the extras has each of them, and the rest
        write_stamp "$(stamp_of "$venv/bin/python")" "$venv/.stamp"
        local one
        for one in ${extras//,/ }; do
            write_stamp "$(stamp_of "$venv/bin/python" "$one")" "$venv/.stamp-$one"
        done
    fi
}

install_into() {
    local venv="$1"
    shift
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input "$@"
}

# The CPU build, which plain `pip install torch` gives only where no index offers gigabytes of CUDA beside it.
install_torch() {
    "$1/bin/python" -c 'import torch' >/dev/null 2>&1 && return
    install_into "$1" --retries 0 --timeout 15 torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu 2>/dev/null ||
        install_into "$1" torch==2.13.0
}

write_stamp() { printf '%s\n' "$1" >"$2.new" && mv -f -- "$2.new" "$2"; }

# ensure_eslint: the linter of the pages' JavaScript beside its configuration, from its lock file, by the Node.js that the
# extra "check" brings: no machine needs one of its own.
ensure_eslint() {
    local folder="$root/scripts/eslint" stamp
    stamp="$(cat -- "$folder/package-lock.json" "$folder/package.json" | cksum)"
    [ "$(cat -- "$folder/node_modules/.stamp" 2>/dev/null)" = "$stamp" ] && return
    say "Installing eslint (once) ..."
    PATH="$root/.venv/bin:$PATH" npm ci --prefix "$folder" --no-audit --no-fund --silent ||
        die "eslint could not be installed; the lines above say why. Run this again once that is mended."
    printf '%s' "$stamp" >"$folder/node_modules/.stamp"
}

# Debian and Ubuntu ship python3 without the part that makes virtual environments.
need_venv_module() {
    "$1" -c 'import venv, ensurepip' >/dev/null 2>&1 && return
    local version
    version="$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    die "This Python ($1, $version) lacks the parts that make a virtual environment." \
        "On Debian or Ubuntu this mends it:  sudo apt install python3-venv   (or python$version-venv)"
}
