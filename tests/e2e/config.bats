#!/usr/bin/env bats
# Configuration files that must be refused: which file, line, key and what to do; nothing is touched.
load lib

setup() { new_host; }
teardown() { end_host; }

refused() { # TEXT…
	run_server
	[ "$status" = 1 ]
	for text in "$@"; do
		[[ $output == *"$text"* ]] || { echo "missing \"$text\" in: $output"; return 1; }
	done
	[ -z "$(ls -A "$H/scm0")" ]
	[ ! -e "$H/run/daos_server.sock" ]
}

check_refused() {
	run "$BIN/daos_server" config check -o "$H/conf/server.yml"
	[ "$status" = 1 ]
	for text in "$@"; do
		[[ $output == *"$text"* ]] || { echo "missing \"$text\" in: $output"; return 1; }
	done
}

@test "a good file passes config check" {
	run "$BIN/daos_server" config check -o "$H/conf/server.yml"
	[ "$status" = 0 ]
}

@test "missing file" {
	rm "$H/conf/server.yml"
	refused "failed to load config from $H/conf/server.yml"
}

@test "unreadable file" {
	[ "$(id -u)" != 0 ] || skip "root reads everything"
	chmod 0 "$H/conf/server.yml"
	refused "failed to load config from $H/conf/server.yml"
}

@test "not YAML" {
	echo '{ broken: [' >"$H/conf/server.yml"
	refused "failed to load config from $H/conf/server.yml"
}

@test "empty file has no provider" {
	: >"$H/conf/server.yml"
	refused "provider"
}

@test "unknown key with a suggestion and its line" {
	line=$(grep -n 'scm_mount' "$H/conf/server.yml" | cut -d: -f1)
	config_set 's/scm_mount/scm_mont/'
	refused "line $line" "scm_mont" "did you mean scm_mount?"
	check_refused "server.yml:$line:5" "scm_mont" "did you mean scm_mount?"
}

@test "duplicate key" {
	config_line 'port: 1'
	refused "port"
	check_refused "server.yml:"
}

@test "wrong type" {
	config_set "s/^port: .*/port: many/"
	refused "line 2" "port"
	check_refused "server.yml:2:7" "port"
}

@test "out of range" {
	config_set 's/targets: 1/targets: -1/'
	refused "targets" "code = 701"
	check_refused "server.yml:" "targets"
}

@test "all problems are told at once" {
	config_set 's/targets: 1/targets: 0/; s/^system_ram_reserved: .*/system_ram_reserved: 0/'
	config_line 'telemetry_port: -3'
	check_refused targets system_ram_reserved telemetry_port
}

@test "faults keep their code" {
	config_set "s/^mgmt_svc_replicas: .*/mgmt_svc_replicas: ['h1','h2']/"
	refused "serverconfig: code = 706"
}

@test "socket directory missing" {
	rmdir "$H/run"
	run_server
	[ "$status" = 1 ]
	[[ $output == *"$H/run"* ]]
}

@test "port in use" {
	python3 -c "
import signal, socket
s = socket.socket(); s.bind(('0.0.0.0', $PORT)); s.listen()
print('ready', flush=True); signal.pause()" >"$H/holder" 3>&- &
	EXTRA_PIDS=$!
	wait_until 10 grep -q ready "$H/holder"
	run_server
	[ "$status" = 1 ]
	[[ $output == *"unable to listen on 0.0.0.0:$PORT"* ]]
}

@test "fabric interface that does not exist" {
	config_set 's/fabric_iface: lo/fabric_iface: nosuch0/'
	refused "nosuch0"
}

@test "a provider that no fabric library has" {
	config_set 's/^provider:.*/provider: bogus/'
	refused 'scan fabric: engine 0: there is no fabric provider "bogus"' "set provider to"
}

@test "a replica without engines has no place for its database" {
	config_set '/^engines:/,$d'
	refused "unable to create database config" "mgmt_svc_replicas"
}

@test "second server on the same directories" {
	start_server
	run_server
	[ "$status" = 1 ]
	[[ $output == *"$SERVER_PID"* || $output == *"$H/run"* ]]
	server_alive
}
