#!/usr/bin/env bats
# scripts/quickstart: from nothing to a joined rank, twice, stopped, started again, wiped.
load lib

setup() { Q=$(mktemp -d "${TMPDIR:-/tmp}/daos-quick.XXXXXX"); }
teardown() {
	quickstart --wipe >/dev/null || true
	rm -rf "$Q"
}

quickstart() { "$TOP/scripts/quickstart" --build "$BUILD_DIR" --dir "$Q" "$@" 3>&-; }

@test "from nothing to a joined rank, again without harm, stop, start, wipe" {
	run quickstart --port "$(free_port)" --scm dir
	[ "$status" = 0 ]
	[[ $output == *"0    "*"Joined"* ]]
	uuid=$(grep ^uuid "$Q/scm0/superblock")
	run quickstart
	[ "$status" = 0 ]
	[[ $output == *"running already"*"formatted already"*"Joined"* ]]
	run quickstart --stop
	[ "$status" = 0 ]
	[[ $output == *"stopped"* ]]
	run quickstart
	[ "$status" = 0 ]
	[[ $output == *"Joined"* ]]
	[ "$(grep ^uuid "$Q/scm0/superblock")" = "$uuid" ]
	run quickstart --wipe
	[ "$status" = 0 ]
	[ ! -e "$Q/scm0" ]
}

@test "an option nobody knows is named" {
	run quickstart --frobnicate
	[ "$status" = 1 ]
	[[ $output == *"--frobnicate"* ]]
}

@test "another port than the system was made with is refused" {
	run quickstart --port "$(free_port)" --scm dir
	[ "$status" = 0 ]
	run quickstart --port 1
	[ "$status" = 1 ]
	[[ $output == *"--wipe"* ]]
}
