"""A stand-in for the Kubernetes API on the loopback interface. It answers with the least that the activities need, and
notes each request as the API server's authorizer sees it.

Run as a program, it prints a kubeconfig in one line, answers until its standard input ends, and prints what it noted as
JSON. It is an HTTP proxy too: whatever other host it is asked for is the app under test, and answers 200.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

NODES = ["node-1", "node-2"]
PODS = ["shop-1", "shop-2"]

ROUTE = {"destination": {"host": "shop", "subset": "v1"}}


def attributes(method, url):
    """Returns verb, group, resource, namespace and name of a request, as k8s.io/apiserver's RequestInfo has them."""
    address = urlsplit(url)
    if address.hostname not in (None, "127.0.0.1"):
        return {"verb": method.lower(), "host": address.hostname}
    query = parse_qs(address.query)
    parts = address.path.strip("/").split("/")
    if parts[0] == "api":
        group, parts = "", parts[2:]
    elif parts[0] == "apis":
        group, parts = parts[1], parts[3:]
    else:
        return {"verb": method.lower(), "path": address.path}
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2:
        namespace, parts = parts[1], parts[2:]
    name = parts[1] if len(parts) > 1 else ""
    verbs = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    verb = verbs[method]
    if not name:
        verb = {"get": "list", "delete": "deletecollection"}.get(verb, verb)
        if verb == "list" and query.get("watch", [""])[0] in ("1", "true"):
            verb = "watch"
        # Only a selector of one name narrows the request to the object.
        for selector in query.get("fieldSelector", []):
            for term in selector.split(","):
                key, _, value = term.partition("=")
                if key == "metadata.name":
                    name = value.lstrip("=")
    resource = "/".join(parts[:1] + parts[2:3])
    return {"verb": verb, "group": group, "resource": resource, "namespace": namespace, "name": name}


def node(name):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "uid": name}}


def pod(name, namespace):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": name,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "shop", "uid": "shop", "controller": True}
            ],
        },
        "spec": {"nodeName": NODES[0], "containers": [{"name": "shop", "image": "shop"}], "volumes": []},
        "status": {"phase": "Running"},
    }


def listed(kind, items):
    return 200, {"apiVersion": "v1", "kind": kind, "metadata": {}, "items": items}


def answer(asked):
    """Returns the status and the object that answer a request."""
    verb, resource, name = asked["verb"], asked.get("resource"), asked.get("name")
    if "host" in asked:
        return 200, {}
    if "path" in asked:
        return 404, {}
    if resource == "nodes":
        if verb == "list":
            return listed("NodeList", [node(one) for one in ([name] if name else NODES)])
        return 200, node(name)
    if resource == "pods":
        namespace = asked["namespace"] or "shop"
        if verb == "list":
            return listed("PodList", [pod(one, namespace) for one in PODS])
        # Whoever asks for one pod waits until it is gone.
        return (404, {"kind": "Status", "code": 404}) if verb == "get" else (200, pod(name, namespace))
    if resource == "pods/eviction":
        return 201, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    if resource == "virtualservices":
        return 200, {"metadata": {"name": name}, "spec": {"http": [{"route": [ROUTE]}]}}
    return 404, {"kind": "Status", "code": 404}


class Cluster:
    """The stand-in, which answers as long as the process lives."""

    def __init__(self):
        self.asked = asked = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = attributes(self.command, self.path)
                asked.append(request)
                status, found = answer(request)
                body = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kubeconfig(self):
        """Returns the text of a kubeconfig that leads here."""
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
                "clusters": [{"name": "here", "cluster": {"server": self.address}}],
                "users": [{"name": "here", "user": {"token": "none"}}],
            }
        )


if __name__ == "__main__":
    cluster = Cluster()
    print(cluster.kubeconfig(), flush=True)
    sys.stdin.read()
    print(json.dumps(cluster.asked))
