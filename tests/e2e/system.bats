#!/usr/bin/env bats
# Commands about the system as a whole: attributes, properties.
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
