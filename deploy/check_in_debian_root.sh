#!/bin/sh
# Whether the Dockerfile works, where no container engine runs: `make container-check`, as root, on Debian.
#
# Its base image is made anew by debootstrap, with the Debian and the Python that the Dockerfile names. Then buildah
# carries out the Dockerfile itself, step by step, without a daemon, in plain chroots. What comes of it must pass
# `sokkuri doctor` and play the demo's conversation, as the user and with the settings of the image.
#
#   deploy/check_in_debian_root.sh [--build-arg NAME=VALUE]... [OUT]
#
# OUT: a folder for the demo's pictures. MIRROR=...: where Debian comes from, if not from where this machine's apt takes
# it. How this machine's pip is set up (its index, its certificates) goes for the build, and is no part of the result.
# Everything lies in a folder of its own, some 5 GB, that is gone in the end.
set -eu

repository=$(cd "$(dirname "$0")/.." && pwd)
fail() { echo "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "Run it as root: debootstrap and chroot need that."
for tool in debootstrap buildah; do
    command -v $tool >/dev/null || fail "$tool is missing: apt-get install --no-install-recommends debootstrap buildah"
done

# FROM python:3.11-slim-bookworm
read -r image python suite <<END
$(sed -n 's/^FROM \(python:\([0-9.]*\)-slim-\([a-z]*\)\).*/\1 \2 \3/p' "$repository/Dockerfile")
END
[ -n "$suite" ] || fail "The Dockerfile's base image is not python:VERSION-slim-SUITE"

mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk -v suite="$suite" '$2 == suite { print $1; exit }')}
[ -n "$mirror" ] || fail "This machine's apt has no $suite: name a mirror of Debian that has it, MIRROR=..."

work=$(mktemp -d "${TMPDIR:-/var/tmp}/sokkuri-container-XXXXXX")
builder() { buildah --root "$work/store" --runroot "$work/run" "$@"; }
clean() {
    builder rm --all >/dev/null 2>&1 || true
    builder rmi --all --force >/dev/null 2>&1 || true
    rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM

echo "== $image: $suite by debootstrap"
debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv "$suite" "$work/root" "$mirror" >"$work/log" ||
    { tail -20 "$work/log"; exit 1; }
ln -s /usr/bin/python3 "$work/root/usr/local/bin/python" # the official image has it there
found=$(chroot "$work/root" python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ "$found" = "$python" ] || fail "$suite has Python $found, the Dockerfile wants $python"
base=$(builder from scratch)
builder copy --quiet "$base" "$work/root" /
builder commit --quiet --rm "$base" "docker.io/library/$image" >/dev/null
rm -rf --one-file-system "$work/root"

# pip's own settings in one file, and whatever they name of this machine's disk.
python3 - "$work/pip.conf" >"$work/options" <<'END'
import ast, pathlib, re, subprocess, sys

def of(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.rpartition(".")[2], ast.literal_eval(value)

listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
settings = dict(map(of, listed.splitlines()))
with open(sys.argv[1], "w") as file:
    print("[global]", *(f"{name} = {value}".replace("\n", "\n  ") for name, value in settings.items()), sep="\n", file=file)
paths = re.findall(r"(?:(?<=\s)|^|(?<=file://))/[^\s]+", "\n".join(settings.values()), re.M)
folders = {path.parent if path.is_file() or path.name == "simple" else path for path in map(pathlib.Path, paths) if path.exists()}
for folder in sorted(folders):
    print(f"--volume={folder}:{folder}:ro")
END

out=
while [ $# -gt 0 ]; do
    case $1 in
        --build-arg) echo "--build-arg=$2" >>"$work/options"; shift 2 ;;
        *) out=$1; shift ;;
    esac
done
while IFS= read -r option; do
    set -- "$@" "$option"
done <"$work/options"

echo "== the Dockerfile, by buildah"
builder build --isolation chroot --format docker --pull-never --volume="$work/pip.conf:/etc/pip.conf:ro" "$@" \
    --tag sokkuri "$repository" >"$work/log" 2>&1 || { tail -40 "$work/log"; exit 1; }
grep -E '^(\[[0-9/]+\] )?STEP ' "$work/log"

container=$(builder from --pull-never localhost/sokkuri)
in_it() { builder run --isolation chroot "$@"; }

echo "== sokkuri doctor"
in_it "$container" -- id
[ "$(in_it "$container" -- id -u)" != 0 ] || fail "The image runs as root"
in_it "$container" -- sokkuri doctor
in_it "$container" -- dask scheduler --version # deploy/cluster/compose.yaml starts it

echo "== make demo"
packages=$(in_it "$container" -- python -c 'import bot, pathlib; print(pathlib.Path(bot.__file__).parents[1])')
in_it --volume "$repository/docs:$packages/docs:ro" "$container" -- sokkuri sandbox --replay "$packages/docs/demo.jsonl" --out demo
pictures=$(in_it "$container" -- sh -c 'ls demo | wc -l')
[ "$pictures" -ge 4 ] || fail "The demo made $pictures pictures"
if [ -n "$out" ]; then
    mkdir -p "$out"
    in_it "$container" -- tar -C demo -cf - . | tar -C "$out" -xf -
fi
echo "== all well: $pictures pictures"
