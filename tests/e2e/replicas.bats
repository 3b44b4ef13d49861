#!/usr/bin/env bats
# Three replicas of the management service on one machine: joining, kill -9 of leader and follower, a leader
# that hangs, restart, lost quorum.
load lib

setup() { H=; SERVER_PID=; N_HOSTS=0; }
teardown() { end_hosts; }

# rank_of I: the rank of host I, by its address.
rank_of() { dmg_json system query | jq -r ".response.members[] | select(.addr == \"127.0.0.$1:$PORT\") | .rank"; }

@test "three hosts join and are all replicas" {
	new_hosts_system 3
	[ "$(leader)" = "127.0.0.1:$PORT" ]
	run dmg system leader-query
	[ "$status" = 0 ]
	[[ $output == *"127.0.0.1:$PORT"*"127.0.0.2:$PORT"*"127.0.0.3:$PORT"* ]]
	[ "$(dmg_json system query | jq -c '[.response.members[].rank]')" = '[0,1,2]' ]
	[ "$(rank_of 1)" = 0 ]
	for i in 2 1 3; do
		on $i stop_server
		[ "$SERVER_STATUS" = 0 ]
	done
}

is_leader() { [ "$(leader_host)" = "$1" ]; }
# engine_ready I RANK: the engine of host I, since its server's start, is up with that rank.
engine_ready() { grep -q "instance 0 is ready: rank=$2 " "$H/$1/log/server.out"; }
# knows I N: the replica of host I, asked alone, has N members.
knows() { [ "$(on "$1" dmg_json system query 2>/dev/null | jq '.response.members | length')" = "$2" ]; }
# leads_still I: host I leads and has not stopped to since its server's start.
leads_still() { is_leader "$1" && ! grep -q 'no longer leads' "$H/$1/log/server.out"; }

@test "the leader is killed: another leads, stops and starts ranks, takes the next join" {
	new_hosts 4 3
	for i in 1 2 3; do
		on $i start_server
		on $i wait_until 20 await_format
	done
	dmg -l "127.0.0.[1-3]:$PORT" storage format
	wait_until 30 all_joined 3
	wait_until 20 replicas_added 2
	was=$(leader_host)
	rank=$(rank_of "$was")
	kill_host "$was"
	wait_until 20 has_leader "$was"
	others=$(dmg_json system query | jq -r "[.response.members[] | select(.rank != $rank) | .rank] | join(\",\")")
	run dmg system stop --ranks "$others"
	[ "$status" = 0 ]
	[ "$(rank_state "${others%,*}")" = stopped ]
	run dmg system start --ranks "$others"
	[ "$status" = 0 ]
	wait_until 20 rank_is "${others%,*}" joined
	wait_until 20 rank_is "${others#*,}" joined

	on 4 start_server
	on 4 wait_until 20 await_format
	dmg -l "127.0.0.4:$PORT" storage format
	wait_until 20 rank_is 3 joined
	[ "$(rank_of 4)" = 3 ]
	now=$(leader_host)

	on "$was" start_server
	wait_until 20 engine_ready "$was" "$rank"
	wait_until 20 knows "$was" 4
	wait_until 20 leads_still "$now"
	[ "$(rank_of "$was")" = "$rank" ]
}

@test "a follower is killed: nothing changes for the others, and it comes back with its rank" {
	new_hosts_system 3
	was=$(leader_host)
	follower=$((was % 3 + 1))
	rank=$(rank_of $follower)
	kill_host $follower
	wait_until 20 leads_still "$was"
	run dmg system stop --ranks 0
	[ "$status" = 0 ]
	run dmg system start --ranks 0
	[ "$status" = 0 ]
	wait_until 20 rank_is 0 joined
	on $follower start_server
	wait_until 20 engine_ready $follower "$rank"
	wait_until 20 leads_still "$was"
	[ "$(rank_of $follower)" = "$rank" ]
	wait_until 20 knows $follower 3
}

@test "all are killed and started at once" {
	new_hosts_system 3
	before=$(dmg_json system query | jq -c '[.response.members[] | {rank, uuid, addr}]')
	for i in 1 2 3; do kill_host $i; done
	each_host start_server
	wait_until 20 has_leader
	for i in 1 2 3; do wait_until 20 engine_ready $i "$(jq -r ".[] | select(.addr == \"127.0.0.$i:$PORT\") | .rank" <<<"$before")"; done
	[ "$(dmg_json system query | jq -c '[.response.members[] | {rank, uuid, addr}]')" = "$before" ]
	all_joined 3
}

@test "without quorum what needs the leader is refused with the replicas named, and reads go on" {
	new_hosts_system 3
	was=$(leader_host)
	a=$((was % 3 + 1)) b=$(((was + 1) % 3 + 1))
	kill_host $a
	kill_host $b
	wait_until 20 grep -q 'no longer leads' "$H/$was/log/server.log"
	[ -z "$(leader)" ]
	knows "$was" 3
	"$DMG" -o "$H/$was/conf/control.yml" system stop >/dev/null 2>&1 3>&- &
	EXTRA_PIDS=$!
	refused() {
		grep 'SystemStop from .* refused: not the DAOS Management Service leader (try one of' "$H/$was/log/server.log" |
			grep "127.0.0.$a:$PORT" | grep -q "127.0.0.$b:$PORT"
	}
	wait_until 5 refused
	kill "$EXTRA_PIDS"

	on $a start_server
	wait_until 20 has_leader
	wait_until 20 all_joined 3
	run dmg system stop --ranks "$(rank_of "$was")"
	[ "$status" = 0 ]
}

# another_leads BUT: a host that is not BUT has become leader.
another_leads() {
	local i
	for i in 1 2 3; do
		[ $i = "$1" ] || ! grep -q 'leads the management service' "$H/$i/log/server.log" || return 0
	done
	return 1
}

@test "a leader that hangs is replaced, and follows when it goes on" {
	new_hosts_system 3
	was=$(leader_host)
	kill -STOP "${HOSTS[$was]}"
	wait_until 20 another_leads "$was"
	kill -CONT "${HOSTS[$was]}"
	wait_until 20 grep -q 'no longer leads' "$H/$was/log/server.log"
	wait_until 20 has_leader "$was"
	run dmg system stop --ranks "$(rank_of "$was")"
	[ "$status" = 0 ]
	run dmg system start --ranks "$(rank_of "$was")"
	[ "$status" = 0 ]
	wait_until 20 all_joined 3
}

plain() {
	sed -i -e '/^transport_config:/,/^  client_cert_dir/d' "$H/conf/server.yml"
	config_line 'transport_config: {allow_insecure: true}'
}

@test "replicas without TLS" {
	new_hosts 3
	each_host plain
	sed -i '/^transport_config:/,$d' "$H/conf/control.yml"
	echo 'transport_config: {allow_insecure: true}' >>"$H/conf/control.yml"
	each_host start_server
	each_host wait_until 20 await_format
	dmg storage format
	wait_until 30 all_joined 3
	wait_until 20 replicas_added 2
	was=$(leader_host)
	kill_host "$was"
	wait_until 20 has_leader "$was"
	all_joined 3
}

erased() { [ ! -e "$H/$1/scm0/control_raft" ] && [ ! -e "$H/$1/scm0/superblock" ]; }

@test "an erasure reaches all replicas, whichever was asked" {
	new_hosts_system 3
	wait_until 20 replicas_added 2
	dmg system stop
	run dmg system erase
	[ "$status" = 0 ]
	for i in 1 2 3; do
		wait_until 20 erased $i
	done
}
