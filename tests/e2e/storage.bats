#!/usr/bin/env bats
# Formatting that must be refused or must go on after an interruption.
load lib

setup() { new_host; }
teardown() {
	local m
	for m in ${MOUNTS:-}; do umount "$m" 2>/dev/null; done
	end_host
}

needs_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }

class_ram() { config_set "s/class: dir/class: ram\n    scm_size: 4/"; }

add_bdev() { # CLASS LIST [SIZE]
	printf '  - class: %s\n    bdev_list: [%s]\n%s' "$1" "$2" "${3:+    bdev_size: $3
}" >>"$H/conf/server.yml"
	config_set '/disable_hugepages/d'
}

format_fails() { # TEXT
	run dmg storage format
	[ "$status" = 1 ]
	[[ $output == *"$1"* ]] || { echo "missing \"$1\" in: $output"; return 1; }
	[ ! -e "$H/scm0/superblock" ]
}

@test "ram: a tmpfs of the configured size is mounted, and mounted again after a restart of the server" {
	needs_root
	class_ram
	start_server
	dmg storage format
	wait_until 20 all_joined 1
	[ "$(findmnt -n -o FSTYPE,SIZE --bytes "$H/scm0" | tr -s ' ')" = "tmpfs 4294967296" ]
	findmnt -n -o OPTIONS "$H/scm0" | grep -q noatime
	stop_server KILL || true
	start_server
	wait_until 20 all_joined 1
}

@test "ram: without root it is refused with what to do" {
	[ "$(id -u)" = 0 ] && ! command -v runuser >/dev/null && skip "needs runuser"
	class_ram
	chmod 0755 "$H"; chown -R nobody "$H"
	runuser -u nobody -- env HOME=/ "$BIN/daos_server" start -o "$H/conf/server.yml" >"$H/log/server.out" 2>&1 3>&- &
	SERVER_PID=$!
	wait_until 20 server_listening
	if server_alive; then
		run dmg storage format
		[ "$status" = 1 ]
	else
		output=$(cat "$H/log/server.out")
	fi
	[[ $output == *root* ]]
}

@test "dir: a directory with foreign files is not taken" {
	echo precious >"$H/scm0/letter.txt"
	start_server
	run dmg storage format
	[ "$(cat "$H/scm0/letter.txt")" = precious ]
}

@test "formatted already: a second format says so and keeps the data" {
	start_server --auto-format
	wait_until 20 all_joined 1
	uuid=$(grep ^uuid "$H/scm0/superblock")
	dmg system stop
	run dmg storage format
	[ "$status" = 1 ]
	[[ $output == *"code = 509"* ]]
	[ "$(grep ^uuid "$H/scm0/superblock")" = "$uuid" ]
}

@test "file device: created with its size, mode and listed in daos_nvme.conf" {
	add_bdev file "$H/aio0" 1
	start_server
	run dmg storage format -v
	[ "$status" = 0 ]
	[[ $output == *"$H/aio0 CTL_SUCCESS"* ]]
	[ "$(stat -c '%s %a' "$H/aio0")" = "1073741824 660" ]
	[ "$(jq -r '.subsystems[0].config[] | select(.method == "bdev_aio_create") | .params.filename' "$H/scm0/daos_nvme.conf")" = "$H/aio0" ]
	wait_until 20 all_joined 1
}

@test "file device: no space is told per device, no superblock is written" {
	needs_root
	mkdir "$H/small"
	mount -t tmpfs -o size=16m tmpfs "$H/small"
	MOUNTS=$H/small
	add_bdev file "$H/small/aio0" 1
	start_server
	format_fails "$H/small/aio0"
}

@test "file device: read-only file system" {
	needs_root
	mkdir "$H/ro"
	mount -t tmpfs -o ro tmpfs "$H/ro"
	MOUNTS=$H/ro
	add_bdev file "$H/ro/aio0" 1
	start_server
	format_fails "$H/ro/aio0"
}

@test "block device: missing, then present" {
	needs_root
	truncate -s 1G "$H/disk"
	add_bdev kdev "$H/nosuchdev"
	start_server
	format_fails "$H/nosuchdev"
	stop_server
	loop=$(losetup --find --show "$H/disk" 2>/dev/null) || skip "no loop devices"
	config_set "s|$H/nosuchdev|$loop|"
	start_server
	run dmg storage format -v
	losetup -d "$loop" || true
	[ "$status" = 0 ]
	[[ $output == *"$loop CTL_SUCCESS"* || $output == *"$loop "*CTL_SUCCESS* ]]
}

@test "killed during the format, the next run formats" {
	add_bdev file "$H/aio0" 1
	for delay in 0 0.002 0.005 0.01 0.02 0.04; do
		start_server
		dmg storage format >/dev/null 2>&1 &
		client=$!
		read -r -t "$delay" <> <(:) || true
		stop_server KILL || true
		wait "$client" || true
	done
	start_server
	[ -e "$H/scm0/superblock" ] || dmg storage format
	wait_until 20 all_joined 1
	[ "$(dmg_json system query | jq '.response.members | length')" = 1 ]
}
