package main

// auditPolicy logs each request once, when it has been answered: who, what, which rule allowed it, and the status.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
`

// etcd returns its arguments. The keys are there because nobody else's etcd that got our port may be taken for ours.
func (plane *plane) etcd(clients, peers string) []string {
	return []string{
		"--data-dir=" + plane.path("etcd"),
		"--unsafe-no-fsync",
		"--listen-client-urls=" + clients,
		"--advertise-client-urls=" + clients,
		"--listen-peer-urls=" + peers,
		"--initial-advertise-peer-urls=" + peers,
		"--initial-cluster=default=" + peers,
		"--cert-file=" + plane.path("server.crt"),
		"--key-file=" + plane.path("server.key"),
		"--trusted-ca-file=" + plane.path("ca.crt"),
		"--client-cert-auth",
	}
}

// apiserver returns its arguments.
func (plane *plane) apiserver(etcd, port string) []string {
	return []string{
		"--etcd-servers=" + etcd,
		"--etcd-cafile=" + plane.path("ca.crt"),
		"--etcd-certfile=" + plane.path("server.crt"),
		"--etcd-keyfile=" + plane.path("server.key"),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--secure-port=" + port,
		// The Service `kubernetes` would need an address other than loopback.
		"--endpoint-reconciler-type=none",
		"--cert-dir=" + plane.folder,
		"--tls-cert-file=" + plane.path("server.crt"),
		"--tls-private-key-file=" + plane.path("server.key"),
		"--client-ca-file=" + plane.path("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + plane.path("service-accounts.crt"),
		"--service-account-signing-key-file=" + plane.path("service-accounts.key"),
		"--service-cluster-ip-range=10.96.0.0/16",
		"--authorization-mode=Node,RBAC",
		"--allow-privileged=true",
		"--audit-policy-file=" + plane.path("audit-policy.yaml"),
		"--audit-log-path=" + plane.path("audit.log"),
		// An event is in the file before its request is answered, and the file is never rotated.
		"--audit-log-mode=blocking",
		"--audit-log-maxsize=1000000",
	}
}

// controllerManager returns its arguments.
func (plane *plane) controllerManager() []string {
	return []string{
		"--kubeconfig=" + plane.path("controller-manager.kubeconfig"),
		"--use-service-account-credentials",
		"--service-account-private-key-file=" + plane.path("service-accounts.key"),
		"--root-ca-file=" + plane.path("ca.crt"),
		"--leader-elect=false",
		// Its own limit of 20 requests a second would be what every start and every cleanup waits for.
		"--kube-api-qps=1000",
		"--kube-api-burst=1000",
		// Nobody asks it.
		"--secure-port=0",
	}
}
