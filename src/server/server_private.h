/*
 * Inside the server room: the one struct that owns everything, and what its files offer each other.
 *
 * All of it lives on the state loop. A handler either answers at once or makes an operation struct
 * that answers later and frees itself in its one finish function. The server outlives all
 * operations: it is freed when the loop has ended.
 */
#pragma once

#include <netinet/in.h>

#include "common/uuid.h"
#include "common/vec.h"
#include "common/version.h"
#include "control/client.h"
#include "drpc/drpc.h"
#include "harness/harness.h"
#include "hw/hw.h"
#include "mgmt/mgmt.pb-c.h"
#include "replica/replica.h"
#include "rpc/rpc.h"
#include "server/event.h"
#include "server/exporter.h"
#include "server/gate.h"
#include "server/server.h"
#include "storage/storage.h"
#include "system/system.h"

#define SRV_SOCKET_NAME "daos_server.sock"
/* Calls in flight at shutdown get this long. */
#define SRV_GRACE_MS 500
/* A shutdown that takes longer is given up. */
#define SRV_SHUTDOWN_MS 30000
/* Time for operations whose caller named no deadline. */
#define SRV_DEFAULT_DEADLINE_MS (5 * 60 * 1000ULL)

/* Who we are on the network. */
struct srv_net {
	char bind_ip[INET_ADDRSTRLEN];
	char control_addr[SYS_ADDR_SIZE]; /* advertised, "ip:port" */
	char replica_addr[SYS_ADDR_SIZE]; /* as the replica list has it, resolved */
	bool is_replica;
	bool is_bootstrap;
	VEC(char *) replicas; /* resolved "ip:port", in the order of the configuration */
};

struct srv_join;      /* mgmt_join.c */
struct srv_join_sent; /* engines.c */
struct srv_format;    /* ctl_format.c */

/* Joins wait here while a batch is being written. */
struct srv_joins {
	VEC(struct srv_join *) waiting;
	bool               busy;
	struct loop_timer *pause;    /* between batches; made when first needed */
	uint64_t           begun_ms; /* when the last batch began */
	unsigned           in_a_row; /* batches without an idle time between them */
};

/* What only the leader does. */
struct srv_leader {
	bool     elected;
	bool     ready;         /* step-up is complete */
	bool     update_forced; /* group update wanted, with a new map version */
	bool     update_wanted; /* group update wanted */
	bool     update_running;
	uint32_t update_sent; /* last version told to an engine; 0: none since the step-up */
	struct loop_timer *retry;
	bool               group_changing; /* a replica is being made a voter */
	struct loop_timer *group_retry;
};

struct srv_dial; /* raft_links.c */

/* Restarts of one engine that ended itself, restart.c. */
struct srv_restart {
	struct srv_server *s;
	unsigned           idx;
	bool               was_ready; /* since the start of the server */
	bool               restarted;
	uint64_t           last_ms;
	struct loop_timer *timer; /* of a restart that waits */
};

struct srv_server {
	struct loop       *loop;
	struct cfg_server *cfg;
	struct srv_opts    opts;
	char               hostname[256];
	char              *fault_domain;
	struct hw_netifs   ifs; /* as of the start */
	struct srv_net     net;
	int                lock_fd;

	struct sec_tls     *tls; /* NULL: plaintext */
	struct rpc_io      *io;
	struct rpc_server  *rpc;
	struct drpc_server *drpc;
	struct ctl_client  *client; /* to the management service and to other hosts */
	struct stor_host   *storage;
	struct har_harness *harness;
	struct sys_db
		*db; /* NULL until engine 0's storage is ready, and on hosts that are no replica */
	bool     db_failed;
	uint64_t event_sequence;
	int      syslog_fd; /* of events; negative: there is no system log */
	struct rep_transport raft_transport;
	struct srv_dial     *raft_dials; /* links to other replicas that are coming up */

	struct srv_joins      joins;
	struct srv_join_sent *joins_sent[HAR_INSTANCES_MAX];
	struct srv_leader     leader;
	struct srv_format    *format; /* the one that runs */
	struct srv_restart    restarts[HAR_INSTANCES_MAX];
	struct srv_exporter  *exporter; /* NULL: not configured, not yet, or it failed */
	bool                  exporter_tried;

	struct loop_signal *signals[4];
	struct loop_timer  *shutdown_limit;
	bool                stopping;
	unsigned            stop_waits; /* parts of the shutdown under way */
	bool                erasing;    /* the database is being removed: no request is taken */
	bool                erase_all;  /* at the end: superblocks and the database's directory */
	bool                again;      /* at the end: start over as a new process */
	int                 result;
	struct fault       *result_fault;
};

/* ---- start_check.c ---- */
int srv_lock_socket_dir(const char *dir, int *ret_fd, struct fault *f);
/* Removes what servers and engines left in the socket directory. */
void srv_remove_sockets(const char *dir);
int  srv_check_fabric(const struct cfg_server *cfg, const struct hw_netifs *ifs, struct fault *f);

/* ---- prepare.c ---- */
int  srv_prepare_config(struct cfg_server *cfg, const struct hw_netifs *ifs, struct fault *f);
int  srv_prepare_fault_domain(const struct cfg_server *cfg, const char *hostname, char **ret,
			      struct fault *f);
int  srv_net_init(struct srv_net *net, const struct cfg_server *cfg, const struct hw_netifs *ifs,
		  struct fault *f);
void srv_net_fini(struct srv_net *net);
bool srv_net_is_local(const struct hw_netifs *ifs, const char *ip);

/* ---- server.c ---- */
/* Begins an orderly end. err 0: asked for by a signal; otherwise srv_run() returns it with f. */
void srv_shutdown(struct srv_server *s, int err, const struct fault *f);
/* Time an operation may take: what the caller left, or the default. */
uint64_t srv_call_time_ms(const struct rpc_call *call);

/* ---- services.c ---- */
int srv_services_register(struct srv_server *s);
/* Ends a call with a fault; one that was not raised becomes the text of err. */
void srv_call_fail(struct rpc_call *call, int err, struct fault *f);
/* Before every handler. */
bool srv_gate(struct rpc_call *call, const ProtobufCMessage *req, void *arg);

/* ---- engines.c: what the harness asks of us ---- */
void srv_engines_callbacks(struct srv_server *s, struct har_callbacks *cb);
/* Logs what the engines go through. */
int srv_engines_watch(struct srv_server *s);
/* Gives up the joins on their way. */
void srv_joins_cancel(struct srv_server *s);

/* ---- upcall.c ---- */
int srv_upcalls_register(struct srv_server *s);

/* ---- upcall_security.c ---- */
void srv_validate_credentials(struct drpc_call *call, void *arg);

/* ---- leader.c ---- */
int  srv_db_open(struct srv_server *s, struct fault *f);
int  srv_leader_init(struct srv_server *s);
void srv_leader_fini(struct srv_server *s);
/* Wants the engines told of the members; forced raises the map version first. */
void srv_group_update(struct srv_server *s, bool forced);
/* An engine became ready: updates that waited for one go on. */
void srv_leader_engine_ready(struct srv_server *s);
/* Whether group updates are held back until all members have joined again. */
bool srv_group_update_paused(const struct srv_server *s);

/* ---- voters.c ---- */
int  srv_voters_init(struct srv_server *s);
void srv_voters_fini(struct srv_server *s);
/* Members or leadership changed: replicas that have joined become voters. */
void srv_voters_update(struct srv_server *s);

/* ---- raft_links.c ---- */
/* How the database reaches the other replicas. Lives as long as the server. */
const struct rep_transport *srv_raft_transport(struct srv_server *s);
/* A link another replica opened; fd is taken. As struct rpc_server_opts wants it. */
void srv_raft_accept(int fd, uint64_t id, const char *address, const char *peer_ip, void *arg);
/* Gives up links that are coming up; before the I/O is freed. */
void srv_raft_links_fini(struct srv_server *s);
/*
 * Whether a peer that names itself (id, address) and calls from peer_ip may be a replica of ours: a
 * configured one that is not this server, calling from a replica's address or from this machine.
 */
bool srv_raft_peer_ok(const struct srv_net *net, const struct hw_netifs *ifs, uint64_t id,
		      const char *address, const char *peer_ip);

/* ---- restart.c ---- */
enum srv_restart_verdict { SRV_RESTART_NOW, SRV_RESTART_LATER, SRV_RESTART_DROP };
/*
 * What to do about an engine that ended itself: at once when it was not restarted within the window,
 * else at the window's end (in *ret_wait_ms), unless one waits for that already.
 */
enum srv_restart_verdict srv_restart_decide(bool restarted, uint64_t since_ms, uint64_t window_ms,
					    bool waiting, uint64_t *ret_wait_ms);
int                      srv_restart_init(struct srv_server *s);
void                     srv_restart_fini(struct srv_server *s);
void                     srv_restart_engine_ready(struct srv_server *s, unsigned idx);
/* An engine of this host said it ends itself. */
void srv_restart_self_terminated(struct srv_server *s, uint32_t rank);
/* Somebody stopped or started the engine by hand: earlier restarts do not count any more. */
void srv_restart_forget(struct srv_server *s, unsigned idx);

/* ---- export.c ---- */
/* An engine became ready: the exporter starts when all have been. */
void srv_export_engine_ready(struct srv_server *s);

/* ---- events ---- */
/* Logs an event of this host and lets the system act on it. Fills in host, time and process where
 * missing. */
void srv_publish(struct srv_server *s, struct srv_event *e);
/* An event another host forwarded: acts on it without logging. */
void srv_receive_event(struct srv_server *s, const struct srv_event *e);

/* ---- handlers, one file per family ---- */
void srv_storage_scan(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_storage_format(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
/* Formats what needs it, without a caller (--auto-format); then starts the engines. */
void srv_auto_format(struct srv_server *s);
void srv_set_engine_log_masks(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_prep_shutdown_ranks(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_stop_ranks(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_start_ranks(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_reset_format_ranks(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_join(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_cluster_event(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_leader_query(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_get_attach_info(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_query(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_stop(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_start(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_exclude(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_erase(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_list_pools(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_drain(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_rebuild_manage(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_cleanup(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_self_heal_eval(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_set_attr(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_get_attr(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_set_prop(struct rpc_call *call, const ProtobufCMessage *req, void *arg);
void srv_system_get_prop(struct rpc_call *call, const ProtobufCMessage *req, void *arg);

/* ---- mgmt_attr.c: what attributes and properties have in common ---- */
/* Attributes of one request may take this much, keys and values together. */
#define SRV_ATTRS_MAX_BYTES (256 * KIB)
/* Stores them as one log entry, then ends the call. */
void srv_store_attrs(struct srv_server *s, struct rpc_call *call, const struct sys_attr *attrs,
		     size_t n);
/* ---- mgmt_prop.c ---- */
/* The self_heal property in force, borrowed. */
const char *srv_self_heal_policy(const struct srv_server *s);

/* ---- resolve.c: which members a request means (ms-membership.md §6) ---- */
struct srv_selection {
	const struct sys_member **v; /* hit, by rank; borrowed until the next turn of the loop */
	size_t                    n;
	char                     *absent_ranks; /* never NULL on success */
	char                     *absent_hosts;
};
/* Only one of ranks and hosts may be given; neither means all. */
int  srv_select(const struct sys_db *db, const char *ranks, const char *hosts,
		struct srv_selection *ret, struct fault *f);
/* One of the two is needed, and all it names must exist. */
int  srv_select_named(const struct sys_db *db, const char *ranks, const char *hosts,
		      struct srv_selection *ret, struct fault *f);
void srv_selection_fini(struct srv_selection *sel);
/* Drops admin-excluded members, or raises fault 622 when they were asked for by name. */
int srv_selection_drop_excluded(struct srv_selection *sel, bool explicitly, struct fault *f);
