package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	// On a busy machine with cold disks a start of six seconds may take minutes.
	readyTimeout = 5 * time.Minute
	stopTimeout  = 5 * time.Second
	attempts     = 5
)

// plane is a running control plane.
type plane struct {
	folder string
	// In the order of their start.
	processes []*process
}

// errPortTaken is why a start is tried again.
var errPortTaken = errors.New("its port was taken by another program")

// startPlane makes keys, starts everything in the folder, and waits until it can be used.
func startPlane(ctx context.Context, programs string, crds []string, folder string) (*plane, error) {
	plane := &plane{folder: folder}
	if err := plane.prepare(); err != nil {
		return nil, err
	}
	var err error
	for range attempts {
		if err = plane.start(ctx, programs, crds); err == nil {
			return plane, nil
		}
		isPortTaken := errors.Is(err, errPortTaken)
		if !isPortTaken && ctx.Err() == nil {
			plane.showLogs()
		}
		plane.stop()
		if !isPortTaken {
			break
		}
		say("%v; trying other ports", err)
	}
	return nil, err
}

// prepare writes what does not depend on ports.
func (plane *plane) prepare() error {
	authority, err := newAuthority(plane.folder)
	if err != nil {
		return err
	}
	return errors.Join(
		authority.issue("server", "server"),
		authority.issue("admin", "admin", "system:masters"),
		authority.issue("controller-manager", "system:kube-controller-manager"),
		// Tokens of service accounts are signed with its key and verified with its certificate.
		authority.issue("service-accounts", "service-accounts"),
		os.WriteFile(plane.path("audit-policy.yaml"), []byte(auditPolicy), 0o600),
	)
}

// start starts the three programs one after another, each once the one that it calls answers.
func (plane *plane) start(ctx context.Context, programs string, crds []string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("the plane is not ready after %v", readyTimeout))
	defer cancel()
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	etcd, peers := "https://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1]
	server := "https://127.0.0.1:" + ports[2]
	if err := errors.Join(
		os.RemoveAll(plane.path("etcd")),
		writeKubeconfig(plane.folder, server, "admin"),
		writeKubeconfig(plane.folder, server, "controller-manager"),
	); err != nil {
		return err
	}
	api, err := newAPI(plane.folder)
	if err != nil {
		return err
	}

	if err := plane.launch(programs, "etcd", plane.etcd(etcd, peers)); err != nil {
		return err
	}
	if err := plane.wait(ctx, "etcd is healthy", func() error { return api.get(ctx, etcd+"/health", nil) }); err != nil {
		return err
	}
	if err := plane.launch(programs, "kube-apiserver", plane.apiserver(etcd, ports[2])); err != nil {
		return err
	}
	if err := plane.wait(ctx, "kube-apiserver is ready", func() error { return api.get(ctx, server+"/readyz", nil) }); err != nil {
		return err
	}
	if err := plane.launch(programs, "kube-controller-manager", plane.controllerManager()); err != nil {
		return err
	}
	count, err := api.install(ctx, server, crds)
	if err != nil {
		return err
	}
	done := fmt.Sprintf("%d custom resource definitions are served", count)
	if err := plane.wait(ctx, done, func() error { return api.established(ctx, server) }); err != nil {
		return err
	}
	return plane.wait(ctx, "the default service account is there", func() error {
		return api.get(ctx, server+"/api/v1/namespaces/default/serviceaccounts/default", nil)
	})
}

// launch starts a program of the plane.
func (plane *plane) launch(programs, name string, arguments []string) error {
	process, err := startLogged(filepath.Join(programs, name), plane.folder, arguments)
	if err == nil {
		plane.processes = append(plane.processes, process)
	}
	return err
}

// wait asks until there is no error, for as long as all processes live.
func (plane *plane) wait(ctx context.Context, done string, ask func() error) error {
	for {
		err := ask()
		if err == nil {
			say("%s after %.1f s", done, time.Since(begun).Seconds())
			return nil
		}
		for _, process := range plane.dead() {
			if bytes.Contains(process.tail(50), []byte("address already in use")) {
				return fmt.Errorf("%s has ended: %w", process.name, errPortTaken)
			}
			return fmt.Errorf("%s ended on its own: %v", process.name, process.state())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; the last answer: %w", context.Cause(ctx), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// dead returns the processes that have ended.
func (plane *plane) dead() (dead []*process) {
	for _, process := range plane.processes {
		if process.hasEnded() {
			dead = append(dead, process)
		}
	}
	return dead
}

// stop ends all processes, the callers before the called: without etcd the API server would not end when asked.
func (plane *plane) stop() {
	for len(plane.processes) > 0 {
		last := len(plane.processes) - 1
		plane.processes[last].stop(stopTimeout)
		plane.processes = plane.processes[:last]
	}
}

// showLogs prints the end of each log.
func (plane *plane) showLogs() {
	for _, process := range plane.processes {
		say("the last lines of %s (--keep keeps them all):\n%s", process.name, process.tail(20))
	}
}

// environment tells the command where everything is.
func (plane *plane) environment() []string {
	return []string{
		"CHAOSC_TEST_KUBECONFIG=" + plane.path("admin.kubeconfig"),
		"CHAOSC_TEST_AUDIT_LOG=" + plane.path("audit.log"),
		"CHAOSC_TEST_CA=" + plane.path("ca.crt"),
		"CHAOSC_TEST_CA_KEY=" + plane.path("ca.key"),
	}
}

func (plane *plane) path(name string) string { return filepath.Join(plane.folder, name) }

// freePorts asks the kernel for ports. Another program may take one before its server does: then the start is tried again.
func freePorts(count int) ([]string, error) {
	var ports []string
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		// All of them are held until the last is known, so that they differ.
		defer listener.Close()
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}
