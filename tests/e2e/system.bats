#!/usr/bin/env bats
# Commands about the system as a whole: attributes, properties, exclusion, erasure.
load lib

setup() { H=; SERVER_PID=; }
teardown() { end_host; }

@test "attributes are set, shown, deleted and survive a restart" {
	new_system
	run dmg system get-attr
	[[ $output == *"No system attributes found."* ]]
	run dmg_json system get-attr
	[ "$(jq -c .response <<<"$output")" = '{"attributes":null}' ]
	run dmg system set-attr owner:tina,site:north
	[ "$output" = "system set-attr succeeded" ]
	[ "$(dmg_json system get-attr | jq -cS .response.attributes)" = '{"owner":"tina","site":"north"}' ]
	[ "$(dmg_json system get-attr site | jq -c .response.attributes)" = '{"site":"north"}' ]
	stop_server TERM
	start_server
	wait_until 20 all_joined 1
	dmg system set-attr owner:tom
	run dmg system del-attr site
	[ "$output" = "system del-attr succeeded" ]
	[ "$(dmg_json system get-attr | jq -c .response.attributes)" = '{"owner":"tom"}' ]
	run dmg system get-attr site
	[ "$status" = 1 ]
	[[ $output == *'system get-attr failed: '*'unable to find system attribute with key "site"'* ]]
}

@test "reserved names of attributes are refused and nothing is stored" {
	new_system
	for name in prop.self_heal mgmt.checker_enabled; do
		run dmg system set-attr "a:b,$name:x"
		[ "$status" = 1 ]
		[[ $output == *"cannot set reserved key \"$name\""* ]]
	done
	[ "$(dmg_json system get-attr | jq -c .response.attributes)" = null ]
	run dmg system get-attr prop.self_heal
	[ "$status" = 1 ]
}

@test "properties have defaults, are checked and stored together" {
	new_system
	[ "$(dmg_json system get-prop | jq -c '[.response[] | {key, value}] | sort_by(.key) | map(.value)')" = \
		'["daos_server","2.8.0","off","0","exclude;pool_exclude;pool_rebuild"]' ]
	run dmg system set-prop 'pool_scrub_mode:lazy,SELF_HEAL:exclude;pool_rebuild'
	[ "$output" = "system set-prop succeeded" ]
	[ "$(dmg_json system get-prop self_heal | jq -r '.response[] | select(.key == "self_heal") | .value')" = 'exclude;pool_rebuild' ]
	[ "$(dmg_json system get-prop pool_scrub_mode | jq -r '.response[] | select(.key == "pool_scrub_mode") | .value')" = lazy ]
	run dmg system query
	[[ $output == *"System property self_heal flag disabled: pool_exclude"* ]]
	for bad in self_heal:wat daos_version:9 nosuch:1 pool_scrub_thresh:x pool_scrub_mode:off,self_heal:wat; do
		run dmg system set-prop "$bad"
		[ "$status" = 1 ]
	done
	[ "$(dmg_json system get-prop pool_scrub_mode | jq -r '.response[] | select(.key == "pool_scrub_mode") | .value')" = lazy ]
	[ "$(dmg_json system get-attr | jq -c .response.attributes)" = null ]
}

@test "an excluded rank does not come back until the exclusion is taken back" {
	new_system 2
	run dmg system exclude
	[ "$status" = 1 ]
	[[ $output == *"no ranks or hosts specified"* ]]
	run dmg system exclude --ranks 1,7
	[ "$status" = 1 ]
	[[ $output == *"invalid rank(s): 7"* ]]
	[ "$(rank_state 1)" = joined ]
	run dmg system exclude --ranks 1
	[ "$status" = 0 ]
	[ "$output" = "updated ranks: 1" ]
	[ "$(rank_state 1)" = adminexcluded ]
	run dmg system stop --ranks 1
	[ "$status" = 1 ]
	[[ $output == *"code = 622"* ]]
	dmg system stop
	[ "$(rank_state 1)" = adminexcluded ]
	[ "$(rank_state 0)" = stopped ]
	stop_server TERM
	start_server
	wait_until 20 rank_is 0 joined
	refused() { grep -q 'administratively excluded' "$H/log/server.out"; }
	wait_until 20 refused
	[ "$(rank_state 1)" = adminexcluded ]
	run dmg system clear-exclude --ranks 1
	[ "$output" = "updated ranks: 1" ]
	[ "$(rank_state 1)" = excluded ]
	dmg system start --ranks 1
	wait_until 20 all_joined 2
}

@test "an erased system is formatted again by the same process" {
	new_system 2
	before=$(dmg_json system query | jq -r '.response.members[0].uuid')
	dmg system set-attr a:b
	run dmg system erase
	[ "$status" = 1 ]
	[[ $output == *"system erase requires the following 2 ranks to be stopped: 0-1"* ]]
	dmg system stop
	run dmg system erase
	[ "$status" = 0 ]
	[ -z "$output" ]
	uninitialized() { dmg system query 2>&1 | grep -q 'system is uninitialized'; }
	wait_until 20 uninitialized
	server_alive
	[ ! -e "$H/scm0/control_raft" ]
	[ ! -e "$H/scm0/superblock" ]
	[ ! -e "$H/scm1/superblock" ]
	twice() { [ "$(grep -c 'listening on' "$H/log/server.out")" = 2 ]; }
	wait_until 20 twice
	grep -q "pid $SERVER_PID) listening" "$H/log/server.out"
	# nothing of the first life is held open
	[ "$(ls "/proc/$SERVER_PID/fd" | wc -l)" -lt 40 ]
	formatted() { dmg storage format >/dev/null 2>&1; }
	wait_until 20 formatted
	wait_until 20 all_joined 2
	[ "$(dmg_json system query | jq -r '.response.members[0].uuid')" != "$before" ]
	[ "$(dmg_json system query | jq -c '[.response.members[].rank]')" = '[0,1]' ]
	[ "$(dmg_json system get-attr | jq -c .response.attributes)" = null ]
}

@test "a system without pools says so wherever pools are asked for" {
	new_system
	run dmg pool list
	[ "$status" = 0 ]
	[ "$output" = "No pools in system" ]
	run dmg_json system list-pools
	[ "$(jq -c .response <<<"$output")" = '{"status":0,"pools":null}' ]
	for what in drain reintegrate; do
		run dmg system $what --ranks 0
		[ "$status" = 1 ]
		[[ $output == *"system $what failed: "*"no pool-ranks found to operate on"* ]]
		run dmg system $what --ranks 5
		[[ $output == *"invalid rank(s): 5"* ]]
	done
	run dmg system rebuild start
	[ "$output" = "System-rebuild start request succeeded on 0 pools" ]
	run dmg system rebuild stop --force
	[ "$output" = "System-rebuild stop request succeeded on 0 pools" ]
	run dmg system cleanup node1
	[ "$output" = "No handles cleaned up" ]
}

@test "self-healing asks an engine for dead ranks unless the policy says no" {
	new_system
	run dmg system self-heal eval
	[ "$status" = 0 ]
	[ "$output" = "System self-heal eval request succeeded" ]
	[ "$(rank_state 0)" = joined ]
	dmg system stop
	# without an engine dmg asks again until its own deadline, as upstream's does: it is cut short here
	run timeout 3 "$DMG" -o "$H/conf/control.yml" system self-heal eval
	[ "$status" = 124 ]
	dmg system set-prop self_heal:none
	dmg system self-heal eval
}
