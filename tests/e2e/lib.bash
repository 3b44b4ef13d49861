# Helpers of the end-to-end tests: real programs, real sockets, one scratch directory a test.
# shellcheck shell=bash
#
#	setup()    { new_host; }
#	teardown() { end_host; }
#
# A host is a directory $H with conf/, certs/, run/, log/, scm<i>/; the functions below change its configuration, start
# and stop its server, and run dmg against it. Nothing sleeps blindly: wait_until polls a condition up to a deadline.

BIN=${BUILD_DIR:?}/bin
TOP=${SOURCE_DIR:?}
LIB=$BUILD_DIR/tests/lib
# Another dmg may take ours' place: DMG=/usr/bin/dmg runs the same cases with it.
DMG=${DMG:-$BIN/dmg}

# wait_until SECONDS COMMAND…
wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || { echo "not within the deadline: $*" >&2; return 1; }
		read -r -t 0.05 <> <(:) || true
	done
}

free_port() {
	python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# One set of certificates for a whole file; P-256 keys are quick to make.
make_certs() {
	[ -e "$BATS_FILE_TMPDIR/certs/server.crt" ] ||
		"$TOP/scripts/make-certificates" --key "${CERT_KEY:-ec:P-256}" "$BATS_FILE_TMPDIR/certs"
}

# new_host [ENGINES]: a directory with a TLS configuration, SCM class dir, nothing started.
new_host() {
	make_certs
	H=$(mktemp -d "${TMPDIR:-/tmp}/daos-e2e.XXXXXX")
	PORT=$(free_port)
	SERVER_PID=
	write_host "${1:-1}" "'127.0.0.1:$PORT'"
	write_control "'127.0.0.1'"
}

# write_host ENGINES REPLICAS: the files of one host in $H.
write_host() {
	local n=$1 replicas=$2 i
	mkdir -p "$H"/{conf,run,log}
	cp -rp "$BATS_FILE_TMPDIR/certs" "$H/certs"
	{
		cat <<-YML
			name: daos_server
			port: $PORT
			mgmt_svc_replicas: [$replicas]
			control_log_file: $H/log/server.log
			control_log_mask: DEBUG
			socket_dir: $H/run
			provider: ofi+tcp
			system_ram_reserved: 1
			disable_hugepages: true
			transport_config:
			  ca_cert: $H/certs/daosCA.crt
			  cert: $H/certs/server.crt
			  key: $H/certs/server.key
			  client_cert_dir: $H/certs/clients
			engines:
		YML
		for ((i = 0; i < n; i++)); do
			mkdir -p "$H/scm$i"
			cat <<-YML
				- targets: 1
				  nr_xs_helpers: 0
				  first_core: 0
				  fabric_iface: lo
				  fabric_iface_port: $(free_port)
				  log_file: $H/log/engine$i.log
				  log_mask: INFO
				  storage:
				  - class: dir
				    scm_mount: $H/scm$i
			YML
		done
	} >"$H/conf/server.yml"
}

# write_control HOSTS: dmg's configuration in $H.
write_control() {
	cat >"$H/conf/control.yml" <<-YML
		name: daos_server
		port: $PORT
		hostlist: [$1]
		transport_config:
		  ca_cert: $H/certs/daosCA.crt
		  cert: $H/certs/admin.crt
		  key: $H/certs/admin.key
	YML
}

# config_set 'SED EXPRESSION': edits the server configuration.
config_set() { sed -i "$1" "$H/conf/server.yml"; }
# config_line 'key: value': adds a top-level line.
config_line() { sed -i "1i $1" "$H/conf/server.yml"; }

server_alive() { [ -n "$SERVER_PID" ] && kill -0 "$SERVER_PID" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$SERVER_PID/status"; }
server_listening() { ! server_alive || grep -q 'listening on' "$H/log/server.out" 2>/dev/null; }

start_server() {
	: >"$H/log/server.out"
	"$BIN/daos_server" start -o "$H/conf/server.yml" "$@" >"$H/log/server.out" 2>&1 3>&- &
	SERVER_PID=$!
	wait_until 20 server_listening
	server_alive || { cat "$H/log/server.out" >&2; return 1; }
}

server_exited() { ! server_alive; }

# stop_server [SIGNAL]: the server must be gone within 20 s; $SERVER_STATUS is its exit status.
stop_server() {
	[ -n "$SERVER_PID" ] || return 0
	kill -"${1:-TERM}" "$SERVER_PID" 2>/dev/null
	wait_until 20 server_exited
	SERVER_STATUS=0
	wait "$SERVER_PID" || SERVER_STATUS=$?
	SERVER_PID=
}

# Runs the server in the foreground and expects it to end by itself (a refused start).
run_server() { run timeout 30 "$BIN/daos_server" start -o "$H/conf/server.yml" "$@"; }

dmg() { "$DMG" -o "$H/conf/control.yml" "$@"; }
dmg_json() { dmg -j "$@"; }
# The state of a rank as dmg tells it, empty when it cannot.
rank_state() { dmg_json system query 2>/dev/null | jq -r ".response.members[]? | select(.rank == $1) | .state"; }
rank_is() { [ "$(rank_state "$1")" = "$2" ]; }
joined_count() { dmg_json system query 2>/dev/null | jq '[.response.members[]? | select(.state == "joined")] | length'; }
all_joined() { [ "$(joined_count)" = "$1" ]; }

await_format() { grep -qE 'format required' "$H/log/server.out"; }

# new_system [ENGINES]: a started, formatted host whose ranks have joined.
new_system() {
	new_host "${1:-1}"
	start_server
	wait_until 20 await_format
	dmg storage format
	wait_until 20 all_joined "${1:-1}"
}

engine_pids() { pgrep -P "$SERVER_PID" -x daos_engine || true; }

end_host() {
	local pid
	for pid in ${EXTRA_PIDS:-}; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	[ -z "${SERVER_PID:-}" ] || stop_server TERM || kill -KILL "$SERVER_PID" 2>/dev/null || true
	if [ -n "${H:-}" ]; then
		# what a failed test leaves for the reader
		[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 40 "$H/log/server.out" "$H/log/server.log" 2>/dev/null | sed 's/^/# /' >&2
		for pid in "$H"/scm*; do
			mountpoint -q "$pid" && umount "$pid"
		done
		rm -rf "$H"
	fi
	return 0
}

# ---- several hosts on this machine ----
#
#	setup()    { new_hosts 3; }
#	teardown() { end_hosts; }
#
# $H/1 … $H/N are hosts that listen on 127.0.0.1 … 127.0.0.N and the same port; $H/conf/control.yml names them all, so
# dmg and what builds on it speak to the system. $H/I/conf/control.yml names host I alone. `on I COMMAND…` runs one of the functions above for host I.

HOSTS=()

on() {
	local i=$1 rc=0
	local H=$H/$i SERVER_PID=${HOSTS[$1]:-}
	shift
	"$@" || rc=$?
	HOSTS[i]=$SERVER_PID
	return $rc
}

# new_hosts N [REPLICAS]: the first REPLICAS hosts (3) keep the system database; nothing started.
new_hosts() {
	local n=$1 replicas=() i
	make_certs
	H=$(mktemp -d "${TMPDIR:-/tmp}/daos-e2e.XXXXXX")
	PORT=$(free_port)
	SERVER_PID=
	N_HOSTS=$n
	HOSTS=()
	for ((i = 1; i <= ${2:-3}; i++)); do
		replicas+=("'127.0.0.$i:$PORT'")
	done
	REPLICAS=$(IFS=,; echo "${replicas[*]}")
	for ((i = 1; i <= n; i++)); do
		on "$i" write_host 1 "$REPLICAS"
		on "$i" config_line "fault_path: /host$i"
		on "$i" config_line "control_addr: 127.0.0.$i"
		on "$i" write_control "'127.0.0.$i'"
	done
	mkdir -p "$H/conf"
	cp -rp "$BATS_FILE_TMPDIR/certs" "$H/certs"
	write_control "'127.0.0.[1-$n]'"
}

each_host() {
	local i
	for ((i = 1; i <= N_HOSTS; i++)); do
		on "$i" "$@" || return 1
	done
}

# kill_host I: kill -9; its engine goes with it.
kill_host() {
	on "$1" stop_server KILL
}

leader() { dmg_json system leader-query 2>/dev/null | jq -r '.response.current_leader // empty'; }
# The host number of the leader.
leader_host() {
	local addr
	addr=$(leader)
	addr=${addr%:*}
	echo "${addr##*.}"
}
# has_leader [BUT]: there is one, which is not host BUT.
has_leader() {
	local l
	l=$(leader_host)
	[ -n "$l" ] && [ "$l" != "${1:-}" ]
}
# replicas_added N: leaders have made at least N replicas voters, as their logs have it.
replicas_added() { [ "$(cat "$H"/*/log/server.log | grep -c 'replica of the management service was added')" -ge "$1" ]; }

# new_hosts_system N [REPLICAS]: started, formatted, all ranks joined, all replicas voters.
new_hosts_system() {
	new_hosts "$@"
	each_host start_server
	each_host wait_until 20 await_format
	dmg storage format
	wait_until 30 all_joined "$N_HOSTS"
	wait_until 20 replicas_added $((${2:-3} - 1))
}

end_hosts() {
	local i
	for ((i = 1; i <= ${N_HOSTS:-0}; i++)); do
		[ -z "${HOSTS[$i]:-}" ] || kill -TERM "${HOSTS[$i]}" 2>/dev/null || true
	done
	for ((i = 1; i <= ${N_HOSTS:-0}; i++)); do
		[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 15 "$H/$i/log/server.out" "$H/$i/log/server.log" 2>/dev/null | sed 's/^/# /' >&2
		[ -z "${HOSTS[$i]:-}" ] || on "$i" wait_until 20 server_exited || kill -KILL "${HOSTS[$i]}" 2>/dev/null || true
	done
	[ -z "${H:-}" ] || rm -rf "$H"
	return 0
}
