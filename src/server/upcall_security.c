/*
 * ValidateCredentials (wire-drpc.md §4): an engine asks whether a client's token is its agent's. A
 * worker reads the certificate and checks.
 */
#include <stdlib.h>
#include <string.h>

#include "common/der.h"
#include "common/log.h"
#include "security/auth.pb-c.h"
#include "security/security.h"
#include "server/server_private.h"

struct validation {
	struct drpc_call      *call;
	const char            *cert_dir; /* NULL: certificates are off */
	Auth__ValidateCredReq *req;
	uint8_t               *token; /* packed again */
	size_t                 len;
	int                    err;
	struct fault           f;
};

static void
finish(struct validation *v, int32_t status)
{
	Auth__ValidateCredResp resp = AUTH__VALIDATE_CRED_RESP__INIT;

	resp.status = status;
	if (status == 0)
		resp.token = v->req->cred->token;
	drpc_call_reply(v->call, &resp.base);
	auth__validate_cred_req__free_unpacked(v->req, NULL);
	free(v->token);
	free(v);
}

static void
verify(void *arg)
{
	struct validation      *v    = arg;
	const Auth__Credential *cred = v->req->cred;

	v->err = sec_token_verify(v->cert_dir, cred->origin, v->token, v->len,
				  cred->verifier->data.data, cred->verifier->data.len, &v->f);
}

static void
verified(void *arg)
{
	struct validation *v = arg;

	if (v->err < 0)
		log_error("a credential was refused: %s",
			  v->f.set ? v->f.description : strerror(-v->err));
	finish(v, v->err == 0         ? 0
		  : v->err == -ENOENT ? -DER_NO_CERT
		  : v->err == -ENOMEM ? -DER_NOMEM
				      : -DER_NO_PERM);
}

void
srv_validate_credentials(struct drpc_call *call, void *arg)
{
	const struct srv_server *s = arg;
	struct validation       *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		drpc_call_fail(call, DRPC__STATUS__FAILURE);
		return;
	}
	v->call = call;
	v->req =
	    (Auth__ValidateCredReq *)drpc_call_unpack(call, &auth__validate_cred_req__descriptor);
	if (v->req == NULL) {
		free(v);
		return;
	}
	if (v->req->cred == NULL || v->req->cred->token == NULL || v->req->cred->verifier == NULL) {
		log_error("a credential was refused: it has no token or no verifier");
		finish(v, -DER_INVAL);
		return;
	}
	if (s->tls != NULL) { /* never NULL then: that would accept a plain digest */
		v->cert_dir = s->cfg->transport_config.client_cert_dir;
		if (v->cert_dir == NULL)
			v->cert_dir = "";
	}
	v->len   = auth__token__get_packed_size(v->req->cred->token);
	v->token = malloc(MAX(v->len, (size_t)1));
	if (v->token == NULL) {
		finish(v, -DER_NOMEM);
		return;
	}
	(void)auth__token__pack(v->req->cred->token, v->token);
	if (loop_work_submit(s->loop, verify, verified, v) < 0)
		finish(v, -DER_NOMEM);
}
