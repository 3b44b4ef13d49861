#!/usr/bin/env bats
# Many hosts that join one server at once, played by storm, which checks each answer.
load lib

setup() { H=; SERVER_PID=; EXTRA_PIDS=; HOST_PORT=; }
teardown() { end_host; }

STORM=$BUILD_DIR/tests/bench/storm

# storm_args MODE [OPTION…]: fills ARGS for a run as the mode's component, against the server of this test.
storm_args() {
	local mode=$1 cn=server
	shift
	[ "$mode" != query ] || cn=admin
	HOST_PORT=${HOST_PORT:-$(free_port)} # the server itself has PORT on all addresses
	ARGS=(--server "127.0.0.1:$PORT" --state "$H/storm" --host-port "$HOST_PORT" --ca "$H/certs/daosCA.crt"
		--cert "$H/certs/$cn.crt" --key "$H/certs/$cn.key" "$@" "$mode")
}
storm() {
	storm_args "$@"
	run "$STORM" "${ARGS[@]}"
}
figure() { awk -v name="$1" '$1 == name { print $2 }' <<<"$output"; }

@test "hosts join at once, join again, and all are members" {
	new_system
	storm join --hosts 16 --engines 2
	[ "$status" = 0 ]
	[ "$(figure join_answers)" = 32 ]
	storm query --calls 20 --clients 2
	[ "$status" = 0 ]
	[ "$(figure query_members)" = 33 ]
	storm rejoin --engines 2
	[ "$status" = 0 ]
	[ "$(figure rejoin_answers)" = 32 ]
	[ "$(figure refused)" = 0 ]
	storm query --calls 1
	[ "$status" = 0 ]
	# the members survive the server, with their ranks and incarnations
	stop_server
	start_server
	wait_until 20 all_joined 33
	storm query --calls 1
	[ "$status" = 0 ]
	[ "$(figure wrong_answers)" = 0 ]
}

@test "an answer that disagrees with what was told before is reported" {
	new_system
	storm join --hosts 4 --engines 2
	[ "$status" = 0 ]
	awk 'NR == 2 { $2 = 77 } { print }' "$H/storm" >"$H/other" && mv "$H/other" "$H/storm"
	storm query --calls 1
	[ "$status" = 1 ]
	[[ $output == *"has rank 77, the answer says"* ]]
}

@test "a system stop and start reach the stand-ins of many hosts" {
	new_system
	storm join --hosts 16 --engines 2
	[ "$status" = 0 ]
	storm_args hosts --engines 2
	"$STORM" "${ARGS[@]}" >"$H/hosts.out" 3>&- &
	EXTRA_PIDS=$!
	wait_until 20 grep -q '^hosts_listening 16 ' "$H/hosts.out"
	run dmg system stop --ranks=1-32
	[ "$status" = 0 ]
	run dmg_json system query --ranks=1-32
	[ "$(jq '[.response.members[] | select(.state == "stopped")] | length' <<<"$output")" = 32 ]
	storm query --calls 1
	[ "$status" = 1 ] # nobody told storm
	storm query --calls 1 --any-state
	[ "$status" = 0 ]
	run dmg system start --ranks=1-32
	[ "$status" = 0 ]
}
