// Starter runs a command beside a Kubernetes control plane of its own: etcd, kube-apiserver and kube-controller-manager on
// loopback, with the custom resource definitions that the command needs. When the command ends, all of it ends.
//
//	starter --programs DIR --crds FILE [--crds FILE...] [--keep] -- COMMAND ARGUMENT...
//
// Its exit code is that of the command; 1 if there was no plane, 64 for wrong usage, 127 if the command could not be
// started, and 128 and the number of the signal that ended it or the starter.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// The kernel ends our children with the thread that has started them (see process.go). The main goroutine starts them all,
// and the main thread, which is its own from here on, lives as long as the process.
func init() { runtime.LockOSThread() }

func main() { os.Exit(run()) }

// begun is when the program started; what it says is counted from there.
var begun = time.Now()

// say tells people what happens; the standard output belongs to the command.
func say(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "cluster: "+format+"\n", arguments...)
}

func run() int {
	flags := flag.NewFlagSet("starter", flag.ContinueOnError)
	programs := flags.String("programs", "", "the `folder` with etcd, kube-apiserver and kube-controller-manager")
	var crds []string
	flags.Func("crds", "a YAML `file` with custom resource definitions to install; may be given several times", func(file string) error {
		crds = append(crds, file)
		return nil
	})
	keep := flags.Bool("keep", false, "keep the folder with the logs and keys")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return 64
	}
	command := flags.Args()
	if len(command) == 0 {
		say("no command; usage: starter --programs DIR --crds FILE [--crds FILE...] [--keep] -- COMMAND ARGUMENT...")
		return 64
	}

	if kubeconfig := os.Getenv("CHAOSC_TEST_KUBECONFIG"); kubeconfig != "" {
		say("nothing is started, CHAOSC_TEST_KUBECONFIG names a cluster: %s", kubeconfig)
		return replace(command)
	}

	folder, err := os.MkdirTemp("", "chaosc-cluster-")
	if err != nil {
		say("%v", err)
		return 1
	}
	if *keep {
		defer say("logs and keys are kept in %s", folder)
	} else {
		defer os.RemoveAll(folder)
	}

	ctx := untilStopped()
	plane, err := startPlane(ctx, *programs, crds, folder)
	if err != nil {
		if status, isStopped := stopStatus(ctx); isStopped {
			return status
		}
		say("error: %v", err)
		return 1
	}
	say("ready after %.1f s; for other programs until `%s` ends:", time.Since(begun).Seconds(), filepath.Base(command[0]))
	for _, variable := range plane.environment() {
		fmt.Fprintf(os.Stderr, "export %s\n", variable)
	}
	status := plane.accompany(ctx, command)
	if dead := plane.dead(); len(dead) > 0 {
		for _, process := range dead {
			say("%s ended on its own: %v", process.name, process.state())
		}
		if status != 0 {
			plane.showLogs()
		}
	}
	plane.stop()
	return status
}

// replace becomes the command.
func replace(command []string) int {
	path, err := exec.LookPath(command[0])
	if err == nil {
		err = syscall.Exec(path, command, os.Environ())
	}
	say("`%s` could not be started: %v", command[0], err)
	return 127
}

// accompany runs the command and returns its exit status. When we are stopped, so is the command.
func (plane *plane) accompany(ctx context.Context, command []string) int {
	child := exec.Command(command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	// In our process group, so that it may read the terminal and hears Ctrl-C.
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	child.Env = append(os.Environ(), plane.environment()...)
	process, err := start(filepath.Base(command[0]), child)
	if err != nil {
		say("`%s` could not be started: %v", command[0], err)
		return 127
	}
	select {
	case <-process.ended:
	case <-ctx.Done():
		process.stop(10 * time.Second)
		status, _ := stopStatus(ctx)
		return status
	}
	status := process.child.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
