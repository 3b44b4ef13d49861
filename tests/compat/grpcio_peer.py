#!/usr/bin/env python3
"""Debian's python3-grpcio on the other side of the rpc room.

usage: grpcio_peer.py client PORT STUBS [CERTIFICATES]    calls rpc_server, prints TAP
       grpcio_peer.py server STUBS [CERTIFICATES]         serves rpc_client, prints its port, ends with standard input
"""
import concurrent.futures
import sys
import threading

import grpc

MAX = [("grpc.max_receive_message_length", 4 << 20)]
REPLICAS = '["10.0.0.1:10001","10.0.0.2:10001"]'


def credentials_of(directory, role):
    read = lambda name: open(f"{directory}/{name}", "rb").read()
    return read("daosCA.crt"), read(f"{role}.key"), read(f"{role}.crt")


def load(stubs):
    sys.path.insert(0, stubs)
    from google import status_pb2  # our google/status.proto, beside the generated packages
    from mgmt import pool_pb2, svc_pb2, system_pb2

    return status_pb2, pool_pb2, svc_pb2, system_pb2


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def ok(self, good, what, why=""):
        self.n += 1
        self.failed += not good
        if not good:
            print(f"# {why}")
        print(f"{'ok' if good else 'not ok'} {self.n} - {what}")


# ---- client ----


def error_of(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except grpc.RpcError as e:
        return e
    return None


def info_of(status_pb2, error):
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            info = status_pb2.ErrorInfo()
            info.ParseFromString(status_pb2.Status.FromString(value).details[0].value)
            return info.reason, dict(info.metadata)
    return None, {}


def client(port, stubs, directory):
    status_pb2, pool_pb2, svc_pb2, system_pb2 = load(stubs)
    tap = Tap()
    if directory:
        ca, key, cert = credentials_of(directory, "admin")
        options = MAX + [("grpc.ssl_target_name_override", "server")]
        channel = grpc.secure_channel(f"127.0.0.1:{port}", grpc.ssl_channel_credentials(ca, key, cert), options)
    else:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", MAX)
    meta = (("x-daos-component", "admin"), ("x-daos-version", "2.8.0"))

    def method(name, request, response):
        return channel.unary_unary(f"/mgmt.MgmtSvc/{name}", request.SerializeToString, response.FromString)

    echo = method("LeaderQuery", svc_pb2.LeaderQueryReq, svc_pb2.LeaderQueryResp)
    fail = method("PoolDestroy", pool_pb2.PoolDestroyReq, pool_pb2.PoolDestroyResp)
    hold = method("SystemErase", system_pb2.SystemEraseReq, system_pb2.SystemEraseResp)
    say = lambda text: svc_pb2.LeaderQueryReq(hosts=text)

    tap.ok(echo(say("hello"), timeout=20, metadata=meta).current_leader == "hello", "a call is answered")
    large = "x" * (3 << 20)
    tap.ok(echo(say(large), timeout=20).current_leader == large, "three MiB both ways")
    e = error_of(echo, say("x" * (5 << 20)), timeout=20)
    tap.ok(e and e.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, "five MiB are refused", e)
    calls = [echo.future(say(str(i)), timeout=20) for i in range(100)]
    tap.ok([c.result().current_leader for c in calls] == [str(i) for i in range(100)], "100 calls at once")
    expected = {
        "fault": ("INTERNAL", "proto.fault.Fault", {"Code": "603", "Domain": "server", "Description": 'r\u00e9quest 100% for "x"'}),
        "status": ("INTERNAL", "proto.daos.DaosStatus", {"Status": "-1005"}),
        "not replica": ("INTERNAL", "proto.system.ErrNotReplica", {"Replicas": REPLICAS}),
        "not leader": ("INTERNAL", "proto.system.ErrNotLeader", {"LeaderHint": "10.0.0.9:10001", "Replicas": REPLICAS}),
        "no pool": ("INTERNAL", "proto.system.ErrPoolNotFound", {"PoolInfo": '{"Rank":null,"UUID":null,"Label":"tank"}'}),
        "plain": ("UNKNOWN", None, {}),
        "other": ("PERMISSION_DENIED", None, {}),
    }
    for how, (code, reason, metadata) in expected.items():
        e = error_of(fail, pool_pb2.PoolDestroyReq(id=how), timeout=20)
        got_reason, got = info_of(status_pb2, e)
        good = e.code().name == code and got_reason == reason and metadata.items() <= got.items()
        tap.ok(good, how, f"{e.code()} {e.details()} {got_reason} {got}")
    tap.ok(error_of(fail, pool_pb2.PoolDestroyReq(id="plain"), timeout=20).details()
           == "raft service unavailable (not started yet?)", "text of a plain error")
    e = error_of(hold, system_pb2.SystemEraseReq(), timeout=0.2)
    tap.ok(e.code() == grpc.StatusCode.DEADLINE_EXCEEDED, "a deadline passes", e)
    call = hold.future(system_pb2.SystemEraseReq())
    tap.ok(call.cancel() and echo(say("after"), timeout=20).current_leader == "after", "a call is cancelled")
    unknown = channel.unary_unary("/mgmt.MgmtSvc/Nope", lambda x: x, lambda x: x)
    e = error_of(unknown, b"", timeout=20)
    tap.ok(e.code() == grpc.StatusCode.UNIMPLEMENTED, "an unknown method is Unimplemented", e)
    e = error_of(echo, say("x" * 2000), timeout=20, compression=grpc.Compression.Gzip)
    tap.ok(e and e.code() == grpc.StatusCode.UNIMPLEMENTED, "a compressed message is refused", e)
    if directory:
        join = channel.unary_unary("/mgmt.MgmtSvc/GetAttachInfo", lambda x: x, lambda x: x)
        e = error_of(join, b"", timeout=20)
        tap.ok(e.code() == grpc.StatusCode.PERMISSION_DENIED, "the agent's method is not the administrator's", e)
        ca, _, _ = credentials_of(directory, "admin")
        bare = grpc.secure_channel(f"127.0.0.1:{port}", grpc.ssl_channel_credentials(ca),
                                   [("grpc.ssl_target_name_override", "server")])
        e = error_of(bare.unary_unary("/mgmt.MgmtSvc/LeaderQuery"), b"", timeout=20)
        tap.ok(e.code() == grpc.StatusCode.UNAVAILABLE, "no client certificate", e)
    print(f"1..{tap.n}")
    return tap.failed > 0


# ---- server ----


def server(stubs, directory):
    status_pb2, pool_pb2, svc_pb2, system_pb2 = load(stubs)

    def echo(request, context):
        return svc_pb2.LeaderQueryResp(current_leader=request.hosts)

    def fail(request, context):
        def typed(reason, text, **metadata):
            info = status_pb2.ErrorInfo(reason=reason, domain="DAOS", metadata=metadata)
            status = status_pb2.Status(code=13, message=text)
            status.details.add(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=info.SerializeToString())
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(grpc.StatusCode.INTERNAL, text)

        if request.id == "fault":
            typed("proto.fault.Fault", "x", Domain="server", Code="603", Description='r\u00e9quest 100% for "x"',
                  Reason="r", Resolution="s")
        if request.id == "status":
            typed("proto.daos.DaosStatus", "x", Status="-1005")
        if request.id == "not replica":
            typed("proto.system.ErrNotReplica", "x", Replicas=REPLICAS)
        if request.id == "not leader":
            typed("proto.system.ErrNotLeader", "x", LeaderHint="10.0.0.9:10001", Replicas=REPLICAS)
        if request.id == "no pool":
            typed("proto.system.ErrPoolNotFound", "x", PoolInfo='{"Rank":null,"UUID":null,"Label":"tank"}')
        if request.id == "plain":
            context.abort(grpc.StatusCode.UNKNOWN, "raft service unavailable (not started yet?)")
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "denied")

    def hold(request, context):
        gone = threading.Event()
        context.add_callback(gone.set)
        gone.wait(20)
        return system_pb2.SystemEraseResp()

    def unary(function, request, response):
        return grpc.unary_unary_rpc_method_handler(function, request.FromString, response.SerializeToString)

    handlers = {
        "LeaderQuery": unary(echo, svc_pb2.LeaderQueryReq, svc_pb2.LeaderQueryResp),
        "PoolDestroy": unary(fail, pool_pb2.PoolDestroyReq, pool_pb2.PoolDestroyResp),
        "SystemErase": unary(hold, system_pb2.SystemEraseReq, system_pb2.SystemEraseResp),
    }
    s = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=8), options=MAX)
    s.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("mgmt.MgmtSvc", handlers),))
    if directory:
        ca, key, cert = credentials_of(directory, "server")
        port = s.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, cert)], ca, True))
    else:
        port = s.add_insecure_port("127.0.0.1:0")
    s.start()
    print(port, flush=True)
    sys.stdin.read()
    s.stop(0).wait()
    return 0


if __name__ == "__main__":
    arguments = sys.argv[2:] + [None]
    sys.exit(client(*arguments[:3]) if sys.argv[1] == "client" else server(*arguments[:2]))
