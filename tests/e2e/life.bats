#!/usr/bin/env bats
# One host: start, format, join, query, stop, start, restart, kill -9.
load lib

setup() { H=; SERVER_PID=; }
teardown() { end_host; }

@test "a fresh host starts, formats and joins rank 0" {
	new_host
	start_server
	wait_until 20 await_format
	run dmg storage format
	[ "$status" = 0 ]
	[[ $output == *"Format Summary:"* ]]
	wait_until 20 all_joined 1
	run dmg_json system query
	[ "$status" = 0 ]
	[ "$(jq -r '.response.members[0].rank' <<<"$output")" = 0 ]
	[ "$(jq -r '.response.members[0].state' <<<"$output")" = joined ]
	[ "$(jq -r '.status' <<<"$output")" = 0 ]
	[ "$(jq -r '.error' <<<"$output")" = null ]
}

@test "files have the modes that upstream's have" {
	new_system
	[ "$(stat -c %a "$H/scm0/superblock")" = 660 ]
	[ "$(stat -c %a "$H/scm0/control_raft")" = 770 ]
	[ "$(stat -c %a "$H/run/daos_server.sock")" = 600 ]
	[ "$(stat -c %a "$H/run/.daos_server.active.yml")" = 644 ]
}

@test "an unformatted system says so at once" {
	new_host
	start_server
	run dmg system query
	[ "$status" = 1 ]
	[[ $output == *"system is uninitialized (storage format required?)"* ]]
	run dmg_json system query
	[ "$(jq -r .status <<<"${lines[*]//ERROR*/}")" = -1025 ] || [[ $output == *'"status": -1025'* ]]
	run dmg system leader-query
	[ "$status" = 0 ]
	[[ $output == *"Replica Set: 127.0.0.1:$PORT"* ]]
}

@test "a server that is killed brings the same rank back without a format" {
	new_system
	before=$(dmg_json system query | jq -r '.response.members[0].uuid')
	kill -KILL "$SERVER_PID"
	wait_until 10 server_exited
	SERVER_PID=
	start_server
	wait_until 20 all_joined 1
	[ "$(dmg_json system query | jq -r '.response.members[0].uuid')" = "$before" ]
	[ "$(dmg_json system query | jq -r '.response.members[0].rank')" = 0 ]
	[ "$(dmg_json system query | jq -r '.response.members | length')" = 1 ]
}

@test "engines die with a killed server" {
	new_system
	engine=$(engine_pids)
	[ -n "$engine" ]
	kill -KILL "$SERVER_PID"
	engine_gone() { ! kill -0 "$engine" 2>/dev/null; }
	wait_until 10 engine_gone
	SERVER_PID=
}

@test "SIGTERM ends the server with status 0 and says so" {
	new_system
	stop_server TERM
	[ "$SERVER_STATUS" = 0 ]
	grep -q 'shutting down' "$H/log/server.out"
	[ ! -e "$H/run/daos_server.sock" ]
}

@test "hosts without a rank are named as they were asked for" {
	new_system
	run dmg_json system query --rank-hosts "127.0.0.1:$PORT,nowhere,127.0.0.[7-9],other:5"
	[ "$status" = 1 ]
	[[ $output == *'"error": "non-existent hosts 127.0.0.[7-9],nowhere,other:5"'* ]]
	[[ $output == *'"rank": 0'* ]]
	run dmg system stop --rank-hosts nowhere
	[ "$status" = 1 ]
	[[ $output == *"non-existent hosts nowhere"* ]]
	[ "$(rank_state 0)" = joined ]
}

@test "a metrics port that is not served is named at start" {
	new_host
	config_line 'telemetry_port: 9191'
	start_server
	grep -q 'NOTICE: metrics are not served on telemetry_port 9191' "$H/log/server.out"
}

@test "system stop and start" {
	new_system
	run dmg system stop
	[ "$status" = 0 ]
	[[ ${lines[2]} =~ ^0\ +stop\ +OK ]]
	[ "$(rank_state 0)" = stopped ]
	[ -z "$(engine_pids)" ]
	run dmg system start
	[ "$status" = 0 ]
	[[ ${lines[2]} =~ ^0\ +start\ +OK ]]
	wait_until 20 all_joined 1
}

@test "system stop --full stops gracefully" {
	new_system
	run dmg system stop --full
	[ "$status" = 0 ]
	[ "$(rank_state 0)" = stopped ]
	dmg system start
	wait_until 20 all_joined 1
}

@test "eight engines on one host get eight ranks" {
	new_system 8
	[ "$(dmg_json system query | jq -c '[.response.members[].rank]')" = '[0,1,2,3,4,5,6,7]' ]
	[ "$(dmg_json system query | jq -r '[.response.members[].uuid] | unique | length')" = 8 ]
	run dmg system stop --ranks 3,5
	[ "$status" = 0 ]
	[ "$(rank_state 3)" = stopped ]
	[ "$(rank_state 4)" = joined ]
	run dmg system query
	[[ $output == *"[0-2,4,6-7] Joined"* ]]
}

@test "a format of a running system is refused with fault 509" {
	new_system
	run dmg storage format
	[ "$status" = 1 ]
	[[ $output == *"client: code = 509"* ]]
	run dmg storage format --force
	[ "$status" = 1 ]
	[[ $output == *"client: code = 509"* ]]
}

@test "a killed engine is reported with its cause" {
	new_system
	kill -KILL "$(engine_pids)"
	wait_until 10 rank_is 0 errored
	run dmg system query -v
	[[ $output == *"signal: killed"* ]]
	dmg system start
	wait_until 20 all_joined 1
}

@test "leader query names the leader" {
	new_system
	run dmg system leader-query
	[ "$status" = 0 ]
	[ "${lines[0]}" = "Current Leader: 127.0.0.1:$PORT" ]
}

@test "engine log masks are set and reset" {
	new_system
	run dmg server set-logmasks -m ERR,mgmt=DEBUG
	[ "$status" = 0 ]
	[[ $output == *"Engine log-masks updated successfully on the following host: 127.0.0.1:$PORT"* ]]
	run dmg server set-logmasks
	[ "$status" = 0 ]
	run dmg server set-logmasks -m NOSUCH=DEBUG
	[ "$status" = 1 ]
}

@test "auto-format needs no dmg" {
	new_host
	start_server --auto-format
	wait_until 20 all_joined 1
}

@test "the database survives twenty kills during joins and stops" {
	new_system
	for _ in $(seq 20); do
		kill -KILL "$SERVER_PID"
		wait_until 10 server_exited
		SERVER_PID=
		start_server
	done
	wait_until 20 all_joined 1
	[ "$(dmg_json system query | jq -c '[.response.members[].rank]')" = '[0]' ]
}
