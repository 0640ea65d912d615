#!/usr/bin/env bash
# Unpack Asterisk 22 (Debian's packages) into a folder: no root, no chroot, nothing of this machine replaced.
#   unpack.sh FOLDER MODULES_CONF           unpack, unless exactly this is there already
#   unpack.sh --check FOLDER MODULES_CONF   exit 0 if it is there and starts, 1 if not
# The program runs under the dynamic loader and libraries that come with it, so the age of this machine's C library
# does not matter. Packages come from the mirror that this machine's own apt uses; DEBIAN_MIRROR names another one.
set -euo pipefail

RELEASE=4 # raise it when the result of this script changes
started=$SECONDS

say() { printf '  asterisk: %s (%d s)\n' "$1" $((SECONDS - started)); }
fail() {
    printf 'Asterisk cannot be unpacked: %s\n' "$1" >&2
    exit 1
}

check_only=no
if [ "${1:-}" = --check ]; then
    check_only=yes
    shift
fi
[ $# -eq 2 ] || fail "usage: unpack.sh [--check] FOLDER MODULES_CONF"
[ -r "$2" ] || fail "the list of modules $2 cannot be read"
folder=$(realpath -m "$1")
modules=$(awk '$1 == "load" && $2 == "=" {print $3}' "$2" | sort)
[ -n "$modules" ] || fail "$2 loads no modules"
stamp="release $RELEASE modules $(printf '%s' "$modules" | sha256sum | cut -c1-16)"

is_unpacked() {
    [ "$(cat "$folder/.stamp" 2>/dev/null)" = "$stamp" ] && "$folder/bin/asterisk" -V >/dev/null 2>&1
}
if is_unpacked; then exit 0; fi
if [ $check_only = yes ]; then exit 1; fi

for tool in apt-get apt-cache dpkg-deb tar awk; do
    command -v $tool >/dev/null || fail "this machine has no $tool; on a system that is not Debian or Ubuntu, install \
Asterisk 20 or newer and name it in config/hotel.yaml (pbx.asterisk)"
done
case $(dpkg --print-architecture) in
amd64) arch=amd64 triplet=x86_64-linux-gnu loader=ld-linux-x86-64.so.2 ;;
arm64) arch=arm64 triplet=aarch64-linux-gnu loader=ld-linux-aarch64.so.1 ;;
*) fail "processors of kind $(dpkg --print-architecture) are not supported (amd64 and arm64 are); install Asterisk 20 or \
newer and name it in config/hotel.yaml (pbx.asterisk)" ;;
esac

# one at a time; whoever waited finds it done
mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
flock 9
if is_unpacked; then exit 0; fi

part=$folder.part
rm -rf "$part"
mkdir -p "$part" 2>/dev/null || fail "the folder $part cannot be made; is $(dirname "$folder") writable?"
trap 'rm -rf "$part"' EXIT
free_mb=$(df -Pm "$part" | awk 'NR == 2 {print $4}')
[ "$free_mb" -ge 600 ] || fail "$part needs 600 MB while it is being unpacked, only $free_mb MB are free"
work=$part/.apt
mkdir -p "$work"/{lists/partial,cache/archives/partial,none}
: >"$work/status"

# ---- where Debian's packages come from: the sources of this machine, one-line and deb822, mirror lists included
addresses() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [ -r "$file" ] && sed 's/#.*//' "$file"
    done | tr ' \t' '\n\n' | while read -r word; do
        case $word in
        http://* | https://*) echo "$word" ;;
        mirror+file:*) [ -r "${word#mirror+file:}" ] && awk '{print $1}' "${word#mirror+file:}" ;;
        esac
    done | sed 's#/*$##' | awk '!seen[$0]++'
}
mirrors() {
    [ -n "${DEBIAN_MIRROR:-}" ] && echo "${DEBIAN_MIRROR%/}"
    addresses | grep -E '/debian$' || true
    # a mirror of Ubuntu usually carries Debian beside it
    addresses | sed -nE 's#/ubuntu(-ports)?$#/debian#p'
}
keyring() {
    local file
    for file in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp} /etc/apt/trusted.gpg.d/debian-archive-keyring.gpg; do
        if [ -r "$file" ]; then
            echo "$file"
            return
        fi
    done
    # Ubuntu has Debian's keys as a package, checked with Ubuntu's own keys
    (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download debian-archive-keyring >/dev/null 2>&1 &&
        dpkg-deb -x debian-archive-keyring_*.deb keys) || return 1
    find "$work/keys/usr/share/keyrings" -name 'debian-archive-keyring.*' | head -1
}

keys=$(keyring) && [ -n "$keys" ] || fail "Debian's package keys are missing; install them with: apt-get install debian-archive-keyring"
cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list"; Dir::Etc::sourceparts "$work/none";
Dir::Etc::preferences "$work/none/preferences"; Dir::Etc::preferencesparts "$work/none";
Dir::State::lists "$work/lists"; Dir::State::status "$work/status"; Dir::Cache "$work/cache";
Debug::NoLocking "1"; APT::Sandbox::User "root"; APT::Architecture "$arch"; APT::Architectures { "$arch"; };
APT::Install-Recommends "false"; Acquire::Languages "none"; Acquire::Retries "3"; Acquire::http::Timeout "20";
APT::Get::List-Cleanup "true";
CONF
export APT_CONFIG=$work/apt.conf LC_ALL=C

found=
for mirror in $(mirrors | awk '!seen[$0]++'); do
    echo "deb [signed-by=$keys] $mirror sid main" >"$work/sources.list"
    # no pipe into `grep -q`: it closes early, and the broken pipe would count as a failure
    if apt-get -qq update >"$work/log" 2>&1 && [[ $(apt-cache policy asterisk) =~ Candidate:\ [0-9] ]]; then
        found=yes
        break
    fi
done
[ -n "$found" ] || fail "none of this machine's apt sources has Debian's packages (name a Debian mirror in the variable \
DEBIAN_MIRROR, or install Asterisk 20 or newer and name it in config/hotel.yaml, pbx.asterisk). \
Last words of apt: $(tail -n 1 "$work/log" 2>/dev/null)"
say "package lists read"

# ---- the closure of the dependencies, minus what no module of ours touches
skip='^(asterisk-config|asterisk-core-sounds.*|perl.*|libperl.*|gnupg.*|gpg.*|dirmngr|pinentry.*|systemd.*|udev|util-linux.*'
skip+='|bash|dash|coreutils.*|debconf.*|passwd|login.*|adduser|apt|dpkg|tar|sed|grep|gzip|findutils|diffutils|hostname'
skip+='|ncurses-.*|init.*|mount|libapt.*|base-.*|debian.*|libc-bin|libc-gconv.*|sysv.*|sqv|mawk|bsdutils|pci\.ids'
skip+='|libsnmp-base|libsensors.*|libjpeg.*|.*-l10n|tzdata|mailcap|media-types|freetds-common|libpam.*|logsave|e2fsprogs'
skip+='|libblkid.*|readline-common|libgmime.*|install-info|openssl-provider.*)$'
apt-get -s install asterisk asterisk-modules 2>"$work/log" | awk '/^Inst /{print $2}' | grep -vE "$skip" >"$work/packages" ||
    fail "the packages that it needs cannot be found: $(tail -n 1 "$work/log")"
(cd "$work/cache/archives" && xargs apt-get -qq download <"$work/packages" >"$work/log" 2>&1) ||
    fail "the download broke off; start again. Last words of apt: $(tail -n 1 "$work/log")"
say "$(wc -l <"$work/packages") packages downloaded, $(du -sm "$work/cache/archives" | cut -f1) MB"

root=$part/root libraries=$part/root/usr/lib/$triplet
mkdir -p "$root" "$part/bin"
for package in "$work"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --no-same-owner --exclude=./usr/share/doc --exclude=./usr/share/man \
        --exclude=./usr/share/locale --exclude=./usr/share/lintian --exclude=./usr/share/bug ||
        fail "the package $(basename "$package") cannot be unpacked; is the disk full?"
done
ld=$(find "$root" -name "$loader" | head -1)
[ -n "$ld" ] || fail "the packages hold no dynamic loader $loader"
if [ "$(dirname "$ld")" != "$libraries" ]; then cp -L "$ld" "$libraries/$loader"; fi
cat >"$part/bin/asterisk" <<WRAPPER
#!/bin/sh
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")/root
lib=\$root/usr/lib/$triplet
exec "\$lib/$loader" --library-path "\$lib:\$lib/asterisk" "\$root/usr/sbin/asterisk" "\$@"
WRAPPER
chmod 755 "$part/bin/asterisk"

# ---- keep the modules that are loaded, the libraries that they need and the documentation without which the core
# ---- refuses to start
all=$libraries/asterisk/modules
mkdir "$all.keep"
for module in $modules; do
    mv "$all/$module" "$all.keep/" 2>/dev/null || fail "Debian's Asterisk has no module $module"
done
rm -rf "$all"
mv "$all.keep" "$all"
# NSS, beneath SRTP, names no library that it needs for its cryptography: it opens them by name
opened=("$libraries"/lib{softokn3,freebl3,freeblpriv3}.so)
for program in "$root/usr/sbin/asterisk" "$all"/*.so "${opened[@]}"; do
    if [ -e "$program" ]; then echo "$program"; fi
    "$libraries/$loader" --library-path "$libraries:$libraries/asterisk" --list "$program" 2>/dev/null || true
done | grep -oE "$libraries/[^ ]+" | sort -u | xargs -n1 readlink -f | sort -u >"$work/needed"
find "$libraries" -maxdepth 1 \( -type f -o -type l \) -name '*.so*' | while read -r file; do
    target=$(readlink -f "$file" || true)
    grep -qxF "$target" "$work/needed" || [ "$(basename "$file")" = $loader ] || rm -f "$file"
done
find "$libraries" -mindepth 1 -maxdepth 1 -type d ! -name asterisk -exec rm -rf {} +
find "$root" -mindepth 1 -maxdepth 1 ! -name usr -exec rm -rf {} +
find "$root/usr" -mindepth 1 -maxdepth 1 ! -name lib ! -name sbin ! -name share -exec rm -rf {} +
find "$root/usr/lib" -mindepth 1 -maxdepth 1 ! -name "$triplet" -exec rm -rf {} +
find "$root/usr/share" -mindepth 1 -maxdepth 1 ! -name asterisk -exec rm -rf {} +
find "$root/usr/share/asterisk" -mindepth 1 -maxdepth 1 ! -name documentation -exec rm -rf {} +
find "$root/usr/sbin" -type f ! -name asterisk -delete
# ---- Debian's own patch drops the sound of a phone that joins after a transfer: see mend_translator.py
if reason=$(python3 "$(dirname "$0")/mend_translator.py" "$root/usr/sbin/asterisk" 2>&1); then
    echo mended >"$part/.translator"
else
    echo "as Debian built it: $reason" >"$part/.translator"
    say "warning: this build is not known ($reason): after half of all transfers the new phone is missing in the recording"
fi
version=$("$part/bin/asterisk" -V 2>&1) || fail "the unpacked program does not start: $version"
chmod -R u+rwX,go+rX,go-w "$root" "$part/bin"
rm -rf "$work"
echo "$stamp" >"$part/.stamp"

# ---- into place in one step: a program is there whole or not at all
if [ -e "$folder" ]; then
    rm -rf "$folder.old"
    mv "$folder" "$folder.old"
fi
mv "$part" "$folder"
rm -rf "$folder.old"
trap - EXIT
say "$version ready, $(du -sm "$folder" | cut -f1) MB"
