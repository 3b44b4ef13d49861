#!/usr/bin/env bats
# Engines that cannot be started or misbehave: told at once, with the cause and their last lines; the server goes on.
load lib

FAKE=$LIB/fake_engine

setup() { new_host; }
teardown() { end_host; }

# Runs `script` (see tests/lib/fake_engine.c) in the engine's place.
fake() {
	printf '%s\n' "$1" >"$H/scm0/fake_engine.script"
	config_line "engine_path: $FAKE"
}

# Storage that is formatted already, so that a start goes straight to the engine.
formatted() {
	start_server --auto-format
	wait_until 20 all_joined 1
	stop_server
}

log_has() { grep -qE "$1" "$H/log/server.out"; }

@test "engine program missing" {
	formatted
	config_line "engine_path: $H/nosuch"
	start_server
	wait_until 20 log_has "$H/nosuch"
	server_alive
	run dmg system leader-query
	[ "$status" = 0 ]
}

@test "engine program not executable" {
	formatted
	: >"$H/notexec"
	config_line "engine_path: $H/notexec"
	start_server
	wait_until 20 log_has "$H/notexec"
	server_alive
}

@test "engine exits at once, its last lines are reported" {
	formatted
	fake 'print cannot find my storage; exit 3'
	start_server
	wait_until 20 log_has 'exit status 3'
	log_has 'cannot find my storage'
	server_alive
}

@test "engine is killed before it is ready" {
	formatted
	fake 'print about to die; signal 9'
	start_server
	wait_until 20 log_has 'signal: killed'
	server_alive
}

@test "engine exits after it was ready" {
	formatted
	fake 'listen; notify; serve 3; print had enough; exit 7'
	start_server
	wait_until 20 log_has 'exit status 7'
	server_alive
	wait_until 20 rank_is 0 errored
	run dmg system query -v
	[[ $output == *"exit status 7"* ]]
}

@test "engine hangs before it is ready" {
	formatted
	fake 'print waiting for nothing; hang'
	config_line 'engine_ready_timeout: 1'
	start_server
	wait_until 20 log_has 'did not report ready within 1 s.*waiting for nothing'
	server_alive
	fake_gone() { [ -z "$(pgrep -P "$SERVER_PID" -x fake_engine)" ]; }
	wait_until 10 fake_gone
}

@test "system start tells at once why a rank did not start" {
	formatted
	fake 'listen; notify; serve 3; print had enough; exit 7'
	start_server
	wait_until 20 rank_is 0 errored
	printf '%s\n' 'print bad memory; exit 9' >"$H/scm0/fake_engine.script"
	run dmg system start
	[ "$status" = 1 ]
	[[ $output == *"exit status 9"* ]]
	[[ $output == *"bad memory"* ]]
}

@test "engine answers garbage" {
	formatted
	fake 'listen; notify; garbage'
	start_server
	wait_until 20 log_has 'ERROR'
	server_alive
	[ -z "$(pgrep -P "$SERVER_PID" -x fake_engine)" ] || wait_until 10 eval '[ -z "$(pgrep -P "$SERVER_PID" -x fake_engine)" ]'
}

@test "engine refuses to be set up" {
	formatted
	fake 'listen; notify; status -1025; serve'
	start_server
	wait_until 20 log_has 'DER_MISC|-1025'
	server_alive
}

@test "a stopped engine is started again after its program was mended" {
	formatted
	fake 'exit 3'
	start_server
	wait_until 20 log_has 'exit status 3'
	rm "$H/scm0/fake_engine.script"
	run dmg system start
	[ "$status" = 0 ]
	wait_until 20 rank_is 0 joined
}

@test "engine output is captured with its index" {
	formatted
	fake 'out said on stdout; print said on stderr; listen; notify; serve'
	start_server
	wait_until 20 log_has 'daos_engine:0.*said on stdout'
	wait_until 20 log_has 'ERROR.*daos_engine:0.*said on stderr'
}
