// npm's @grpc/grpc-js on the other side of the rpc room.
//
// usage: grpcjs_peer.js client PORT PROTO-DIR [CERTIFICATES]   calls rpc_server, prints TAP
//        grpcjs_peer.js server PROTO-DIR [CERTIFICATES]        serves rpc_client, prints its port, ends with standard input
'use strict';

const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const REPLICAS = '["10.0.0.1:10001","10.0.0.2:10001"]';
const NO_POOL = '{"Rank":null,"UUID":null,"Label":"tank"}';
const LIMIT = {'grpc.max_receive_message_length': 4 << 20};

function load(protoDir) {
  const options = {keepCase: true, defaults: true, includeDirs: [protoDir]};
  const definition = loader.loadSync(['mgmt/mgmt.proto', 'google/status.proto'], options);
  const statusType = definition['google.rpc.Status'];
  const infoType = definition['google.rpc.ErrorInfo'];
  return {
    service: grpc.loadPackageDefinition(definition).mgmt.MgmtSvc,
    codec: loadCodec(protoDir),
    types: [statusType, infoType],
  };
}

// proto-loader hides encoders of plain messages; its own protobufjs has them.
function loadCodec(protoDir) {
  const protobuf = require('protobufjs');
  const root = protobuf.loadSync(protoDir + '/google/status.proto');
  return {status: root.lookupType('google.rpc.Status'), info: root.lookupType('google.rpc.ErrorInfo')};
}

const read = (dir, name) => fs.readFileSync(`${dir}/${name}`);

// ---- client ----

async function client(port, protoDir, dir) {
  const {service, codec} = load(protoDir);
  const address = `127.0.0.1:${port}`;
  const options = {...LIMIT, 'grpc.ssl_target_name_override': 'server'};
  const secure = (role) => grpc.credentials.createSsl(read(dir, 'daosCA.crt'),
    role && read(dir, role + '.key'), role && read(dir, role + '.crt'));
  const c = new service(address, dir ? secure('admin') : grpc.credentials.createInsecure(), options);
  let n = 0, failed = 0;
  const ok = (good, what, why) => {
    n++;
    if (!good) {
      failed++;
      console.log('# ' + why);
    }
    console.log(`${good ? 'ok' : 'not ok'} ${n} - ${what}`);
  };
  const call = (method, request, ms = 20000, on = c) => new Promise((resolve) => {
    const meta = new grpc.Metadata();
    meta.set('x-daos-component', 'admin');
    meta.set('x-daos-version', '2.8.0');
    on[method](request, meta, {deadline: Date.now() + ms}, (error, response) => resolve({error, response}));
  });
  const info = (error) => {
    const values = error.metadata.get('grpc-status-details-bin');
    if (values.length === 0)
      return {};
    const decoded = codec.info.decode(codec.status.decode(values[0]).details[0].value);
    return {reason: decoded.reason, metadata: decoded.metadata};
  };

  let r = await call('LeaderQuery', {hosts: 'hello'});
  ok(r.response && r.response.current_leader === 'hello', 'a call is answered', r.error);
  const large = 'x'.repeat(3 << 20);
  r = await call('LeaderQuery', {hosts: large});
  ok(r.response && r.response.current_leader === large, 'three MiB both ways', r.error);
  r = await call('LeaderQuery', {hosts: 'x'.repeat(5 << 20)});
  ok(r.error && r.error.code === grpc.status.RESOURCE_EXHAUSTED, 'five MiB are refused', r.error);
  const many = await Promise.all([...Array(100).keys()].map((i) => call('LeaderQuery', {hosts: String(i)})));
  ok(many.every((m, i) => m.response && m.response.current_leader === String(i)), '100 calls at once', '');

  const expected = {
    'fault': [13, 'proto.fault.Fault', {Code: '603', Domain: 'server', Description: 'r\u00e9quest 100% for "x"'}],
    'status': [13, 'proto.daos.DaosStatus', {Status: '-1005'}],
    'not replica': [13, 'proto.system.ErrNotReplica', {Replicas: REPLICAS}],
    'not leader': [13, 'proto.system.ErrNotLeader', {LeaderHint: '10.0.0.9:10001', Replicas: REPLICAS}],
    'no pool': [13, 'proto.system.ErrPoolNotFound', {PoolInfo: NO_POOL}],
    'plain': [2, undefined, {}],
    'other': [7, undefined, {}],
  };
  for (const [how, [code, reason, metadata]] of Object.entries(expected)) {
    r = await call('PoolDestroy', {id: how});
    const got = info(r.error);
    const same = Object.entries(metadata).every(([key, value]) => got.metadata[key] === value);
    ok(r.error.code === code && got.reason === reason && same, how, `${r.error} ${JSON.stringify(got)}`);
  }
  r = await call('PoolDestroy', {id: 'plain'});
  ok(r.error.details === 'raft service unavailable (not started yet?)', 'text of a plain error', r.error.details);
  r = await call('SystemErase', {}, 200);
  ok(r.error.code === grpc.status.DEADLINE_EXCEEDED, 'a deadline passes', r.error);
  await new Promise((resolve) => c.SystemErase({}, resolve).cancel());
  r = await call('LeaderQuery', {hosts: 'after'});
  ok(r.response && r.response.current_leader === 'after', 'a call is cancelled', r.error);
  r = await call('Join', {});
  const denied = dir ? grpc.status.PERMISSION_DENIED : grpc.status.UNIMPLEMENTED;
  ok(r.error.code === denied, dir ? "the server's method is not the administrator's" : 'not implemented', r.error);
  if (dir) {
    const bare = new service(address, secure(null), options);
    r = await call('LeaderQuery', {hosts: 'x'}, 20000, bare);
    ok(r.error && r.error.code === grpc.status.UNAVAILABLE, 'no client certificate', r.error);
    bare.close();
  }
  console.log(`1..${n}`);
  c.close();
  return failed;
}

// ---- server ----

function server(protoDir, dir) {
  const {service, codec} = load(protoDir);
  const typed = (reason, metadata) => {
    const info = codec.info.encode({reason, domain: 'DAOS', metadata}).finish();
    const status = codec.status.encode({code: 13, message: 'x',
      details: [{type_url: 'type.googleapis.com/google.rpc.ErrorInfo', typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo',
        value: info}]}).finish();
    const trailers = new grpc.Metadata();
    trailers.set('grpc-status-details-bin', Buffer.from(status));
    return {code: 13, details: 'x', metadata: trailers};
  };
  const errors = {
    'fault': typed('proto.fault.Fault', {Domain: 'server', Code: '603', Description: 'r\u00e9quest 100% for "x"', Reason: 'r',
      Resolution: 's'}),
    'status': typed('proto.daos.DaosStatus', {Status: '-1005'}),
    'not replica': typed('proto.system.ErrNotReplica', {Replicas: REPLICAS}),
    'not leader': typed('proto.system.ErrNotLeader', {LeaderHint: '10.0.0.9:10001', Replicas: REPLICAS}),
    'no pool': typed('proto.system.ErrPoolNotFound', {PoolInfo: NO_POOL}),
    'plain': {code: 2, details: 'raft service unavailable (not started yet?)'},
    'other': {code: 7, details: 'denied'},
  };
  const s = new grpc.Server(LIMIT);
  s.addService(service.service, {
    LeaderQuery: (call, done) => done(null, {current_leader: call.request.hosts}),
    PoolDestroy: (call, done) => done(errors[call.request.id]),
    SystemErase: () => {},
  });
  const credentials = dir ?
    grpc.ServerCredentials.createSsl(read(dir, 'daosCA.crt'),
      [{private_key: read(dir, 'server.key'), cert_chain: read(dir, 'server.crt')}], true) :
    grpc.ServerCredentials.createInsecure();
  s.bindAsync('127.0.0.1:0', credentials, (error, port) => {
    if (error)
      throw error;
    console.log(port);
  });
  process.stdin.on('end', () => {
    s.forceShutdown();
    process.exit(0);
  }).resume();
}

const [mode, ...args] = process.argv.slice(2);
if (mode === 'client')
  client(...args).then((failed) => process.exit(failed > 0 ? 1 : 0));
else
  server(...args);
