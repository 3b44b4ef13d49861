#!/usr/bin/env bats
# Superblock and database that are truncated, flipped, of a newer version, or not ours: named, refused, left as they are.
load lib

setup() {
	new_host
	start_server --auto-format
	wait_until 20 all_joined 1
	stop_server
}
teardown() { end_host; }

log_has() { grep -qE "$1" "$H/log/server.out"; }

# start_refused TEXT: the instance (or the server) must refuse, naming TEXT; no engine runs.
start_refused() {
	start_server || true
	wait_until 20 log_has "ERROR.*$1"
	if server_alive; then
		[ -z "$(engine_pids)" ]
	fi
}

sum() { cksum <"$1"; }

@test "superblock truncated" {
	truncate -s 40 "$H/scm0/superblock"
	before=$(sum "$H/scm0/superblock")
	start_refused "$H/scm0/superblock"
	[ "$(sum "$H/scm0/superblock")" = "$before" ]
}

@test "superblock with a flipped bit" {
	sed -i 's/^version: 1/versioN: 1/' "$H/scm0/superblock"
	before=$(sum "$H/scm0/superblock")
	start_refused "$H/scm0/superblock"
	[ "$(sum "$H/scm0/superblock")" = "$before" ]
}

@test "superblock of a newer version" {
	sed -i 's/^version: 1/version: 2/' "$H/scm0/superblock"
	start_refused "$H/scm0/superblock"
}

@test "superblock of another system" {
	sed -i 's/^system: .*/system: somebody_else/' "$H/scm0/superblock"
	start_refused "somebody_else"
}

raft_file() { find "$H/scm0/control_raft" -type f -name "$1" | sort | head -n 1; }

@test "database directory unreadable" {
	[ "$(id -u)" != 0 ] || skip "root reads everything"
	chmod 0 "$H/scm0/control_raft"
	start_refused "control_raft"
	chmod 0770 "$H/scm0/control_raft"
}

@test "database metadata with flipped bits" {
	for f in "$H"/scm0/control_raft/metadata*; do
		printf '\377\377\377\377' | dd of="$f" bs=1 seek=0 conv=notrunc status=none
	done
	start_refused "control_raft"
}

@test "database log entry with a flipped bit in the middle" {
	f=$(raft_file 'open-*')
	[ -n "$f" ] || f=$(raft_file '0*-0*')
	printf '\377' | dd of="$f" bs=1 seek=100 conv=notrunc status=none
	before=$(sum "$f")
	start_refused "control_raft"
}

@test "ms status reads a stopped database and changes nothing" {
	before=$(find "$H/scm0/control_raft" -type f -exec cksum {} + | sort)
	run "$BIN/daos_server" ms status -o "$H/conf/server.yml"
	[ "$status" = 0 ]
	[[ $output == *"127.0.0.1:$PORT"* ]]
	[ "$(find "$H/scm0/control_raft" -type f -exec cksum {} + | sort)" = "$before" ]
}
