#!/usr/bin/env bats
# Certificates that must be refused, on either side.
load lib

setup() { new_host; }
teardown() { end_host; }

refused() { # TEXT…
	run_server
	[ "$status" = 1 ]
	for text in "$@"; do
		[[ $output == *"$text"* ]] || { echo "missing \"$text\" in: $output"; return 1; }
	done
}

other_ca() { "$TOP/scripts/make-certificates" --key ec:P-256 "$H/other"; }

@test "missing certificate" {
	rm -f "$H/certs/server.crt"
	refused "code = 901" "$H/certs/server.crt"
}

@test "key with a mode that is too wide" {
	chmod 0644 "$H/certs/server.key"
	refused "$H/certs/server.key"
}

@test "expired certificate" {
	openssl x509 -req -in <(openssl req -new -key "$H/certs/server.key" -subj /O=DAOS/CN=server) -days -1 \
		-CA "$H/certs/daosCA.crt" -CAkey "$H/certs/private/daosCA.key" -set_serial 7 -out "$H/certs/server.crt" 2>/dev/null ||
		skip "this openssl makes no expired certificates"
	refused "code = 903" "$H/certs/server.crt"
}

@test "certificate of another authority" {
	other_ca
	cp -f "$H/other/server.crt" "$H/other/server.key" "$H/certs/"
	refused "code = 903"
}

@test "key of another certificate" {
	cp -f "$H/certs/admin.key" "$H/certs/server.key"
	refused "server.key"
}

@test "client: certificate of another component" {
	start_server
	sed -i "s/admin\./agent./" "$H/conf/control.yml"
	run dmg system query
	[ "$status" = 1 ]
	[[ $output == *'rpc error: code = PermissionDenied desc = version check failed for *mgmt.SystemQueryReq: rpc error: code = PermissionDenied desc = component mismatch (req: "admin" != cert: "agent")'* ]]
}

@test "client: certificate of another authority" {
	start_server
	other_ca
	cp -f "$H/other/admin.crt" "$H/other/admin.key" "$H/other/daosCA.crt" "$H/certs/"
	run timeout 30 "$BIN/dmg" -o "$H/conf/control.yml" system query
	[ "$status" = 1 ]
	[[ $output == *"certificate"* ]]
}

@test "client: plaintext to a TLS port and the reverse" {
	start_server
	run timeout 30 "$BIN/dmg" -i -o "$H/conf/control.yml" system query
	[ "$status" = 1 ]
	[[ $output == *"ERROR: dmg: "* ]]
	stop_server
	start_server --insecure
	run timeout 30 "$BIN/dmg" -o "$H/conf/control.yml" system query
	[ "$status" = 1 ]
	[[ $output == *"ERROR: dmg: "* ]]
	run dmg -i system leader-query
	[ "$status" = 0 ]
}

@test "client: wrong system name" {
	start_server
	sed -i 's/^name: .*/name: other/' "$H/conf/control.yml"
	run dmg system query
	[ "$status" = 1 ]
	[[ $output == *"server: code = 603"* ]]
}

@test "SIGHUP takes new certificates without dropping the server" {
	start_server
	old=$(openssl x509 -in "$H/certs/server.crt" -noout -serial)
	rm -f "$H/certs/server.crt" "$H/certs/server.key"
	"$TOP/scripts/make-certificates" --key ec:P-256 "$H/certs"
	kill -HUP "$SERVER_PID"
	shows_new() {
		local now
		now=$(openssl s_client -connect "127.0.0.1:$PORT" -alpn h2 -cert "$H/certs/admin.crt" -key "$H/certs/admin.key" \
			</dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null)
		[ -n "$now" ] && [ "$now" != "$old" ]
	}
	wait_until 10 shows_new
	run dmg system leader-query
	[ "$status" = 0 ]
}
