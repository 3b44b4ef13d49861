#!/usr/bin/env bats
# The Prometheus exporter of a running server.
load lib

setup() { H=; SERVER_PID=; }
teardown() { end_host; }

# fetch PATH: body of GET, as any HTTP client sees it.
fetch() {
	python3 -c 'import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=10) as r: sys.stdout.write(r.read().decode())' \
		"http://127.0.0.1:$TELEMETRY_PORT$1"
}
# Another system on this machine may take the place of an engine's shared memory, so shows_rank is waited for.
shows_rank() { fetch /metrics | grep -q "^engine_[a-z_]*{.*rank=\"$1\"" 2>/dev/null; }
lacks_rank() { ! shows_rank "$1"; }
logged() { grep -q "$1" "$H/log/server.log"; }

# telemetry_host [ENGINES]
telemetry_host() {
	new_host "${1:-1}"
	TELEMETRY_PORT=$(free_port)
	config_line "telemetry_port: $TELEMETRY_PORT"
	start_server --auto-format
	wait_until 20 all_joined "${1:-1}"
}

@test "metrics of each engine are shown with its rank" {
	telemetry_host 2
	wait_until 20 logged 'telemetry is exported at'
	wait_until 10 shows_rank 0
	wait_until 10 shows_rank 1
	run fetch /metrics
	[ "$status" = 0 ]
	[[ $output == *"process_resident_memory_bytes "* ]]
	[[ $output == *"# TYPE engine_"* ]]
	run fetch /
	[[ $output == *'href="/metrics"'* ]]
}

@test "a stopped engine is not shown until it is back" {
	telemetry_host 2
	wait_until 10 shows_rank 1
	dmg system stop --ranks 1
	lacks_rank 1
	dmg system start --ranks 1
	wait_until 20 shows_rank 1
}

@test "a telemetry port that is taken does not stop the server" {
	new_host
	config_line "telemetry_port: $PORT"
	start_server --auto-format
	wait_until 20 all_joined 1
	wait_until 10 logged 'telemetry is not exported: .*in use'
	dmg system query
}

@test "a server without telemetry_port does not load the HTTP library" {
	new_system
	run grep -E "microhttpd|gnutls" "/proc/$SERVER_PID/maps"
	[ "$status" = 1 ]
}
