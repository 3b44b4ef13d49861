# Shared by the scripts in this directory: messages, privileges, package set-up. Sourced, not run.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
step() { current_step=$*; printf '== %s\n' "$*"; }
die() {
	printf 'ERROR: %s%s\n' "${current_step:+$current_step: }" "$*" >&2
	exit 1
}

# Runs a command as root: directly, or through sudo. Only package installation needs it.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "root is needed for: $* (run it as root once, then start this script again)"
	fi
}

build_packages=(
	gcc meson ninja-build pkg-config libc6-dev libnghttp2-dev libssl-dev libuv1-dev libprotobuf-c-dev
	protobuf-c-compiler libyaml-dev libjansson-dev libmount-dev libblkid-dev uuid-dev libhwloc-dev
	libfabric-dev libmicrohttpd-dev libcmocka-dev libraft-dev openssl
)
test_packages=(
	bats jq python3 python3-grpcio python3-protobuf protobuf-compiler nodejs npm iproute2 e2fsprogs
	util-linux procps
)
# Newest libraft that the code is written for; Debian 12 has it in backports only.
raft_version=0.22

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

installed_raft_is_current() {
	local v
	v=$(dpkg-query -W -f '${Version}' libraft-dev 2>/dev/null) || return 1
	dpkg --compare-versions "$v" ge "$raft_version"
}

candidate_version() { apt-cache policy "$1" | sed -n 's/^ *Candidate: //p'; }

# Adds the backports suite of the mirror this machine already uses, with the same signing key.
enable_backports() {
	local codename site keyring list=/etc/apt/sources.list.d/daos-backports.sources
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	[ -e "$list" ] && return 0
	apt-get indextargets --format '$(CODENAME)' 'Created-By: Packages' 2>/dev/null |
		grep -qx "$codename-backports" && return 0
	# apt expands $(…) in the format, not the shell
	# shellcheck disable=SC2016
	read -r site keyring <<<"$(apt-get indextargets --format '$(REPO_URI) $(SIGNED_BY)' \
		'Created-By: Packages' "Codename: $codename" 'Component: main' 2>/dev/null | head -n 1)"
	case ${keyring:-} in
	/*) ;;
	*) keyring=/usr/share/keyrings/debian-archive-keyring.gpg ;; # apt does not tell on this release
	esac
	[ -n "${site:-}" ] || die "no apt source for $codename found, so the backports suite cannot be added"
	say "libraft-dev $raft_version is in $codename-backports: adding that suite of the machine's own mirror ($list)"
	{
		echo "Types: deb"
		echo "URIs: $site"
		echo "Suites: $codename-backports"
		echo "Components: main"
		echo "Signed-By: $keyring"
	} | as_root tee "$list" >/dev/null
	as_root apt-get update -q >/dev/null || die "apt-get update failed after adding $codename-backports"
}

# install_packages NAME…: installs what is missing; does nothing, and needs no root, when all is there.
install_packages() {
	local p missing=() raft=no
	for p in "$@"; do
		if [ "$p" = libraft-dev ]; then
			installed_raft_is_current || raft=yes
		elif [ "$p" = npm ] || [ "$p" = nodejs ]; then
			# another distribution of node brings its own npm
			command -v "${p/nodejs/node}" >/dev/null || missing+=("$p")
		else
			installed "$p" || missing+=("$p")
		fi
	done
	[ ${#missing[@]} = 0 ] && [ $raft = no ] && return 0
	command -v apt-get >/dev/null || die "this is not a Debian machine; install by hand: $*"
	say "installing: ${missing[*]} $([ $raft = yes ] && echo libraft-dev)"
	as_root apt-get update -q >/dev/null || die "apt-get update failed: is a Debian mirror configured and reachable?"
	if [ $raft = yes ]; then
		if dpkg --compare-versions "$(candidate_version libraft-dev)" ge "$raft_version"; then
			missing+=(libraft-dev)
		else
			enable_backports
			missing+=("libraft-dev/$(. /etc/os-release && echo "$VERSION_CODENAME")-backports")
		fi
	fi
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" \
		>"${TMPDIR:-/tmp}/daos-apt.$$.log" 2>&1 || {
		tail -n 15 "${TMPDIR:-/tmp}/daos-apt.$$.log" >&2
		die "apt-get could not install: ${missing[*]}"
	}
	rm -f "${TMPDIR:-/tmp}/daos-apt.$$.log"
}

# build_tree [DIR [MESON OPTION…]]: configures once, compiles; the programs are in DIR/bin.
build_tree() {
	local dir=${1:-$top/build} log
	shift || true
	log=$dir-build.log
	if [ ! -e "$dir/build.ninja" ]; then
		(cd "$top" && meson setup "$dir" "$@") >"$log" 2>&1 || {
			tail -n 20 "$log" >&2
			die "meson could not configure $dir"
		}
	fi
	ninja -C "$dir" >"$log" 2>&1 || {
		grep -E -A 12 'FAILED|error' "$log" | head -n 60 >&2
		die "compilation failed (whole output: $log)"
	}
	rm -f "$log"
}
